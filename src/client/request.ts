import { defaultLimits } from "../domain/limit.ts";
import { refusal } from "../domain/refusal.ts";
import type { ClientLimits } from "./limit.ts";
import { errorOf, LighthouseFault, LighthouseRefusal, type RpcError } from "./refusal.ts";

/** A JSON-RPC 2.0 reply, as far as the client reads it. */
export interface Reply {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: RpcError;
}

interface Pending {
  /** The request as it goes over the wire. Sent again over a new connection, it is the same, byte for byte. */
  readonly text: string;
  readonly repeatable: boolean;
  readonly done: (result: unknown) => void;
  readonly failed: (error: Error) => void;
  sends: number;
}

/**
 * Requests under way, over connections that come and go. They leave in the order they were made, at most
 * `requestsInFlightMax` at a time; a new connection gets everything that has no reply yet, again in order.
 *
 * A request may be repeated if doing it twice is doing it once: an ask has its key, an answer is recognised by its
 * bytes. One that may not fails as `interrupted` when it was on its way.
 */
export const requestQueue = (limits: ClientLimits) => {
  // Ids count up without a gap, and a Map keeps its order: everything above `sentUpTo` has not been sent.
  const pending = new Map<number, Pending>();
  let newest = 0;
  let sentUpTo = 0;
  let inFlight = 0;
  let send: ((text: string) => void) | null = null;
  let over: Error | undefined;

  const pump = (): void => {
    while (send !== null && inFlight < limits.requestsInFlightMax && sentUpTo < newest) {
      sentUpTo++;
      const request = pending.get(sentUpTo);
      if (request === undefined) continue;
      inFlight++;
      request.sends++;
      send(request.text);
    }
  };

  const failAll = (error: Error, which: (request: Pending, id: number) => boolean): void => {
    for (const [id, request] of pending) {
      if (!which(request, id)) continue;
      pending.delete(id);
      request.failed(error);
    }
  };

  return {
    /** `done` and `failed` are called in the turn in which the reply is read, before any later message is. */
    add: (
      method: string,
      params: object,
      repeatable: boolean,
      done: (result: unknown) => void,
      failed: (error: Error) => void,
    ): void => {
      if (over !== undefined) return failed(over);
      if (pending.size >= limits.requestsInFlightMax + limits.requestsQueuedMax) {
        return failed(new LighthouseRefusal(refusal("too_busy", `${pending.size} requests wait in this client`)));
      }
      const id = newest + 1;
      const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      // Sent, it would end the connection; sent again, every one.
      if (text.length > defaultLimits.messageBytesMax) return failed(tooLarge(text));
      newest = id;
      pending.set(id, { text, repeatable, done, failed, sends: 0 });
      pump();
    },

    settle: ({ id, result, error }: Reply): void => {
      const request = typeof id === "number" ? pending.get(id) : undefined;
      if (request === undefined) return;
      pending.delete(id as number);
      inFlight--;
      if (error === undefined) request.done(result);
      else request.failed(errorOf(error));
      pump();
    },

    connected: (sendText: (text: string) => void): void => {
      const [oldest] = pending.keys();
      sentUpTo = oldest === undefined ? newest : oldest - 1;
      inFlight = 0;
      send = sendText;
      pump();
    },

    disconnected: (why: string): void => {
      send = null;
      const interrupted = new LighthouseFault("interrupted", `the connection ended before the reply (${why})`);
      failAll(interrupted, ({ sends, repeatable }) => sends > 0 && (!repeatable || sends >= limits.sendsMax));
    },

    /** The bridge took a message for too large: of those on their way it is the largest. */
    tooLarge: (): void => {
      let largest: Pending | undefined;
      for (const request of pending.values()) {
        if (request.sends > 0 && request.text.length > (largest?.text.length ?? 0)) largest = request;
      }
      if (largest !== undefined) failAll(tooLarge(largest.text), (request) => request === largest);
    },

    /** There will be no further connection: fails everything, now and from now on. */
    end: (error: Error): void => {
      over = error;
      send = null;
      failAll(error, () => true);
    },

    size: (): number => pending.size,
  };
};

export type RequestQueue = ReturnType<typeof requestQueue>;

const tooLarge = (text: string): LighthouseRefusal =>
  new LighthouseRefusal(refusal("too_large", `the request has ${text.length} characters`));
