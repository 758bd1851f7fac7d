import { type DrillResult, drillTable, hops } from "../drill.ts";
import { drillAlerts } from "./scenarios.ts";

/** What a drill leaves behind: a file for people, and the same in the log of a bridge. */
export interface DrillEvidence {
  readonly drill_id: string;
  readonly environment: string;
  readonly started_at: string;
  readonly finished_at: string;
  /** Every alert was told and resolved, each page within its target, and all of it within the suite's. */
  readonly passed: boolean;
  /** From the start to the last resolution; the target is for a drill of every alert, and null for one of some. */
  readonly suite: { readonly seconds: number; readonly within_seconds: number | null; readonly passed: boolean };
  /** What stood in for people: receivers of the drill's own, or the products themselves. */
  readonly receivers: string;
  readonly scenarios: readonly {
    readonly alert: string;
    readonly done: string;
    readonly passed: boolean;
    readonly failures: readonly string[];
    readonly page_within_seconds: number;
    readonly breach_at: string;
    readonly relief_at: string;
    /** Every hop that was reached: when, and how long after the breach or, from `quiet` on, after the relief. */
    readonly hops: readonly { readonly hop: string; readonly at: string; readonly ms: number }[];
  }[];
}

export interface DrillRun {
  readonly drillId: string;
  readonly environment: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly receivers: string;
  readonly results: readonly (DrillResult & { readonly pageWithinSeconds: number })[];
}

export const evidenceOf = (run: DrillRun): DrillEvidence => {
  const suite = suiteOf(run);
  return {
    drill_id: run.drillId,
    environment: run.environment,
    started_at: iso(run.startedAt),
    finished_at: iso(run.finishedAt),
    passed: run.results.length > 0 && run.results.every(({ passed }) => passed) && suite.passed,
    suite,
    receivers: run.receivers,
    scenarios: run.results.map(({ alert, name, passed, failures, pageWithinSeconds, at, ms }) => ({
      alert,
      done: name,
      passed,
      failures,
      page_within_seconds: pageWithinSeconds,
      breach_at: iso(at.breach),
      relief_at: iso(at.relief),
      hops: hops.flatMap((hop) => {
        const after = ms[hop];
        const since = hop === "quiet" || hop === "resolved" ? at.relief : at.breach;
        return after === undefined ? [] : [{ hop, at: iso(since + after), ms: after }];
      }),
    })),
  };
};

/** A drill of all five, its servers' start included, in seconds. */
const suiteWithinSeconds = 60;

const suiteOf = ({ startedAt, finishedAt, results }: DrillRun): DrillEvidence["suite"] => {
  const seconds = (finishedAt - startedAt) / 1000;
  const isWhole = drillAlerts.every((name) => results.some(({ alert }) => alert === name));
  if (!isWhole) return { seconds, within_seconds: null, passed: true };
  return { seconds, within_seconds: suiteWithinSeconds, passed: seconds <= suiteWithinSeconds };
};

/** For people: the table, and the suite below it. */
export const evidenceLines = ({ suite }: DrillEvidence, results: DrillRun["results"]): readonly string[] => {
  if (results.length === 0) return [];
  const seconds = `${suite.seconds.toFixed(1)} s`;
  const verdict = suite.passed ? "ok" : `more than ${suite.within_seconds} s`;
  return [
    drillTable(results),
    suite.within_seconds === null
      ? `all of it took ${seconds}`
      : `all of it took ${seconds}, within ${suite.within_seconds} s are wanted: ${verdict}`,
  ];
};

const iso = (at: number): string => new Date(at).toISOString();

/** The name under which it stands in the log. */
export const drillEventName = "monitoring.drill.completed";
