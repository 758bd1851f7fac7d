import type { Json } from "../../domain/json.ts";
import { without } from "../../review/probe/exchange.ts";
import type { Answer } from "../../review/probe/monitoring-port.ts";
import { realClock } from "../world.ts";

/** Of one answer, in characters; three hundred rules with their annotations are 500,000. */
const BODY_CHARS_MAX = 4_000_000;
/** Different questions that are kept. */
const ANSWERS_MAX = 2_000;

export interface Recording {
  readonly fetch: typeof globalThis.fetch;
  /** The last answer to each question, in the order in which they were first asked. */
  readonly answers: () => readonly Answer[];
}

/** `fetch` that keeps what was asked and what came back: no header, and nothing that is a secret. */
export const recordingFetch = (fetch: typeof globalThis.fetch, secrets: readonly string[]): Recording => {
  const kept = new Map<string, Answer>();
  const keep = (answer: Answer): void => {
    const key = `${answer.method} ${answer.url} ${JSON.stringify(answer.sent)}`;
    if (kept.has(key) || kept.size < ANSWERS_MAX) kept.set(key, answer);
  };
  return {
    answers: () => [...kept.values()],
    fetch: async (input, init = {}) => {
      const [at, began] = [realClock.now(), realClock.monotonic()];
      const response = await fetch(input, init);
      const text = await response.clone().text();
      keep({
        method: init.method ?? "GET",
        url: without(String(input), secrets),
        sent: typeof init.body === "string" ? read(without(init.body, secrets)) : null,
        status: response.status,
        body: read(without(text.slice(0, BODY_CHARS_MAX), secrets)),
        at,
        tookMs: Math.round(realClock.monotonic() - began),
      });
      return response;
    },
  };
};

/** As JSON where it is JSON, and as it came where it is not. */
const read = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
};
