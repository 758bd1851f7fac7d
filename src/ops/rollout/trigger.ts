import type { RolloutPlan } from "../../domain/rollout-plan.ts";
import { addTally, type Measurement, noTally, type Tally } from "./measurement.ts";
import type { Count } from "./sequential.ts";

/** A hard trigger does not wait for a judge: it withdraws at once, also while the rollout is paused. */
export interface Trigger {
  readonly name:
    | "errors"
    | "latency"
    | "delivery"
    | "timeouts"
    | "agents"
    | "security"
    | "integrity"
    | "health"
    | "flag";
  readonly why: string;
}

/**
 * A trigger looks again and again and has no error budget of its own, so it must be sure: a share that is at the limit
 * looks like this at most once in a million windows (Chernoff). Two of two questions that expired are no catastrophe.
 */
const CERTAINTY = Math.log(1e6);
/** What "per minute" is counted over; never less, so that two in the first second are not a hundred a minute. */
const MINUTE_MS = 60_000;

export interface Watched {
  /** Newest last; only what is within the window counts. */
  readonly measurements: readonly Measurement[];
  /** Looks in a row at which the bridge did not answer or was not ready. */
  readonly unhealthy: number;
  /** What was acknowledged is gone or altered; empty: nothing is known of that. */
  readonly damage?: string;
}

type Plan = Pick<RolloutPlan, "triggers" | "analysis">;

/** The first trigger that fires: the canary arm's numbers, then the whole system's unless the plan says otherwise. */
export const triggerOf = (plan: Plan, { measurements, unhealthy, damage = "" }: Watched): Trigger | undefined => {
  const { triggers } = plan;
  if (damage !== "") return { name: "integrity", why: damage };
  if (unhealthy >= triggers.unhealthy) {
    return { name: "health", why: `the bridge was not well at ${unhealthy} looks in a row` };
  }
  const window = within(measurements, triggers.windowMs);
  if (window.violations > triggers.violations) {
    return { name: "security", why: `${window.violations} security violations on the canary arm` };
  }
  const ofCanary = aboveShares(triggers, window.canary, "in the canary arm");
  if (triggers.over === "canary") return ofCanary ?? manyTimeouts(plan, measurements, (seen) => seen.canary);
  return (
    ofCanary ??
    aboveShares(triggers, addTally(window.canary, window.stable), "in the whole system") ??
    manyTimeouts(plan, measurements, (seen) => addTally(seen.canary, seen.stable)) ??
    manyAgents(triggers, measurements.at(-1)?.agents)
  );
};

const aboveShares = (triggers: Plan["triggers"], tally: Tally, where: string): Trigger | undefined => {
  const shares = [
    ["errors", { bad: tally.failed, of: tally.ended }, triggers.errorShare],
    ["latency", { bad: tally.verySlow, of: tally.timed }, triggers.slowShare],
    ["delivery", { bad: tally.undelivered, of: tally.deliveries }, triggers.undeliveredShare],
  ] as const;
  for (const [name, count, limit] of shares) {
    if (count.of >= triggers.minSamples && isCertainlyAbove(count, limit)) {
      return { name, why: `${name}: ${count.bad} of ${count.of} ${where}, the limit is ${percent(limit)}` };
    }
  }
  return undefined;
};

/**
 * So many expired questions in a minute. Ten a minute are the end of a small system and nothing in one that is asked a
 * thousand times a second, so they must certainly be more than the share that the plan calls sound as well.
 */
const manyTimeouts = (
  { triggers, analysis }: Plan,
  measurements: readonly Measurement[],
  tallyOf: (seen: Pick<Measurement, "canary" | "stable">) => Tally,
): Trigger | undefined => {
  const minute = within(measurements, MINUTE_MS);
  const { expired, ended } = tallyOf(minute);
  const perMinute = (expired * MINUTE_MS) / Math.max(MINUTE_MS, minute.coveredMs);
  const isMany = perMinute > triggers.timeoutsPerMinute && ended >= triggers.minSamples;
  if (!isMany || !isCertainlyAbove({ bad: expired, of: ended }, analysis.errors.ok)) return undefined;
  const why = `timeouts: ${Math.round(perMinute)} a minute, ${expired} of ${ended} questions; the limit is ${triggers.timeoutsPerMinute}`;
  return { name: "timeouts", why };
};

/** A census and no sample: an agent counts as failing from its second expired question on, so no test is needed. */
const manyAgents = (triggers: Plan["triggers"], agents: Measurement["agents"]): Trigger | undefined => {
  if (agents === undefined || agents.seen < triggers.minAgents) return undefined;
  const { failing, seen } = agents;
  return failing / seen > triggers.agentFailureShare
    ? { name: "agents", why: `agents: ${failing} of ${seen} fail, the limit is ${percent(triggers.agentFailureShare)}` }
    : undefined;
};

const within = (measurements: readonly Measurement[], windowMs: number) => {
  let [canary, stable, violations, coveredMs] = [noTally, noTally, 0, 0];
  for (const m of measurements.toReversed()) {
    if (coveredMs >= windowMs) break;
    canary = addTally(canary, m.canary);
    stable = addTally(stable, m.stable);
    violations += m.violations;
    coveredMs += m.forMs;
  }
  return { canary, stable, violations, coveredMs };
};

export const isCertainlyAbove = ({ bad, of }: Count, limit: number): boolean => {
  const share = bad / of;
  if (share <= limit) return false;
  const good = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - limit));
  return of * (share * Math.log(share / limit) + good) >= CERTAINTY;
};

const percent = (share: number): string => `${Math.round(share * 1e4) / 100} %`;
