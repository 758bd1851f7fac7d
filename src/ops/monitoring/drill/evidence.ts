import { type DrillResult, hops } from "../drill.ts";

/** What a drill leaves behind: a file for people, and the same in the log of a bridge. */
export interface DrillEvidence {
  readonly drill_id: string;
  readonly environment: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly passed: boolean;
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

export const evidenceOf = (run: DrillRun): DrillEvidence => ({
  drill_id: run.drillId,
  environment: run.environment,
  started_at: iso(run.startedAt),
  finished_at: iso(run.finishedAt),
  passed: run.results.length > 0 && run.results.every(({ passed }) => passed),
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
});

const iso = (at: number): string => new Date(at).toISOString();

/** The name under which it stands in the log. */
export const drillEventName = "monitoring.drill.completed";
