import type { RolloutPlan } from "../../domain/rollout-plan.ts";
import { addTally, type Measurement, noTally, type Tally } from "./measurement.ts";
import { type Count, shareRatio, splitRatio } from "./sequential.ts";

/** What is known of the present step, gathered before it is judged. */
export interface StepEvidence {
  /** All of this step, oldest first. */
  readonly measurements: readonly Measurement[];
  /** How long it has been watched with nothing to be seen since the last measurement, in milliseconds. */
  readonly blindMs: number;
  readonly blindBecause: string;
}

export type Verdict = "promote" | "rollback" | "inconclusive" | "hold";

export interface Judgement {
  readonly verdict: Verdict;
  /** In words, with the numbers. */
  readonly why: string;
  readonly criteria: readonly CriterionJudgement[];
}

export interface CriterionJudgement {
  readonly name: CriterionName;
  readonly canary: Count;
  readonly stable: Count;
  readonly state: "sound" | "bad" | "open" | "both_bad";
}

export const criterionNames = ["errors", "delivery", "latency"] as const;
export type CriterionName = (typeof criterionNames)[number];

/** Tests that may each wrongly withdraw: the share of one arm and the split between both, per criterion and step. */
const TESTS_PER_CRITERION = 2;

/** Judges one step: pure, from all of its measurements, so that whoever takes over comes to the same. */
export const judge = (
  plan: Pick<RolloutPlan, "steps" | "analysis">,
  step: number,
  { measurements, blindMs, blindBecause }: StepEvidence,
): Judgement => {
  const { analysis } = plan;
  const soakMs = plan.steps[step]?.soakMs ?? 0;
  const watchedMs = measurements.reduce((sum, m) => sum + m.forMs, 0);
  const criteria = criterionNames.map((name) => judgeCriterion(name, measurements, plan));
  const say = (verdict: Verdict, why: string): Judgement => ({ verdict, why, criteria });

  const bad = criteria.filter(({ state }) => state === "bad");
  if (bad.length > 0) return say("rollback", bad.map(inWords).join("; "));
  if (blindMs > analysis.maxHoldMs) {
    return say("rollback", `no evidence: nothing could be seen for ${seconds(blindMs)} (${blindBecause})`);
  }
  if (blindMs > 0) return say("hold", `nothing to be seen for ${seconds(blindMs)}: ${blindBecause}`);

  const overdueMs = watchedMs - soakMs;
  const both = criteria.filter(({ state }) => state === "both_bad");
  const short = shortOf(measurements, analysis.minSamples);
  const open = criteria.filter(({ state }) => state === "open");
  const doubt =
    both.length > 0
      ? ({ verdict: "hold", why: `both arms are bad: ${both.map(inWords).join("; ")}` } as const)
      : short.length > 0
        ? ({ verdict: "inconclusive", why: `too little to go by: ${short.join(", ")}` } as const)
        : open.length > 0
          ? ({ verdict: "inconclusive", why: `neither sound nor bad yet: ${open.map(inWords).join("; ")}` } as const)
          : undefined;
  if (doubt === undefined) {
    return overdueMs >= 0
      ? say("promote", criteria.map(inWords).join("; "))
      : say("inconclusive", `sound so far; watched ${seconds(watchedMs)} of ${seconds(soakMs)}`);
  }
  return overdueMs > analysis.maxHoldMs
    ? say("rollback", `no evidence after ${seconds(watchedMs)}: ${doubt.why}`)
    : say(doubt.verdict, doubt.why);
};

const judgeCriterion = (
  name: CriterionName,
  measurements: readonly Measurement[],
  { steps, analysis }: Pick<RolloutPlan, "steps" | "analysis">,
): CriterionJudgement => {
  const bounds = analysis[name];
  let [canary, stable, split] = [none, none, 0];
  for (const measurement of measurements) {
    const now = { canary: countOf(measurement.canary, name), stable: countOf(measurement.stable, name) };
    canary = sum(canary, now.canary);
    stable = sum(stable, now.stable);
    split += splitRatio(now.canary, now.stable, analysis.relative);
  }
  // The chance that was granted for the whole rollout is shared out over all that may use it up.
  const alpha = analysis.falseRollback / (steps.length * criterionNames.length * TESTS_PER_CRITERION);
  const [isBad, isSound] = [-Math.log(alpha), Math.log(analysis.missed)];
  const alone = shareRatio(canary, bounds);
  const isAboveOk = canary.bad > bounds.ok * canary.of;
  const stableIsBad = shareRatio(stable, bounds) >= isBad;
  const state =
    split >= isBad && isAboveOk
      ? "bad"
      : alone >= isBad
        ? stableIsBad
          ? "both_bad"
          : "bad"
        : alone <= isSound
          ? "sound"
          : "open";
  return { name, canary, stable, state };
};

export const countOf = (tally: Tally, name: CriterionName): Count => {
  switch (name) {
    case "errors":
      return { bad: tally.failed, of: tally.ended };
    case "delivery":
      return { bad: tally.undelivered, of: tally.deliveries };
    case "latency":
      return { bad: tally.slow, of: tally.timed };
  }
};

const shortOf = (measurements: readonly Measurement[], minSamples: number): readonly string[] => {
  const canary = measurements.reduce((sum, m) => addTally(sum, m.canary), noTally);
  return criterionNames.flatMap((name) => {
    const { of } = countOf(canary, name);
    return of < minSamples ? [`${of} of ${minSamples} ${samples[name]}`] : [];
  });
};

const samples = { errors: "ended questions", delivery: "deliveries", latency: "timings" } as const;
const none: Count = { bad: 0, of: 0 };
const sum = (a: Count, b: Count): Count => ({ bad: a.bad + b.bad, of: a.of + b.of });

const inWords = ({ name, canary, stable }: CriterionJudgement): string =>
  `${name}: canary ${canary.bad} of ${canary.of}, stable ${stable.bad} of ${stable.of}`;

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
