import type { ServerResponse } from "node:http";

/** One request and its reply, as far as it matters whether anybody is still there. */
export interface Exchange {
  /** Aborts when the client has gone before it had its reply. */
  readonly signal: AbortSignal;
  /** Ends what waits for the reply although the client is still there. */
  readonly abort: () => void;
  /** Calls back once the whole reply is with the operating system on a live connection, and never otherwise. */
  readonly onFlushed: (left: () => void) => void;
}

export const openExchange = (response: ServerResponse): Exchange => {
  const gone = new AbortController();
  const lefts: (() => void)[] = [];
  let isFlushed = false;
  // `finish` comes only if every byte was handed over; on a connection that broke before, `close` comes without it.
  response.once("finish", () => {
    isFlushed = true;
    for (const left of lefts) left();
  });
  response.once("close", () => {
    if (!isFlushed) gone.abort();
  });
  return { signal: gone.signal, abort: () => gone.abort(), onFlushed: (left) => void lefts.push(left) };
};
