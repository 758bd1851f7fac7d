import { Worker } from "node:worker_threads";
import { LogUnavailable } from "../log.ts";
import type { Call, Reply } from "./message.ts";
import { asError } from "./refusal.ts";
import type { ThreadData } from "./thread-data.ts";

/**
 * Starts a thread of the log. Sources run as .ts and the built package as .js; a URL in a string is not rewritten by
 * the compiler, so the extension is that of this very file.
 */
export const startThread = (data: ThreadData): Worker => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`../sqlite.worker.${extension}`, import.meta.url), {
    workerData: data,
    name: `log-${data.role}`,
  });
};

/** A thread that answers calls. It starts at the first, and again if it ended unasked. */
export interface Callee<Q> {
  /** Starts it now, so that the first call need not wait for that. */
  readonly start: () => void;
  readonly call: <A>(ask: Q) => Promise<A>;
  /** Whether its thread runs now, and so has the database open. */
  readonly isRunning: () => boolean;
  readonly close: () => Promise<void>;
}

export const callThread = <Q>(data: ThreadData): Callee<Q> => {
  let worker: Worker | undefined;
  let closed = false;
  let nextId = 1;
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

  const start = (): Worker => {
    const started = startThread(data);
    started.on("message", (reply: Reply) => {
      const caller = waiting.get(reply.id);
      waiting.delete(reply.id);
      // Answers can follow each other so closely that timers and sockets would not get a turn between them.
      setImmediate(() => {
        if (reply.ok) caller?.resolve(reply.value as never);
        else caller?.reject(asError(reply.error));
      });
    });
    let cause = "it ended";
    started.on("error", (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.values()) {
        reject(
          closed
            ? new LogUnavailable("the log is closed", "closed")
            : new LogUnavailable(`the ${data.role} thread failed: ${cause}`),
        );
      }
      waiting.clear();
    });
    return started;
  };

  return {
    start: () => {
      worker ??= start();
    },
    call: <A>(ask: Q) =>
      new Promise<A>((resolve, reject) => {
        if (closed) return reject(new LogUnavailable("the log is closed", "closed"));
        worker ??= start();
        const id = nextId++;
        waiting.set(id, { resolve: resolve as (value: never) => void, reject });
        worker.postMessage({ id, ask } satisfies Call<Q>);
      }),
    isRunning: () => worker !== undefined,
    close: async () => {
      closed = true;
      if (worker === undefined) return;
      const ended = new Promise((resolve) => worker?.once("exit", resolve));
      worker.postMessage("close");
      await ended;
    },
  };
};
