import type { Credential } from "../../client/credential.ts";
import type { Lighthouse } from "../../client/index.ts";
import type { Clock, Rng, Scheduler } from "../../domain/world.ts";
import type { NotRunReason } from "../check.ts";
import type { Measure, PolicyCheck } from "../policy.ts";
import type { Exchange, HttpRequest } from "./exchange.ts";

/** How much a review may ask of the system that it looks at. */
export const profiles = ["production", "staging", "quick"] as const;
export type Profile = (typeof profiles)[number];

/** Raw evidence on its way into the store: exactly these bytes are kept, and everything is recomputed from them. */
export interface Raw {
  /** Within the probe; a file name. */
  readonly name: string;
  readonly mediaType: "application/json" | "text/plain";
  readonly bytes: Uint8Array;
}

/** A probe says what it saw, or why it saw nothing; whether that is enough is for the policy. */
export type Found =
  | {
      readonly ran: true;
      readonly evidence: readonly Raw[];
      /** The same, found on something that was broken on purpose: it has to fail where the other passes. */
      readonly selfTest?: { readonly sabotage: string; readonly evidence: readonly Raw[] };
    }
  | { readonly ran: false; readonly reason: NotRunReason };

/** A check as its probe proposes it to a policy: what is made of its evidence, and within what it has to be. */
export type ProposedCheck = Omit<PolicyCheck, "probe">;

/** One thing that is looked at on the running system, as an ordinary user would. */
export interface Probe {
  readonly id: string;
  readonly version: number;
  /** A sentence: what it does to the system, and what it looks at. */
  readonly does: string;
  /** A sentence: the control that is switched off to see that it can fail. */
  readonly sabotage: string;
  /** Everything that its evidence answers. */
  readonly checks: readonly ProposedCheck[];
  readonly run: (stage: Stage) => Promise<Found>;
}

/** What a probe is given. Everything it does to the bridge is marked as a test and taken back afterwards. */
export interface Stage {
  /** Id of the review, in every name and message that it leaves. */
  readonly review: string;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
  /** Acts as whoever runs the review. */
  readonly operator: Lighthouse;
  /** A new agent, which is revoked when the review is over. */
  readonly register: (part: string, roles?: readonly string[]) => Promise<Credential>;
  /** The same, connected. */
  readonly join: (part: string, roles?: readonly string[]) => Promise<Lighthouse>;
  /** One request to the bridge's public endpoints, kept with its reply. Rejects only when nothing answers. */
  readonly http: (request: HttpRequest) => Promise<Exchange>;
  readonly progress: (done: number, total: number) => void;
  /** Rejects with the signal's reason when that aborts. */
  readonly pause: (ms: number) => Promise<void>;
}

export const json = (name: string, value: unknown): Raw => ({
  name,
  mediaType: "application/json",
  bytes: Buffer.from(`${JSON.stringify(value, null, 1)}\n`),
});

export const measured = (...evidence: readonly Raw[]): Found => ({ ran: true, evidence });

export const notRun = (kind: NotRunReason["kind"], detail: string): Found => ({ ran: false, reason: { kind, detail } });

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A measure that one place of a file says exactly this. */
export const is =
  (file: string) =>
  (name: string, at: string, value: boolean | string): Measure => ({
    name,
    unit: typeof value === "boolean" ? "true or false" : "text",
    how: { kind: "value", file, of: { at } },
    tolerance: { is: value },
  });
