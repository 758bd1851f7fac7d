import type { Reply as Said } from "../../../domain/answer.ts";
import { type Problem, type Refusal, refusalKinds } from "../../../domain/refusal.ts";

/** What a tool works with, on whichever side of the wire it runs: inside the bridge, or beside the agent. */
export interface Desk {
  /** Whose credential this is. */
  readonly agent: string;
  /** Does one of the bridge's operations as this agent. */
  readonly call: <T>(operation: string, input: object) => Promise<Told<T>>;
  /** Whether the agent's key is at hand. */
  readonly canSign: boolean;
  /** Answers where the agent's key is; without a key it refuses, because nobody else may sign. */
  readonly answer: (id: string, said: Said, signed: unknown) => Promise<Told<unknown>>;
  /** The URL that a path of the bridge has for the person at the client. */
  readonly urlOf: (path: string) => string;
  /** Says that these questions stand in the reply: they are on record as offered once its bytes have left. */
  readonly handing: (ids: readonly string[]) => void;
}

export type Told<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };

/** Why it was not done, in words that a model can act on. */
export interface Trouble {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number;
}

export const troubleOf = ({ code, detail, problems, retryAfterMs }: Refusal): Trouble => ({
  code,
  ...{ title: refusalKinds[code].title, detail, remedy: refusalKinds[code].remedy },
  ...(problems === undefined || problems.length === 0 ? {} : { problems }),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** What only a door without keys can be asked for in vain; everywhere else answers arrive signed or not at all. */
export const unsigned: Trouble = {
  code: "unsigned",
  title: "An answer has to be signed, and nothing on this way holds your key.",
  detail: "the bridge signs for nobody; the question is still open",
  remedy:
    "Answer through `lighthouse mcp` (stdio), which has the same tools and signs where the key is; or with `lighthouse answer`; or pass `signed`, a JWS made elsewhere.",
};
