import type { Promises } from "../slo.ts";
import type { Duration } from "../spec/parts.ts";

export const severities = ["critical", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** Who is called: the escalation policies of PagerDuty, by name. `immediate` calls everybody at once. */
export const teams = ["performance-team", "on-call", "security-team", "immediate"] as const;
export type Team = (typeof teams)[number];

export const components = ["bridge", "elicitation", "delivery", "security", "log", "telemetry", "monitoring"] as const;
export type Component = (typeof components)[number];

/** Dashboards of the catalogue, by uid. Every alert points at one. */
export const dashboards = [
  "lighthouse-overview",
  "lighthouse-slo",
  "lighthouse-latency",
  "lighthouse-delivery",
  "lighthouse-security",
  "lighthouse-log",
  "lighthouse-monitoring",
] as const;
export type Dashboard = (typeof dashboards)[number];

/** What monitoring.yaml can change in an expression. */
export interface Tuning {
  readonly threshold: number;
  /** A length of time of the rules, shortened when a drill runs them faster. */
  readonly span: (nominal: Duration) => Duration;
  readonly promises: Promises;
}

/** One alert as data. Everything rendered about it comes from here: its rule, its route, its proof, its runbook's head. */
export interface Alert {
  /** Its name in Prometheus, and the name of its runbook. */
  readonly name: string;
  /** Its name for people; older files call it by this. */
  readonly title: string;
  readonly component: Component;
  readonly severity: Severity;
  readonly team: Team;
  /** What it is compared with, when that is a matter of taste and may be changed. */
  readonly threshold?: number;
  /** Between these its stories can be told, and beyond them it would never fire, or always. */
  readonly bounds?: readonly [least: number, most: number];
  readonly unit?: "ms" | "s" | "hours" | "days" | "%" | "per second" | "per minute" | "count";
  readonly for: Duration;
  /** What it is about. While a critical alert of a concern fires, warnings of the same concern keep quiet. */
  readonly concern: string;
  /** The promise whose budget it guards, for burn-rate alerts. */
  readonly labels?: { readonly slo: string };
  readonly expr: (tuning: Tuning) => string;
  /** One line, for a phone at night. */
  readonly summary: string;
  /** What is known, with the values; Prometheus' templates. */
  readonly description: string;
  readonly dashboard: Dashboard;
  readonly proofs: (tuned: Tuned) => readonly Proof[];
  /** Only where the file asks for what it watches. */
  readonly needs?: "prober";
}

/** An alert's values as they are in force. */
export interface Tuned {
  readonly threshold: number;
  readonly forSeconds: number;
  readonly promises: Promises;
}

/** A story that the real engine of Prometheus lives through, in its own time, under `promtool test rules`. */
export interface Proof {
  /** A sentence: "fires when …", "stays silent when …". */
  readonly name: string;
  /** Seconds between samples, and between evaluations. */
  readonly every: 15 | 60 | 300 | 600;
  /** Series by selector, values in promtool's notation: `0+6x10` is 0, 6, 12, … 60. */
  readonly given: Readonly<Record<string, string>>;
  /** How many instances of the alert fire, so many seconds into the story, or how many did at any time until then. */
  readonly expect: readonly { readonly at: number; readonly firing: number; readonly throughout?: true }[];
}
