import type { RolloutPlan } from "../../domain/rollout-plan.ts";
import { addTally, type Measurement, noTally } from "./measurement.ts";
import type { Count } from "./sequential.ts";

/** A hard trigger does not wait for a judge: it withdraws at once, also while the rollout is paused. */
export interface Trigger {
  readonly name: "errors" | "latency" | "delivery" | "security" | "health" | "flag";
  readonly why: string;
}

/**
 * A trigger looks again and again and has no error budget of its own, so it must be sure: a share that is at the limit
 * looks like this at most once in a million windows (Chernoff). Two of two questions that expired are no catastrophe.
 */
const CERTAINTY = Math.log(1e6);

export interface Watched {
  /** Newest last; only what is within the window counts. */
  readonly measurements: readonly Measurement[];
  /** Looks in a row at which the bridge did not answer or was not ready. */
  readonly unhealthy: number;
}

export const triggerOf = (
  triggers: RolloutPlan["triggers"],
  { measurements, unhealthy }: Watched,
): Trigger | undefined => {
  if (unhealthy >= triggers.unhealthy) {
    return { name: "health", why: `the bridge was not well at ${unhealthy} looks in a row` };
  }
  const { canary, violations } = within(measurements, triggers.windowMs);
  if (violations > triggers.violations) {
    return { name: "security", why: `${violations} security violations on the canary arm` };
  }
  const shares = [
    ["errors", { bad: canary.failed, of: canary.ended }, triggers.errorShare],
    ["latency", { bad: canary.verySlow, of: canary.timed }, triggers.slowShare],
    ["delivery", { bad: canary.undelivered, of: canary.deliveries }, triggers.undeliveredShare],
  ] as const;
  for (const [name, count, limit] of shares) {
    if (count.of >= triggers.minSamples && isCertainlyAbove(count, limit)) {
      return { name, why: `${name}: ${count.bad} of ${count.of} in the canary arm, the limit is ${limit * 100} %` };
    }
  }
  return undefined;
};

const within = (measurements: readonly Measurement[], windowMs: number) => {
  let [canary, violations, covered] = [noTally, 0, 0];
  for (const m of measurements.toReversed()) {
    if (covered >= windowMs) break;
    canary = addTally(canary, m.canary);
    violations += m.violations;
    covered += m.forMs;
  }
  return { canary, violations };
};

export const isCertainlyAbove = ({ bad, of }: Count, limit: number): boolean => {
  const share = bad / of;
  if (share <= limit) return false;
  const good = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - limit));
  return of * (share * Math.log(share / limit) + good) >= CERTAINTY;
};
