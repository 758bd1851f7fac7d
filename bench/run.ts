import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Everything that is measured, one after the other, on an otherwise quiet machine. Each part runs alone as well. */
const parts = ["start", "idle", "append", "replay", "round-trip"];

for (const part of parts) {
  console.log(`\n# node bench/${part}.ts`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${part}.ts`)], {
    stdio: ["ignore", "inherit", "ignore"],
  });
  if (status !== 0) {
    console.error(`bench/${part}.ts ended with ${status}`);
    process.exitCode = 1;
  }
}
