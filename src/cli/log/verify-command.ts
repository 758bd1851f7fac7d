import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { verifyExport } from "../../bridge/log/export.ts";
import { type EventProof, verifyEventProof } from "../../bridge/log/prove.ts";
import { verifyLog } from "../../bridge/log/verify.ts";
import { type Act, act, command } from "../command.ts";
import { dataOption } from "../connection.ts";
import type { Exit } from "../exit.ts";
import { logIn } from "../log-file.ts";
import { counted } from "../printable.ts";
import { readJson } from "../read-json.ts";

interface Options {
  readonly json?: boolean;
  readonly data: string;
  readonly export?: string;
  readonly proof?: string;
  readonly anchor?: string;
}

/** `lighthouse log verify`: reads all of it and makes everything again that can be made. */
export const verifyCommand = (): Command =>
  command("verify", "Read the whole log and check every event, hash and signature. Also while a bridge writes it.", {
    examples: `
      lighthouse log verify
      lighthouse log verify --anchor checkpoint.txt      # a checkpoint kept elsewhere shows a tail that was cut off
      lighthouse log verify --export story.jsonl         # an export, with nothing but the log's public key
      lighthouse log verify --proof event-42.json`,
    endsWith: ["unverified"],
  })
    .addOption(dataOption())
    .option("--anchor <file>", "a checkpoint that was kept elsewhere")
    .option("--export <file>", "verify an export instead")
    .option("--proof <file>", "verify the proof of one event instead")
    .action((options: Options) =>
      act(options, (doing) => {
        if (options.export !== undefined) return verifyFile(options.export, options, doing);
        if (options.proof !== undefined) return verifyProof(options.proof, options, doing);
        return verifyFolder(options, doing);
      }),
    );

const verifyFolder = async ({ data, anchor }: Options, { terminal }: Act): Promise<Exit> => {
  const { path, keys } = logIn(data);
  const progress = terminal.progress("verifying");
  const kept = anchor === undefined ? {} : { anchor: readFileSync(anchor, "utf8") };
  const verdict = await verifyLog(path, { keys, onProgress: progress.step, ...kept });
  progress.done();
  if (!verdict.ok) return wrong(terminal, verdict, verdict.position, verdict.what);
  const { events, root, checkpoints, covered } = verdict;
  const hex = Buffer.from(root).toString("hex");
  terminal.result({ ...verdict, root: hex }, () => [
    `The log verifies: ${events} events, root ${hex}`,
    `${counted(checkpoints, "signed checkpoint")}; the newest covers ${counted(covered, "event")}` +
      (covered < events ? `. What came after is whole (${events - covered}), but no signature would miss it yet` : ""),
  ]);
  return "ok";
};

const verifyFile = async (file: string, { data }: Options, { terminal }: Act): Promise<Exit> => {
  const { keys } = logIn(data);
  const progress = terminal.progress("verifying");
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  const verdict = await verifyExport(lines, { keys, onProgress: progress.step });
  progress.done();
  if (!verdict.ok) return wrong(terminal, verdict, verdict.position, `line ${verdict.line}: ${verdict.what}`);
  const { events, complete, checkpoint } = verdict;
  const root = Buffer.from(checkpoint.root).toString("hex");
  terminal.result({ ...verdict, checkpoint: { ...checkpoint, root } }, () =>
    complete
      ? `The export verifies: all ${events} events that the checkpoint of ${checkpoint.origin} covers, root ${root}`
      : `The export verifies: ${events} events, each in the log of ${checkpoint.origin} with ${checkpoint.size} events`,
  );
  return "ok";
};

const verifyProof = async (file: string, { data }: Options, { terminal }: Act): Promise<Exit> => {
  const { keys } = logIn(data);
  const proof = readJson(file, "--proof") as unknown as EventProof;
  const verdict = verifyEventProof(proof, keys);
  if (!verdict.ok) return wrong(terminal, verdict, proof.position, verdict.reason);
  terminal.result(
    { ok: true, position: proof.position },
    () => `The proof holds: event ${proof.position} is in the log.`,
  );
  return "ok";
};

const wrong = (terminal: Act["terminal"], verdict: object, position: number | null, what: string): Exit => {
  terminal.result(verdict, () => {
    const where = position === null ? "The file" : `Position ${position}`;
    return [
      `DOES NOT VERIFY. ${where}: ${what}.`,
      "Keep this copy as evidence; `lighthouse log restore` puts a backup in a new folder.",
    ];
  });
  return "unverified";
};
