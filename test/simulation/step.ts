import type { OperatorName } from "./cast.ts";
import type { DiskFault } from "./disk.ts";
import type { Job, Stop } from "./rollout/job.ts";

/** What happens to whom, and when. */
export type Step = { readonly n: number; readonly atMs: number } & (
  | Deed
  | {
      readonly kind: "crash";
      readonly how: "kill" | "power cut";
      readonly downMs: number;
      /** In the middle of the next write instead of at once. */
      readonly inAWrite: boolean;
      /** It crashes again so many milliseconds after it was started. */
      readonly againAfterMs?: number;
    }
  | { readonly kind: "restart"; readonly downMs: number }
  | { readonly kind: "disk"; readonly fault: DiskFault; readonly forMs: number }
  | { readonly kind: "drop"; readonly agent: string }
  | { readonly kind: "part"; readonly agent: string; readonly forMs: number }
  | { readonly kind: "freeze"; readonly agent: string | null; readonly forMs: number }
  | { readonly kind: "away"; readonly agent: string; readonly forMs: number }
  | { readonly kind: "clock"; readonly byMs: number }
  | { readonly kind: "flag"; readonly to: FlagChange }
  /** Everything that is open in the other arm is put into this one. */
  | { readonly kind: "reroute"; readonly arm: "push" | "mailbox" }
  /** A process is started that leads a rollout or a rollback. */
  | { readonly kind: "controller"; readonly by: OperatorName; readonly job: Job; readonly stop?: Stop }
  | { readonly kind: "kill"; readonly by: OperatorName }
  | { readonly kind: "hold up"; readonly by: OperatorName; readonly forMs: number }
  | { readonly kind: "hand"; readonly how: "pause" | "resume" | "promote" | "abort" }
  /** `by` wants the bridge in another mode, whether that is theirs to say or not. */
  | { readonly kind: "mode"; readonly by: string; readonly to: "emergency" | "recover" | "resume" }
);

export type ControllerStep = Extract<Step, { readonly kind: "controller" }>;

/** A share of the agents that are pushed to, or what beats every share. */
export type FlagChange = number | "kill" | "restore";

export type Deed =
  | AskDeed
  | { readonly kind: "custom"; readonly from: string; readonly expects: boolean }
  | InquireDeed
  | { readonly kind: "query"; readonly by: string }
  | { readonly kind: "attack"; readonly how: Attack; readonly on: number }
  | { readonly kind: "revoke" };

export interface AskDeed {
  readonly kind: "ask";
  readonly from: string;
  readonly to: string;
  readonly timeoutMs: number;
  readonly padChars: number;
  readonly key?: string;
  /** The same key once more: in the same breath, after a while, or with another question. */
  readonly again?: "at once" | "later" | "changed";
  readonly cancelAfterMs?: number;
}

export interface InquireDeed {
  readonly kind: "inquire";
  readonly from: string;
  /** Names; empty: whoever is registered as an expert. */
  readonly to: readonly string[];
  readonly quorum: "first" | "all" | "majority";
  readonly timeoutMs: number;
  readonly hedgeMs?: number;
  readonly hasDefault: boolean;
  readonly cancelAfterMs?: number;
}

export type InquireStep = Extract<Step, { readonly kind: "inquire" }>;
export type AskStep = Extract<Step, { readonly kind: "ask" }>;
export type Attack =
  | "answer in its own name"
  | "answer in another's name"
  | "replay"
  | "claim"
  | "cancel"
  | "read"
  | "no envelope"
  | "no request"
  | "no credential";
