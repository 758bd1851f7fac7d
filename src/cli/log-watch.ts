import { Worker } from "node:worker_threads";
import type { Verdict } from "../bridge/log/verify.ts";
import type { Scheduler } from "../domain/world.ts";

/** Whether the log still verifies while a bridge writes it: all of it, in a thread of its own, again and again. */
export interface LogWatch {
  readonly stop: () => Promise<void>;
}

export interface LogWatchPorts {
  /** The data folder. */
  readonly data: string;
  readonly scheduler: Scheduler;
  readonly onVerdict: (verdict: Verdict) => void;
  /** It could not be read at all. */
  readonly onFault: (fault: unknown) => void;
  readonly firstAfterMs?: number;
  readonly everyMs?: number;
}

/** A bridge that restarts every minute must not read its whole log every time. */
const FIRST_MS = 60_000;
/** A million events take about ten seconds of processor time, spread over a hundred. */
const EVERY_MS = 6 * 3_600_000;

export const watchLog = (ports: LogWatchPorts): LogWatch => {
  const { data, scheduler, onVerdict, onFault, firstAfterMs = FIRST_MS, everyMs = EVERY_MS } = ports;
  let isStopped = false;
  let running: Worker | undefined;
  let cancel = scheduler.after(firstAfterMs, () => verify());

  const verify = (): void => {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const worker = new Worker(new URL(`./log-watch.worker.${extension}`, import.meta.url), {
      workerData: { data },
      name: "log-watch",
    });
    running = worker;
    // It is a chore: a bridge that is done does not wait for it.
    worker.unref();
    worker.once("message", onVerdict);
    worker.once("error", onFault);
    worker.once("exit", () => {
      running = undefined;
      if (!isStopped) cancel = scheduler.after(everyMs, verify);
    });
  };

  return {
    stop: async () => {
      isStopped = true;
      cancel();
      await running?.terminate();
    },
  };
};
