import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Scheduler } from "../../domain/world.ts";

export interface RawRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8, or bytes as they are. */
  readonly body?: string | Uint8Array;
}

export interface RawReply {
  /** 0 when there was no reply: then `text` says why. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Longest reply that is read, in bytes. */
const REPLY_BYTES_MAX = 16_777_216;

/**
 * A body of this many bytes waits so many milliseconds behind its headers: whoever refuses it by its length closes the
 * connection, and a reply is lost to one who still writes.
 */
const LARGE_BYTES = 1_000_000;
const LOOK_FIRST_MS = 250;

/**
 * One request on a connection of its own, with headers that `fetch` would not send (`Host`, `Origin`). Resolves whatever
 * happens: an attack that is met with silence or a reset is as much a result as one that is met with words.
 */
export const send = (
  { url, method, headers, body }: RawRequest,
  patienceMs: number,
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<RawReply> =>
  new Promise((resolve) => {
    const start = url.startsWith("https:") ? secure : plain;
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    const length = bytes === undefined ? {} : { "content-length": String(bytes.byteLength) };
    const sent = start(url, { method, headers: { ...length, ...headers }, agent: false });
    const end = (status: number, text: string, got: RawReply["headers"] = {}): void => {
      takeBack();
      signal.removeEventListener("abort", abort);
      resolve({ status, headers: got, text });
      sent.destroy();
    };
    const abort = (): void => end(0, "interrupted");
    const takeBack = scheduler.after(patienceMs, () => end(0, `no reply within ${patienceMs} ms`));
    signal.addEventListener("abort", abort);
    sent.on("error", (error: NodeJS.ErrnoException) => end(0, error.code ?? error.name));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size <= REPLY_BYTES_MAX) chunks.push(chunk);
      });
      response.on("end", () => end(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"), response.headers));
      response.on("error", () => end(0, "the reply broke off"));
    });
    if (bytes === undefined || bytes.byteLength < LARGE_BYTES) return void sent.end(bytes);
    sent.flushHeaders();
    scheduler.after(LOOK_FIRST_MS, () => {
      if (!sent.destroyed) sent.end(bytes);
    });
  });
