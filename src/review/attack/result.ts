import type { LogEvent } from "../../client/wire.ts";
import type { Clock, Rng, Scheduler } from "../../domain/world.ts";

/** Ways in that a client has not: whoever runs the bridge may lend them. Attacks that need one are `not run` without. */
export interface Hooks {
  /** Stops the bridge as a crash would and starts it again on its data; resolves with its URL. */
  readonly restart?: () => Promise<string>;
  /** Alters one byte of the stored log and looks with `lighthouse log verify`; the bridge is down after that. */
  readonly editLog?: () => Promise<Noticed>;
  /** Stores evidence under this name, where evidence is stored. */
  readonly storeEvidence?: (name: string) => Promise<Noticed>;
  /** The event as a terminal shows it. */
  readonly tell?: (event: LogEvent) => string | Promise<string>;
}

/** What the operator of the bridge has allowed on purpose. */
export interface Allowed {
  readonly privateWebhooks?: boolean;
}

export interface Noticed {
  /** True when it was refused or found. */
  readonly noticed: boolean;
  readonly says: string;
}

/** The bridge that is attacked, and the administrator on whose behalf. */
export interface Target {
  readonly url: string;
  /** Bearer credential of an agent with the role admin. */
  readonly token: string;
}

export interface AttackPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
}

/** A request and its reply, without the secrets that were in them. */
export interface Exchange {
  readonly what: string;
  /** Who sent it; `nobody` has no credential. */
  readonly as: string;
  readonly request: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** HTTP status; 0 when there was no reply in time. */
  readonly status: number;
  /** Refusal code of the reply, or empty. */
  readonly code: string;
  readonly reply: string;
  readonly ms: number;
}

/** What a step showed. `evaded`: refused, but by something else than the control that is tried. */
export type Verdict = "held" | "broken" | "evaded";

export interface Step {
  /** `attempt`: must be refused. `control`: the same with everything in order, must be accepted. `check`: must be true. */
  readonly kind: "attempt" | "control" | "check";
  readonly what: string;
  readonly verdict: Verdict;
  readonly says: string;
  readonly exchange?: Exchange;
  /** Of an attempt: what it left in the log. */
  readonly left?: readonly Trace[];
}

/** An event as it appeared in the log: enough to look it up, nothing of what it holds. */
export interface Trace {
  readonly position: number;
  readonly type: string;
  readonly subject: string;
  readonly actor: string;
  /** Of a violation or a ruling: which. */
  readonly code?: string;
}

export type AttackState = "refused" | "succeeded" | "control failed" | "not run";

export interface AttackResult {
  readonly id: string;
  readonly title: string;
  readonly tries: string;
  readonly state: AttackState;
  /** In a sentence: the refusal that was seen, or what is wrong, or why it was not run. */
  readonly says: string;
  readonly steps: readonly Step[];
  readonly ms: number;
}
