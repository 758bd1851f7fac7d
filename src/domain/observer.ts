import type { Refusal } from "./refusal.ts";
import type { legs, vias } from "./signal.ts";

export type Leg = (typeof legs)[number];
export type Via = (typeof vias)[number];

/**
 * What the runtime says about its work while it does it. What it decided is in the log, and is not told twice. All of
 * it is said on the hot path: an observer returns at once, throws nothing and keeps nothing without a limit.
 * Times are milliseconds of `Clock.monotonic`.
 */
export interface Observer {
  /**
   * A request came in. Returns the W3C traceparent under which it runs on; `traceparent` is the one that came along.
   * `subject`: the elicitation that its input names, if it names one.
   */
  readonly entered: (operation: string, traceparent: string | null, subject?: string) => string | null;
  /** It is over: with a reply, a refusal, or a fault of the bridge. */
  readonly served: (call: Served) => void;
  /** The ask or the answer that arrived at `receivedAt` is about to be decided. */
  readonly began: (leg: Leg, elicitation: string, receivedAt: number) => void;
  /** Nobody is connected who would take it now. How long until somebody is, is not the bridge's own time. */
  readonly queued: (leg: Leg, elicitation: string) => void;
  /** A question (`ask`) or an outcome (`answer`) is on its way out. Returns the traceparent to send along. */
  readonly handing: (leg: Leg, elicitation: string, via: Via) => string | null;
  /** Its bytes have left; with an `error`: they never will. */
  readonly handed: (leg: Leg, elicitation: string, via: Via, error?: Error) => void;
}

export interface Served {
  readonly operation: string;
  /** Who asked; `anonymous` before that is known. */
  readonly actor: string;
  /** As `entered` returned it. */
  readonly trace: string | null;
  readonly receivedAt: number;
  /** The elicitation it was about, if its input named one. */
  readonly subject?: string;
  /** The agent that its input asks, if it asks one. */
  readonly target?: string;
  readonly refusal?: Refusal;
  /** What was thrown. */
  readonly fault?: unknown;
}

const nothing = (): void => undefined;

/** Nobody looks. Traces pass through. */
export const unobserved: Observer = {
  entered: (_operation, traceparent) => traceparent,
  served: nothing,
  began: nothing,
  queued: nothing,
  handing: () => null,
  handed: nothing,
};
