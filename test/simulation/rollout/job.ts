import { PUSH_FLAG } from "../../../src/domain/arm.ts";
import type { RollbackScope, RollbackStep } from "../../../src/domain/rollback.ts";
import { defaultPlan, type RolloutPlan } from "../../../src/domain/rollout-plan.ts";

/** What an operator starts a process for. */
export type Job =
  | { readonly kind: "roll out"; readonly judge: "lenient" | "strict"; readonly certificates: boolean }
  | { readonly kind: "roll back"; readonly scope: RollbackScope }
  | { readonly kind: "rehearse" }
  /** With whatever is unfinished: `lighthouse rollback --resume`, `lighthouse rollout run --wait`. */
  | { readonly kind: "go on" };

/**
 * Where its process stops: before its n-th request leaves, or when the reply is there and nobody has read it. It dies
 * there; or does not get a turn for a while, longer than its lease, and then goes on as if nothing had been.
 */
export interface Stop {
  /** Of all requests; of those alone that change something; or of those that say that this step of a rollback is done. */
  readonly among: "all" | "acts" | RollbackStep | "finish";
  readonly afterCalls: number;
  readonly how: "dies" | "dies unheard" | "sleeps";
  readonly forMs: number;
}

const second = 1_000;

/** Short enough for a short life, with shares of failure that fit a world in which a good part of everything fails. */
const short = (): RolloutPlan => {
  const plan = defaultPlan(PUSH_FLAG);
  return {
    ...plan,
    steps: [
      { percent: 40, soakMs: 600 },
      { percent: 100, soakMs: 600 },
    ],
    analysis: { ...plan.analysis, everyMs: 300, minSamples: 1, maxHoldMs: 9 * second },
    triggers: { ...plan.triggers, windowMs: 5 * second },
  };
};

/** `lenient`: nearly everything passes. `strict`: nearly nothing does. */
export const planOf = ({ judge, certificates }: Extract<Job, { readonly kind: "roll out" }>): RolloutPlan => {
  const plan = short();
  const certificate = certificates ? "required" : "none";
  if (judge === "strict") return { ...plan, certificate };
  const patient = { ok: 0.5, bad: 0.98 };
  return {
    ...plan,
    certificate,
    analysis: {
      ...plan.analysis,
      errors: patient,
      delivery: patient,
      latency: { ...plan.analysis.latency, ...patient },
      relative: 1_000,
      missed: 0.4,
    },
    triggers: { ...patientShares(plan.triggers), unhealthy: 20, violations: 1_000 },
  };
};

const patientShares = <T extends object>(triggers: T): T =>
  Object.fromEntries(
    Object.entries(triggers).map(([name, value]) => [name, name.endsWith("Share") ? 0.99 : value]),
  ) as T;
