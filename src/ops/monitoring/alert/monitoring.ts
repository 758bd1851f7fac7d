import { type Signal, seriesOf, signals } from "../../../domain/signal.ts";
import { besideIdle, gauge, missing, named, series, target } from "../proof/series.ts";
import { shareProofs } from "../proof/share.ts";
import { edges, silence, windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

/** Who watches the watchers: the alerts that fire when alerting itself is blind or mute. */

const watchdog: Alert = {
  name: "Watchdog",
  title: "Alerting Is Alive",
  component: "monitoring",
  severity: "info",
  team: "on-call",
  for: "0s",
  concern: "watchdog",
  expr: () => "vector(1)",
  summary: "Alerting is alive.",
  description: "Always fires. When the service that receives it stops hearing it, alerting itself is broken.",
  dashboard: "lighthouse-monitoring",
  proofs: () => [{ name: "always fires", every: 15, given: {}, expect: [0, 15, 900].map((at) => ({ at, firing: 1 })) }],
};

/** The signals that the other alerts hang on, each with the suffix that rules ask for. */
const essential: readonly (readonly [Signal, string])[] = [
  [signals.elicitationsEnded, ""],
  [signals.bridgeOverhead, "_count"],
  [signals.deliveries, ""],
  [signals.securityViolations, ""],
  [signals.rateLimitRefusals, ""],
  [signals.logAppendFailures, ""],
  [signals.logPosition, ""],
  [signals.ready, ""],
];
const upAt = named("up", target("lighthouse-bridge", "localhost:8765"));
const everything = (but?: Signal): Readonly<Record<string, string>> =>
  Object.fromEntries(
    essential.flatMap(([signal, suffix]) => {
      const labels = seriesOf(signal)[0] ?? {};
      const values =
        signal === but
          ? `${gauge(15, [0, 600])} stale ${missing(15, 885)} ${gauge(15, [0, 600])}`
          : gauge(15, [0, 2100]);
      return [[series(signal, labels, suffix), values]];
    }),
  );

const signalsMissing: Alert = {
  name: "SignalsMissing",
  title: "Signals Are Missing",
  component: "monitoring",
  severity: "warning",
  team: "on-call",
  for: "5m",
  concern: "signals",
  // A rule about a series that does not exist is silent for ever, as all of the ancestor's were.
  expr: () => {
    const absent = essential.map(
      ([{ name }, suffix]) => `label_replace(absent(${name}${suffix}), "signal", "${name}", "", "")`,
    );
    return `(${absent.join(" or ")}) and on () up{job="lighthouse-bridge"} == 1`;
  },
  summary: "The bridge does not show {{ $labels.signal }}.",
  description: "{{ $labels.signal }} is missing although the bridge is up. Alerts that read it are blind.",
  dashboard: "lighthouse-monitoring",
  proofs: ({ forSeconds }) => [
    ...essential.map(([signal]) => ({
      name: `fires when ${signal.name} vanishes, and resolves when it is back`,
      every: 15 as const,
      given: { [upAt]: gauge(15, [1, 2100]), ...everything(signal) },
      expect: edges(15, 600 + forSeconds, 1500),
    })),
    {
      name: "leaves a bridge that is down to BridgeDown",
      every: 15,
      given: { [upAt]: gauge(15, [0, forSeconds + 900]) },
      expect: silence(forSeconds + 900),
    },
  ],
};

const sent = (name: "total" | "failed_total") =>
  named(`alertmanager_notifications_${name}`, {
    ...target("alertmanager", "localhost:9093"),
    integration: "pagerduty",
  });

const notificationsFailing: Alert = {
  name: "AlertmanagerNotificationsFailing",
  title: "Notifications Do Not Arrive",
  component: "monitoring",
  severity: "critical",
  team: "on-call",
  threshold: 1,
  bounds: [0.1, 90],
  unit: "%",
  for: "5m",
  concern: "notifications",
  expr: ({ threshold, span }) => {
    const of = (name: string) => `sum by (integration) (rate(${name}[${span("15m")}]))`;
    return `100 * ${of("alertmanager_notifications_failed_total")} / ${of("alertmanager_notifications_total")} > ${threshold}`;
  },
  summary: "Notifications by {{ $labels.integration }} fail.",
  description:
    '{{ $value | printf "%.0f" }} % of notifications by {{ $labels.integration }} fail. Somebody is not being told.',
  dashboard: "lighthouse-monitoring",
  proofs: ({ threshold, forSeconds }) =>
    shareProofs({
      bad: sent("failed_total"),
      good: sent("total"),
      goodIsAll: true,
      threshold: threshold / 100,
      windowSeconds: 900,
      forSeconds,
    }),
};

const discovered = named("prometheus_notifications_alertmanagers_discovered", target("prometheus", "localhost:9090"));

const alertmanagerUnknown: Alert = {
  name: "AlertmanagerUnknown",
  title: "No Alertmanager",
  component: "monitoring",
  severity: "critical",
  team: "on-call",
  for: "5m",
  concern: "notifications",
  expr: () => "prometheus_notifications_alertmanagers_discovered == 0",
  summary: "Prometheus knows no Alertmanager.",
  description: "{{ $labels.instance }} has nobody to send alerts to.",
  dashboard: "lighthouse-monitoring",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when Prometheus has nobody to tell, and resolves",
      every: 15,
      given: { [discovered]: gauge(15, [1, 600], [0, forSeconds + 600], [1, 600]) },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
  ],
};

