import { writeSync } from "node:fs";
import process from "node:process";
import { appendOk } from "./log.contract.ts";
import { LogUnavailable } from "./log.ts";
import { openAt } from "./place.contract.ts";

/**
 * A process that appends under load and says on its standard output, one line each, what it was told:
 * `ready <head>`, `heard <position>`, `acked <position>`, `refused <reason>`, `up <head>`. Arguments: database, writers, acknowledgements
 * after which it stops by itself (0: never), `unsafe` to acknowledge before the commit.
 */
const [path = "", writers = "1", enough = "0", mode = "safe"] = process.argv.slice(2);

/** Straight into the pipe: what is written here is with the parent, whatever becomes of this process. */
const say = (line: string): void => {
  for (let rest = Buffer.from(`${line}\n`); rest.byteLength > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
    }
  }
};

try {
  const log = await openAt(path, { checkpointEvents: 50, probeMs: 100, unsafeAckBeforeCommit: mode === "unsafe" });
  say(`ready ${log.head().position}`);
  log.onCommitted((events) => {
    for (const { position } of events) say(`heard ${position}`);
  });
  let acked = 0;
  const done = () => enough !== "0" && acked >= Number(enough);
  await Promise.all(
    Array.from({ length: Number(writers) }, async (_, writer) => {
      while (!done()) {
        try {
          const [event] = await appendOk(log, `w/${writer}`, "any", 1);
          acked++;
          say(`acked ${event?.position}`);
        } catch (error) {
          if (!(error instanceof LogUnavailable)) throw error;
          say(`refused ${error.fault}: ${error.message}`);
          while (!log.health().writable) await new Promise((resolve) => setTimeout(resolve, 20));
          say(`up ${log.head().position}`);
        }
      }
    }),
  );
  await log.close();
  say("closed");
} catch (error) {
  say(`died ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
