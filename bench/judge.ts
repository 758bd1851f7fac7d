import { parseArgs } from "node:util";
import { defaultPlan, type RolloutPlan } from "../src/domain/rollout-plan.ts";
import { judge, type Verdict } from "../src/ops/rollout/judge.ts";
import { type Measurement, noTally } from "../src/ops/rollout/measurement.ts";

/**
 * SIMULATED traffic, for the judge's statistics and nothing else: no bridge runs here. Failures are independent draws
 * with a known rate in each arm, so that it is known which verdict is right. The judge is the one that rolls out.
 *
 *   node bench/judge.ts [--runs 2000] [--seed 1]
 */
const { values } = parseArgs({
  options: { runs: { type: "string", default: "2000" }, seed: { type: "string", default: "1" } },
});
const runs = Number(values.runs);

const plan = defaultPlan("simulated");
/** Questions that end between two looks, in both arms together. */
const PER_LOOK = 400;
const LOOKS_MAX = 300;

const generator = (seed: number): (() => number) => {
  // mulberry32: small, and good enough for rates of 0.1 %.
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const draw = (random: () => number, of: number, rate: number): number => {
  let bad = 0;
  for (let i = 0; i < of; i++) if (random() < rate) bad++;
  return bad;
};

interface Scenario {
  readonly name: string;
  readonly canary: number;
  readonly stable: number;
  /** What would be right; `either`: between sound and bad, where the test owes nothing. */
  readonly right: "promote" | "rollback" | "either";
}

const scenarios: readonly Scenario[] = [
  { name: "healthy: both 0.5 %", canary: 0.005, stable: 0.005, right: "promote" },
  { name: "at the limit of sound: both 1 %", canary: 0.01, stable: 0.01, right: "promote" },
  { name: "better than stable: 0.2 % / 1 %", canary: 0.002, stable: 0.01, right: "promote" },
  { name: "between: both 2 %", canary: 0.02, stable: 0.02, right: "either" },
  { name: "twice as bad: 2 % / 1 %", canary: 0.02, stable: 0.01, right: "either" },
  { name: "bad: 5 % / 0.5 %", canary: 0.05, stable: 0.005, right: "rollback" },
  { name: "bad: 5 % / 1 %", canary: 0.05, stable: 0.01, right: "rollback" },
  { name: "very bad: 10 % / 0.5 %", canary: 0.1, stable: 0.005, right: "rollback" },
  { name: "broken: 50 % / 0.5 %", canary: 0.5, stable: 0.005, right: "rollback" },
  { name: "a bad day for all: both 10 %", canary: 0.1, stable: 0.1, right: "either" },
];

/** One look: errors at the scenario's rates; delivery and timings without fault, so that one criterion is tried. */
const look = (random: () => number, { canary, stable }: Scenario, percent: number): Measurement => {
  const inCanary = draw(random, PER_LOOK, percent / 100);
  const arm = (of: number, rate: number) => {
    const failed = draw(random, of, rate);
    return { ...noTally, ended: of, failed, expired: failed, deliveries: of, timed: of };
  };
  return {
    forMs: plan.analysis.everyMs,
    canary: arm(inCanary, canary),
    stable: arm(PER_LOOK - inCanary, stable),
    violations: 0,
  };
};

/** Without a soak the tests decide on the least data that they may: where their stated chances can be seen. */
const hasty: RolloutPlan = { ...plan, steps: plan.steps.map((s) => ({ ...s, soakMs: plan.analysis.everyMs })) };

interface Run {
  readonly verdict: Verdict | "undecided";
  readonly samples: number;
}

/** One step, until the judge says something final. */
const sequentialStep = (random: () => number, scenario: Scenario, step: number, used: RolloutPlan): Run => {
  const measurements: Measurement[] = [];
  let samples = 0;
  for (let i = 0; i < LOOKS_MAX; i++) {
    const seen = look(random, scenario, used.steps[step]?.percent ?? 0);
    measurements.push(seen);
    samples += seen.canary.ended;
    const { verdict } = judge(used, step, { measurements, blindMs: 0, blindBecause: "" });
    if (verdict === "promote" || verdict === "rollback") return { verdict, samples };
  }
  return { verdict: "undecided", samples };
};

const wholeRollout = (random: () => number, scenario: Scenario): Run => {
  let samples = 0;
  for (let step = 0; step < plan.steps.length; step++) {
    const run = sequentialStep(random, scenario, step, plan);
    samples += run.samples;
    if (run.verdict !== "promote") return { verdict: run.verdict, samples };
  }
  return { verdict: "promote", samples };
};

/**
 * The naive judge of the field: windows of fixed size, a window fails when its share is over the limit, `tolerated` + 1
 * failed windows withdraw, ten windows promote. No third verdict.
 */
const fixedWindows = (random: () => number, scenario: Scenario, size: number, tolerated: number): Run => {
  let failed = 0;
  for (let window = 1; window <= 10; window++) {
    if (draw(random, size, scenario.canary) / size > plan.analysis.errors.ok) failed++;
    if (failed > tolerated) return { verdict: "rollback", samples: window * size };
  }
  return { verdict: "promote", samples: 10 * size };
};

/** Wilson's 95 % interval, in percent. */
const share = (k: number, n: number): string => {
  const z = 1.96;
  const p = k / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  const percent = (x: number): string => (100 * Math.max(0, x)).toFixed(1);
  return `${percent(p)} % (${percent(centre - half)}–${percent(centre + half)})`;
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

const judges: readonly (readonly [string, (random: () => number, scenario: Scenario) => Run])[] = [
  [
    "sequential, first step (5 %), as soon as it can: no soak",
    (random, scenario) => sequentialStep(random, scenario, 0, hasty),
  ],
  ["sequential, first step (5 %)", (random, scenario) => sequentialStep(random, scenario, 0, plan)],
  ["sequential, third step (50 %)", (random, scenario) => sequentialStep(random, scenario, 2, plan)],
  ["sequential, the whole rollout", wholeRollout],
  ["naive: 10 windows of 20, none may fail", (random, scenario) => fixedWindows(random, scenario, 20, 0)],
  ["naive: 10 windows of 20, two may fail", (random, scenario) => fixedWindows(random, scenario, 20, 2)],
  ["naive: 10 windows of 100, none may fail", (random, scenario) => fixedWindows(random, scenario, 100, 0)],
];

const { errors, relative, falseRollback, missed, minSamples } = plan.analysis;
console.log(`SIMULATED traffic, for the judge's statistics; no bridge ran. node bench/judge.ts --runs ${runs} --seed ${values.seed}
Default plan: sound up to ${errors.ok * 100} % errors, bad from ${errors.bad * 100} % or ${relative} times stable; false rollback at most
${falseRollback * 100} % over the whole rollout; a bad canary passes one step with at most ${missed * 100} %; at least ${minSamples} samples; ${PER_LOOK}
questions between two looks. ${runs} runs each, 95 % intervals (Wilson). "Samples" are ended questions of the canary arm.`);
for (const [title, run] of judges) {
  console.log(`\n${title}`);
  console.log(
    `  ${"true error rate, canary / stable".padEnd(36)}${"withdrawn".padEnd(24)}${"promoted".padEnd(24)}${"undecided".padEnd(12)}${"samples".padStart(8)}   wrong`,
  );
  for (const scenario of scenarios) {
    const random = generator(Number(values.seed));
    const outcomes = Array.from({ length: runs }, () => run(random, scenario));
    const of = (verdict: Run["verdict"]): number => outcomes.filter((o) => o.verdict === verdict).length;
    const wrong =
      scenario.right === "either" ? "–" : share(of(scenario.right === "promote" ? "rollback" : "promote"), runs);
    console.log(
      `  ${scenario.name.padEnd(36)}${share(of("rollback"), runs).padEnd(24)}${share(of("promote"), runs).padEnd(24)}` +
        `${((100 * of("undecided")) / runs).toFixed(1).padStart(6)} %    ${String(median(outcomes.map((o) => o.samples))).padStart(8)}   ${wrong}`,
    );
  }
}