const reloaded = {
  prometheus: named("prometheus_config_last_reload_successful", target("prometheus", "localhost:9090")),
  alertmanager: named("alertmanager_config_last_reload_successful", target("alertmanager", "localhost:9093")),
};

const reloadFailed: Alert = {
  name: "ConfigReloadFailed",
  title: "Settings Were Not Taken",
  component: "monitoring",
  severity: "warning",
  team: "on-call",
  for: "5m",
  concern: "config",
  expr: () => "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0",
  summary: "{{ $labels.job }} runs with old settings.",
  description: "{{ $labels.instance }} refused its settings at the last reload and goes on with those before.",
  dashboard: "lighthouse-monitoring",
  proofs: ({ forSeconds }) =>
    (["prometheus", "alertmanager"] as const).map((server) => ({
      name: `fires when ${server} refused its settings, and resolves when it takes them`,
      every: 15 as const,
      given: {
        [reloaded.prometheus]: gauge(15, [1, forSeconds + 1800]),
        [reloaded.alertmanager]: gauge(15, [1, forSeconds + 1800]),
        [reloaded[server]]: gauge(15, [1, 600], [0, forSeconds + 600], [1, 600]),
      },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    })),
};

const evaluations = named("prometheus_rule_evaluation_failures_total", {
  ...target("prometheus", "localhost:9090"),
  rule_group: "lighthouse",
});

const ruleFailing: Alert = {
  name: "RuleEvaluationFailing",
  title: "Rules Fail",
  component: "monitoring",
  severity: "warning",
  team: "on-call",
  for: "0s",
  concern: "config",
  expr: ({ span }) => `sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[${span("10m")}])) > 0`,
  summary: "Rules of {{ $labels.rule_group }} fail.",
  description: "Prometheus cannot evaluate a rule of {{ $labels.rule_group }}; its alert is blind.",
  dashboard: "lighthouse-monitoring",
  proofs: () => [
    {
      name: "fires at the first failed evaluation, and resolves",
      every: 15,
      given: besideIdle({ [evaluations]: gauge(15, [0, 900], [1, 1500]) }),
      expect: windowEdges(15, 900, 900 + 600),
    },
  ],
};

export const monitoringAlerts: readonly Alert[] = [
  watchdog,
  signalsMissing,
  notificationsFailing,
  alertmanagerUnknown,
  reloadFailed,
  ruleFailing,
];
