import { promisesOf } from "../promise.ts";
import { type Duration, inSeconds, scaled } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import type { Alert, Proof, Severity, Team } from "./alert.ts";
import { alerts } from "./catalogue.ts";

/** An alert with the changes of a monitoring.yaml applied: what renderers write down. */
export interface EffectiveAlert extends Omit<Alert, "expr" | "labels" | "proofs"> {
  readonly expr: string;
  readonly labels: AlertLabels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly proofs: readonly Proof[];
}

export interface AlertLabels {
  readonly severity: Severity;
  readonly team: Team;
  readonly component: Alert["component"];
  readonly concern: string;
  readonly slo?: string;
}

/** The alerts that are in force under a spec, in the order of the catalogue. */
export const effectiveAlerts = (spec: Spec): readonly EffectiveAlert[] =>
  alerts.filter((alert) => inForce(alert, spec)).map((alert) => effective(alert, spec));

const inForce = ({ name, needs }: Alert, { alerting, health_checks }: Spec): boolean =>
  alerting.rules[name]?.enabled !== false && (needs === undefined || health_checks.prober !== undefined);

/** `rules` wins over the older `pagerduty.alerts`: it names the alert exactly, and it can say more. */
const effective = (alert: Alert, spec: Spec): EffectiveAlert => {
  const { alerting } = spec;
  const older = alerting.pagerduty.alerts.findLast(({ name }) => name === alert.title || name === alert.name);
  const rule = alerting.rules[alert.name];
  const threshold = rule?.threshold ?? older?.threshold ?? alert.threshold ?? 0;
  const held: Duration = rule?.for ?? alert.for;
  const severity = rule?.severity ?? older?.severity ?? alert.severity;
  const team = rule?.team ?? older?.escalation_policy ?? alert.team;
  const promises = promisesOf(spec);
  const span = spanOf(spec);
  return {
    ...alert,
    severity,
    team,
    threshold,
    for: span(held),
    expr: alert.expr({ threshold, span, promises }),
    labels: { severity, team, component: alert.component, concern: alert.concern, ...alert.labels },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook_url: `${alerting.runbooks}/${alert.name}.md`,
      dashboard_url: `${spec.grafana.endpoint}/d/${alert.dashboard}`,
    },
    proofs: alert.proofs({ threshold, forSeconds: toNextLook(held), promises }),
  };
};

/** Stories look every fifteen seconds; what has to hold for ten has held at the next look. */
const toNextLook = (held: Duration): number => Math.ceil(inSeconds(held) / 15) * 15;

/** Shortens lengths of time by the file's `time_scale`, to whole milliseconds. */
export const spanOf =
  ({ alerting }: Pick<Spec, "alerting">) =>
  (nominal: Duration): Duration =>
    scaled(nominal, alerting.time_scale);
