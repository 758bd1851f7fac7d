import type { MessagePort } from "node:worker_threads";
import type { Call, Reply } from "./message.ts";
import { asRefusal } from "./refusal.ts";

/**
 * A thread that answers questions over one database, opened at the first one and opened again after any error, because
 * a handle that met an I/O error may go on failing after the disk has recovered.
 */
export const serveCalls = <Q, R extends { readonly close: () => void }>(
  port: MessagePort,
  path: string,
  open: (path: string) => R,
  answer: (opened: R, ask: Q) => unknown,
): void => {
  let opened: R | undefined;
  const close = (): void => {
    try {
      opened?.close();
    } catch {
      // It failed already; a fresh one is opened for the next call.
    }
    opened = undefined;
  };
  port.on("message", async (message: Call<Q> | "close") => {
    if (message === "close") {
      close();
      port.close();
      return;
    }
    const { id, ask } = message;
    let reply: Reply;
    try {
      opened ??= open(path);
      reply = { id, ok: true, value: await answer(opened, ask) };
    } catch (error) {
      close();
      reply = { id, ok: false, error: asRefusal(error, path) };
    }
    port.postMessage(reply);
  });
};
