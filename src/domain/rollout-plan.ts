import type { EventData } from "./event.ts";
import type { Problem } from "./refusal.ts";
import { signals } from "./signal.ts";

/** Shares to go through, how long each must prove itself, and what "proves" means. */
export type RolloutPlan = EventData<"rollout.started">["plan"];
export type PlannedStep = RolloutPlan["steps"][number];

const MINUTE_MS = 60_000;

/** The seed's stages and triggers; soaks are ours, for a system whose questions are answered in minutes. */
export const defaultPlan = (flag: string): RolloutPlan => ({
  flag,
  steps: [5, 25, 50, 75, 100].map((percent) => ({ percent, soakMs: 10 * MINUTE_MS })),
  analysis: {
    everyMs: 10_000,
    minSamples: 50,
    maxHoldMs: 15 * MINUTE_MS,
    errors: { ok: 0.01, bad: 0.05 },
    delivery: { ok: 0.005, bad: 0.03 },
    latency: { overMs: 300, ok: 0.01, bad: 0.05 },
    relative: 4,
    falseRollback: 0.01,
    missed: 0.05,
  },
  triggers: {
    windowMs: 5 * MINUTE_MS,
    minSamples: 20,
    errorShare: 0.05,
    slowMs: 1_000,
    slowShare: 0.01,
    undeliveredShare: 0.05,
    unhealthy: 3,
    violations: 0,
    timeoutsPerMinute: 10,
    agentFailureShare: 0.1,
    minAgents: 10,
    over: "system",
  },
  certificate: "none",
});

export const planLimits = {
  stepsMax: 50,
  /** A week: a flag that stands half way for longer than that is not being rolled out. */
  soakMsMax: 7 * 86_400_000,
  everyMsMin: 100,
  everyMsMax: 300_000,
  holdMsMax: 86_400_000,
} as const;

/** The limits that the bridge's timings can be compared with: the buckets of its histogram, in milliseconds. */
export const timingLimitsMs: readonly number[] = signals.bridgeOverhead.buckets.map((s) => Math.round(s * 1e6) / 1e3);

/** Everything that makes a plan of the right shape impossible to follow, at once. */
export const planProblems = (plan: RolloutPlan): readonly Problem[] => [
  ...stepProblems(plan),
  ...analysisProblems(plan),
  ...triggerProblems(plan),
];

const stepProblems = ({ steps, analysis }: RolloutPlan): readonly Problem[] => {
  const problems: Problem[] = [];
  const wrong = (pointer: string, message: string) => problems.push({ pointer, message });
  if (steps.length === 0) wrong("/steps", "has no step; give at least one, and 100 as the last");
  if (steps.length > planLimits.stepsMax) wrong("/steps", `has more than ${planLimits.stepsMax} steps`);
  steps.forEach(({ percent, soakMs }, i) => {
    const before = steps[i - 1]?.percent ?? 0;
    if (percent <= before) wrong(`/steps/${i}/percent`, `must be above the ${before} before it: a step only goes up`);
    if (percent > 100) wrong(`/steps/${i}/percent`, "must be at most 100");
    if (soakMs > planLimits.soakMsMax) wrong(`/steps/${i}/soakMs`, "must be at most seven days");
    if (soakMs < analysis.everyMs) {
      wrong(
        `/steps/${i}/soakMs`,
        `is shorter than one look at the bridge (${analysis.everyMs} ms): nothing could be seen`,
      );
    }
  });
  const last = steps.at(-1);
  if (last !== undefined && last.percent !== 100) {
    wrong(`/steps/${steps.length - 1}/percent`, "must be 100: a rollout ends with everybody, or goes back");
  }
  return problems;
};

const analysisProblems = ({ analysis }: RolloutPlan): readonly Problem[] => {
  const problems: Problem[] = [];
  const wrong = (member: string, message: string) => problems.push({ pointer: `/analysis/${member}`, message });
  const { everyMs, minSamples, maxHoldMs, latency, relative, falseRollback, missed } = analysis;
  if (everyMs < planLimits.everyMsMin || everyMs > planLimits.everyMsMax) {
    wrong("everyMs", `must be from ${planLimits.everyMsMin} to ${planLimits.everyMsMax}`);
  }
  if (minSamples < 1) wrong("minSamples", "must be at least 1: nothing is promoted without data");
  if (maxHoldMs < 2 * everyMs) wrong("maxHoldMs", "must have room for two looks at the bridge");
  if (maxHoldMs > planLimits.holdMsMax) wrong("maxHoldMs", "must be at most one day");
  for (const name of ["errors", "delivery", "latency"] as const) {
    const { ok, bad } = analysis[name];
    if (!(ok > 0 && ok < 1)) wrong(`${name}/ok`, "must be a share between 0 and 1");
    if (!(bad > 0 && bad < 1)) wrong(`${name}/bad`, "must be a share between 0 and 1");
    if (bad <= ok) wrong(`${name}/bad`, `must be above ok (${ok}): between them the test cannot tell`);
  }
  if (!timingLimitsMs.includes(latency.overMs)) {
    wrong("latency/overMs", `must be one that the bridge counts by: ${timingLimitsMs.join(", ")}`);
  }
  if (!(relative > 1)) wrong("relative", "must be above 1");
  for (const [name, chance] of Object.entries({ falseRollback, missed })) {
    if (!(chance > 0 && chance <= 0.5)) wrong(name, "must be a chance above 0 and at most 0.5");
  }
  return problems;
};

const triggerProblems = ({ triggers, analysis }: RolloutPlan): readonly Problem[] => {
  const problems: Problem[] = [];
  const wrong = (member: string, message: string) => problems.push({ pointer: `/triggers/${member}`, message });
  const { windowMs, minSamples, slowMs, unhealthy, minAgents, agentFailureShare } = triggers;
  if (windowMs < analysis.everyMs) wrong("windowMs", "is shorter than the time between two looks at the bridge");
  if (minSamples < 1) wrong("minSamples", "must be at least 1");
  if (minAgents < 1) wrong("minAgents", "must be at least 1");
  if (!(agentFailureShare > 0 && agentFailureShare <= 1)) {
    wrong("agentFailureShare", "must be a share above 0, and 1 for never");
  }
  for (const name of ["errorShare", "slowShare", "undeliveredShare"] as const) {
    if (!(triggers[name] > 0 && triggers[name] < 1)) wrong(name, "must be a share between 0 and 1");
  }
  if (!timingLimitsMs.includes(slowMs)) {
    wrong("slowMs", `must be one that the bridge counts by: ${timingLimitsMs.join(", ")}`);
  }
  if (unhealthy < 1) wrong("unhealthy", "must be at least 1");
  return problems;
};
