import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Everything that is measured, one after the other, on an otherwise quiet machine. Each part runs alone as well.
 * `--peers` adds Redis Streams and PostgreSQL, where they are installed.
 */
const { values } = parseArgs({ options: { peers: { type: "boolean", default: false } } });
const parts = ["start", "idle", "append", "replay", "round-trip", ...(values.peers ? ["peers"] : [])];

for (const part of parts) {
  console.log(`\n# node bench/${part}.ts`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${part}.ts`)], {
    stdio: ["ignore", "inherit", part === "peers" ? "inherit" : "ignore"],
  });
  if (status !== 0) {
    console.error(`bench/${part}.ts ended with ${status}`);
    process.exitCode = 1;
  }
}
