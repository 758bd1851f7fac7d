import type { Duration } from "../spec/parts.ts";

export const severities = ["critical", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** Who is called: the escalation policies of PagerDuty, by name. `immediate` calls everybody at once. */
export const teams = ["performance-team", "on-call", "security-team", "immediate"] as const;
export type Team = (typeof teams)[number];

/** What monitoring.yaml can change in an expression. */
export interface Tuning {
  readonly threshold: number;
  /** A length of time of the rules, shortened when a drill runs them faster. */
  readonly span: (nominal: Duration) => Duration;
}

/** One alert as data. Everything that is rendered about it, its rule, its route, its proof, its runbook, comes from here. */
export interface Alert {
  /** Its name in Prometheus, and the name of its runbook. */
  readonly name: string;
  /** Its name for people; the older files call it by this. */
  readonly title: string;
  readonly component: "bridge" | "elicitation" | "delivery" | "security" | "log" | "telemetry" | "monitoring";
  readonly severity: Severity;
  readonly team: Team;
  readonly threshold: number;
  readonly unit: "ms" | "s" | "%" | "ratio" | "per second" | "count";
  readonly for: Duration;
  /** The promise that it guards; a critical alert silences the warnings of the same promise. */
  readonly slo?: string;
  readonly expr: (tuning: Tuning) => string;
  readonly summary: string;
  readonly description: string;
  /** The dashboard that shows what it is about, by uid. */
  readonly dashboard: string;
  readonly proofs: (tuning: { readonly threshold: number; readonly forSeconds: number }) => readonly Proof[];
}

/** A story that the real engine of Prometheus is made to live through, in its own time, by `promtool test rules`. */
export interface Proof {
  /** A sentence: "fires when …", "stays silent when …". */
  readonly name: string;
  readonly every: Duration;
  /** Series by selector, values in promtool's notation: `0+6x10` is 0, 6, 12, … 60. */
  readonly given: Readonly<Record<string, string>>;
  readonly expect: readonly { readonly at: string; readonly firing: number }[];
}
