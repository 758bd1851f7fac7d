import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract } from "./log.contract.ts";
import { openSqliteLog } from "./sqlite.ts";

const clock = { now: Date.now, monotonic: () => performance.now() };
const scheduler = {
  after: (ms: number, task: () => void) => {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

logContract("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-log-"));
  return {
    open: () => openSqliteLog({ path: join(folder, "events.db"), clock, scheduler }),
    destroy: async () => rmSync(folder, { recursive: true }),
  };
});
