/** One thing that was asked of a running system. */
export interface Checked {
  /** Stable, for machines: `prometheus.rules`. */
  readonly check: string;
  /** A sentence: what is so when it passes. */
  readonly says: string;
  /** Who was asked: an address without credentials. */
  readonly endpoint: string;
  /** `not run` when nobody answered there, when monitoring.yaml does not want it, or when something to ask with is missing. */
  readonly state: "pass" | "fail" | "not run";
  /** Whether a check that did not run was wanted: a product that is switched off is not missing. */
  readonly isWanted: boolean;
  readonly evidence: Evidence;
}

export interface Evidence {
  /** Method and path, or the expression. */
  readonly asked: string;
  /** What came back, in a few words; for a check that failed or did not run, why. */
  readonly answered: string;
  /** What is not as it should be, one line each, at most `evidenceLinesMax`. */
  readonly details: readonly string[];
  /** Milliseconds since 1970 when the answer was in, and how long it took. */
  readonly at: number;
  readonly tookMs: number;
}

/** A rule file that was never loaded makes a difference for each of its rules; nobody reads three hundred. */
export const evidenceLinesMax = 20;

/** What a check finds; who asks, when and where is added around it. */
export type Finding =
  | { readonly state: "pass"; readonly asked: string; readonly answered: string }
  | {
      readonly state: "fail" | "not run";
      readonly asked: string;
      readonly answered: string;
      readonly details?: readonly string[];
    };
