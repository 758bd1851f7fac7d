import { evidenceFolder } from "../../src/cli/review/evidence-folder.ts";

/** `node store-evidence.ts <folder> <name as JSON>`: 0 stored, 3 refused. A process, so that it can be altered. */
const [folder = "", name = '""'] = process.argv.slice(2);
const about = { name: JSON.parse(name) as string, mediaType: "application/json", collectedAt: Date.now() };
try {
  await evidenceFolder(folder).put(Buffer.from("{}"), about as never);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 3;
}
