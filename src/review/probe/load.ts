import type { Lighthouse } from "../../client/index.ts";
import { LighthouseRefusal } from "../../client/refusal.ts";
import type { Rows, Term, Test } from "../recompute/how.ts";
import { type PacedResult, paced } from "./paced.ts";
import { DAY_MS, type Found, json, measured, type Probe, type Profile, type Stage } from "./probe.ts";

/** Below this there is no upper bound of the 99th percentile worth the name: of 1,000 it is the 996th, at 95 %. */
const SAMPLES_MIN = 1_000;

const round: Rows = { file: "load.json", zip: ["/intendedUs", "/leftUs", "/endedUs", "/ended"] };
const overhead: Term = { minus: [{ at: "/2" }, { at: "/0" }] };
const accepted: Test = [{ at: "/3" }, "eq", { is: "accepted" }];

/**
 * Questions on a schedule between agents of the review, each answered at once. What passes between the moment a
 * question should have left and the moment its asker has the answer is the bridge's own time, the two ways over the
 * network and this process: an upper bound of what the bridge promises about itself.
 */
export const loadProbe = (planOf: (profile: Profile) => LoadPlan = (profile) => plans[profile]): Probe => ({
  id: "load",
  version: 1,
  does:
    "asks questions on a fixed schedule between agents of its own, each answered at once, and keeps every latency, " +
    "counted from the moment in which the question should have left",
  sabotage: "every append waits 700 ms before it is told",
  checks: [
    {
      id: "performance.p99",
      title: "99 of 100 questions are back within 300 ms, with 95 % confidence",
      section: "performance",
      severity: "blocker",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "p99-upper-bound",
          unit: "µs",
          how: { kind: "percentile", rows: round, of: overhead, q: 0.99, confidence: 0.95, only: [accepted] },
          tolerance: { max: 300_000 },
          atLeast: SAMPLES_MIN,
        },
      ],
    },
    {
      id: "performance.errors",
      title: "Questions under load end with an answer",
      section: "performance",
      severity: "blocker",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "answered",
          unit: "share of the questions",
          how: { kind: "ratio", rows: round, that: [accepted] },
          tolerance: { min: 0.999 },
          atLeast: SAMPLES_MIN,
        },
      ],
    },
    {
      id: "performance.delivery",
      title: "Questions under load reach their target and come back within a second",
      section: "performance",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "within-one-second",
          unit: "share of the questions",
          how: { kind: "ratio", rows: round, that: [accepted, [overhead, "le", { is: 1_000_000 }]] },
          tolerance: { min: 0.995 },
          atLeast: SAMPLES_MIN,
        },
        {
          name: "generator-lag-max",
          unit: "µs",
          how: {
            kind: "percentile",
            rows: round,
            of: { minus: [{ at: "/1" }, { at: "/0" }] },
            q: 0.99,
            confidence: 0.95,
          },
          tolerance: { max: 250_000 },
          atLeast: SAMPLES_MIN,
        },
      ],
    },
  ],
  run: async (stage) => {
    const plan = planOf(stage.profile);
    const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, n) => pairOf(stage, n)));
    const { warmup, perSecond, count } = plan;
    const started = stage.clock.now();
    const results = await paced(
      { perSecond, count: warmup + count },
      stage,
      (index) => askOne(pairs[index % PAIRS] as Pair, stage, index),
      stage.progress,
    );
    for (const { close } of pairs) close();
    return evidenceOf(stage, started, results, plan);
  },
});

export interface LoadPlan {
  readonly perSecond: number;
  readonly warmup: number;
  readonly count: number;
}

/** Rates that a bridge does not feel: it takes thousands a second, and two busy cores still had room at these. */
export const plans: Readonly<Record<Profile, LoadPlan>> = {
  production: { perSecond: 50, warmup: 100, count: 3_000 },
  staging: { perSecond: 100, warmup: 100, count: 6_000 },
  quick: { perSecond: 50, warmup: 50, count: 1_100 },
};

const PAIRS = 4;
const DEADLINE_MS = 30_000;

interface Pair {
  readonly asker: Lighthouse;
  readonly target: Lighthouse;
  readonly close: () => void;
}

/** With the role `system`: the limits of agents are looked at elsewhere, and must not be what is measured here. */
const pairOf = async (stage: Stage, n: number): Promise<Pair> => {
  const [asker, target] = await Promise.all([
    stage.join(`load-${n}-asker`, ["system"]),
    stage.join(`load-${n}-target`, ["system"]),
  ]);
  const answering = target.answerWith((question) => ({ echo: question.message }), { concurrency: CONCURRENCY });
  answering.catch(() => undefined);
  return {
    asker,
    target,
    close: () => {
      asker.close();
      target.close();
    },
  };
};

const CONCURRENCY = 256;

interface Ended {
  readonly how: string;
  readonly id: string | null;
  /** Place of its last event in the log. */
  readonly position: number | null;
}

const askOne = async ({ asker, target }: Pair, { review }: Stage, index: number): Promise<Ended> => {
  const message = `[${review}] load ${index}`;
  try {
    const outcome = await asker.ask({ to: target.agent, message, schema, timeoutMs: DEADLINE_MS });
    const echoed = outcome.status === "accepted" && outcome.content.echo === message;
    const how = outcome.status === "accepted" && !echoed ? "wrong" : outcome.status;
    return { how, id: outcome.id, position: outcome.position };
  } catch (error) {
    return { how: error instanceof LighthouseRefusal ? `refused: ${error.code}` : "fault", id: null, position: null };
  }
};

const schema = { type: "object", properties: { echo: { type: "string" } }, required: ["echo"] } as const;

/** Columns, because ten thousand rows of names would be ten times as long. */
const evidenceOf = (
  { review, profile }: Stage,
  started: number,
  results: readonly PacedResult<Ended>[],
  plan: LoadPlan,
): Found => {
  const kept = results.slice(plan.warmup);
  return measured(
    json("load.json", {
      review,
      profile,
      plan,
      startedAt: new Date(started).toISOString(),
      intendedUs: kept.map(({ intendedUs }) => intendedUs),
      leftUs: kept.map(({ leftUs }) => leftUs),
      endedUs: kept.map(({ endedUs }) => endedUs),
      ended: kept.map(({ result }) => result.how),
      elicitation: kept.map(({ result }) => result.id),
      position: kept.map(({ result }) => result.position),
    }),
  );
};
