import { signals } from "../../../domain/signal.ts";
import type { Dashboard as Uid } from "../alert/alert.ts";
import { increase, rate, ratio, select } from "../promql.ts";
import { available, budgetLeft, errorRatio, type Promises, sloNames } from "../slo.ts";
import type { PanelSpec } from "./grafana-panel.ts";
import { interval, quantiles } from "./grafana-query.ts";

/** The dashboards that come with it: the questions that somebody has at three in the morning, in that order. */
export interface Described {
  readonly uid: Uid;
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

const job = 'job="lighthouse-bridge"';
const buckets = (signal: { readonly name: string }): string => `${signal.name}_bucket`;
const small = { width: 4, height: 4 } as const;
const half = { width: 12, height: 8 } as const;
const third = { width: 8, height: 8 } as const;

export const catalogue = (promises: Promises): readonly Described[] => [
  overview(promises),
  slo(promises),
  latency(promises),
  delivery,
  security,
  log,
  monitoring,
];

const overview = ({ budget, latencySeconds }: Promises): Described => ({
  uid: "lighthouse-overview",
  title: "Lighthouse: Overview",
  panels: [
    {
      title: "Bridges up",
      kind: "stat",
      queries: [{ expr: `sum(up{${job}}) or vector(0)` }],
      floor: { critical: 1 },
      ...small,
    },
    {
      title: "Ready",
      description: "1 when a bridge accepts work and its log can append.",
      kind: "stat",
      queries: [{ expr: available }],
      floor: { critical: 1 },
      ...small,
    },
    {
      title: "Faults",
      description: "Share of elicitations that ended in a fault of the bridge.",
      kind: "stat",
      unit: "percent",
      queries: [{ expr: "error_rate" }],
      limits: { warning: 100 * budget["elicitation-success"], critical: 1 },
      ...small,
    },
    {
      title: "P99 of the bridge's own time",
      kind: "stat",
      unit: "ms",
      queries: [{ expr: "p99_latency_milliseconds" }],
      limits: { warning: latencySeconds * 1000, critical: 500 },
      ...small,
    },
    {
      title: "Open questions",
      kind: "stat",
      queries: [{ expr: `sum(${select(signals.elicitationsOpen)})` }],
      ...small,
    },
    {
      title: "Alerts firing",
      kind: "stat",
      queries: [{ expr: 'count(ALERTS{alertstate="firing", severity=~"critical|warning"}) or vector(0)' }],
      limits: { warning: 1 },
      ...small,
    },
    {
      title: "How elicitations end",
      description: "`rejected` was refused at the door; `error` is a fault of the bridge.",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.elicitationsEnded), interval, "status"), legend: "{{status}}" }],
      ...half,
    },
    {
      title: "Their way",
      kind: "timeseries",
      unit: "ops",
      queries: [
        { expr: rate(select(signals.elicitationsAsked), interval), legend: "asked" },
        { expr: rate(select(signals.elicitationsOffered), interval), legend: "offered" },
        { expr: rate(select(signals.elicitationsClaimed), interval), legend: "claimed" },
      ],
      ...half,
    },
    {
      title: "Open, by stage",
      kind: "timeseries",
      queries: [{ expr: `sum by (stage) (${select(signals.elicitationsOpen)})`, legend: "{{stage}}" }],
      ...third,
    },
    {
      title: "Time to answer, thinking included",
      kind: "timeseries",
      unit: "s",
      queries: quantiles(buckets(signals.responseTime), [0.5, 0.95]),
      ...third,
    },
    {
      title: "Overdue",
      description: "Open questions whose deadline passed more than 5 s ago.",
      kind: "timeseries",
      queries: [{ expr: select(signals.elicitationsOverdue), legend: "{{instance}}" }],
      limits: { critical: 1 },
      ...third,
    },
    {
      title: "Memory",
      kind: "timeseries",
      unit: "bytes",
      queries: [{ expr: `process_resident_memory_bytes{${job}}`, legend: "{{instance}}" }],
      ...third,
    },
    {
      title: "CPU",
      kind: "timeseries",
      unit: "percentunit",
      queries: [
        { expr: `sum by (instance) (rate(process_cpu_seconds_total{${job}}[${interval}]))`, legend: "{{instance}}" },
      ],
      ...third,
    },
    {
      title: "Mode and rollout",
      kind: "timeseries",
      queries: [
        { expr: `max by (mode) (${select(signals.degradation)})`, legend: "{{mode}}" },
        { expr: `max(${select(signals.rolloutPercentage)}) / 100`, legend: "canary" },
      ],
      ...third,
    },
  ],
});

const slo = ({ budget }: Promises): Described => ({
  uid: "lighthouse-slo",
  title: "Lighthouse: Promises",
  panels: [
    ...sloNames.map(
      (name): PanelSpec => ({
        title: `Budget left: ${name}`,
        description: `${100 * budget[name]} % may be bad over 30 days. This is what is left of it.`,
        kind: "gauge",
        unit: "percentunit",
        min: 0,
        max: 1,
        queries: [{ expr: `${budgetLeft}{slo="${name}"}` }],
        floor: { warning: 0.5, critical: 0.1 },
        width: 6,
        height: 6,
      }),
    ),
    ...sloNames.map(
      (name): PanelSpec => ({
        title: `How fast it burns: ${name}`,
        description: "Times the allowed share. 14.4 for an hour pages, and so does 6 for six hours.",
        kind: "timeseries",
        queries: (["5m", "1h", "6h", "3d"] as const).map((window) => ({
          expr: `${errorRatio(window)}{slo="${name}"} / ${budget[name]}`,
          legend: window,
        })),
        limits: { warning: 6, critical: 14.4 },
        ...half,
      }),
    ),
  ],
});

const latency = ({ latencySeconds }: Promises): Described => ({
  uid: "lighthouse-latency",
  title: "Lighthouse: Latency",
  panels: [
    {
      title: "The bridge's own time",
      description: "Ask received to offered, plus answer received to handed over; durability included, thinking not.",
      kind: "timeseries",
      unit: "ms",
      queries: [
        { expr: "p50_latency_milliseconds", legend: "p50" },
        { expr: "p95_latency_milliseconds", legend: "p95" },
        { expr: "p99_latency_milliseconds", legend: "p99" },
      ],
      limits: { warning: latencySeconds * 1000, critical: 500 },
      width: 24,
      height: 8,
    },
    {
      title: "Where it goes: both legs",
      kind: "timeseries",
      unit: "s",
      queries: quantiles(buckets(signals.bridgeOverhead), [0.5, 0.99], "leg"),
      ...half,
    },
    {
      title: "Spread",
      kind: "heatmap",
      unit: "s",
      queries: [{ expr: increase(buckets(signals.bridgeOverhead), interval, "le"), legend: "{{le}}" }],
      ...half,
    },
    {
      title: "One append to the log",
      kind: "timeseries",
      unit: "s",
      queries: quantiles(buckets(signals.logAppend), [0.5, 0.99]),
      ...third,
    },
    {
      title: "Reads",
      kind: "timeseries",
      unit: "s",
      queries: quantiles(buckets(signals.reads), [0.99], "view"),
      ...third,
    },
    {
      title: "Event loop lag, p99",
      kind: "timeseries",
      unit: "s",
      queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${job}}`, legend: "{{instance}}" }],
      ...third,
    },
  ],
});

const delivery: Described = {
  uid: "lighthouse-delivery",
  title: "Lighthouse: Delivery",
  panels: [
    {
      title: "Delivered",
      description: "Share of attempts whose bytes left.",
      kind: "stat",
      unit: "percent",
      queries: [{ expr: "delivery_rate" }],
      floor: { warning: 99.5, critical: 95 },
      ...small,
    },
    {
      title: "Connections",
      kind: "timeseries",
      queries: [{ expr: `sum by (transport) (${select(signals.connections)})`, legend: "{{transport}}" }],
      width: 20,
      height: 8,
    },
    {
      title: "Attempts by way",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.deliveryAttempts), interval, "via"), legend: "{{via}}" }],
      ...third,
    },
    {
      title: "Failed, by way",
      kind: "timeseries",
      unit: "percentunit",
      queries: [
        {
          expr: `${rate(select(signals.deliveries, { result: "failed" }), interval, "via")} / (${rate(select(signals.deliveries), interval, "via")} > 0)`,
          legend: "{{via}}",
        },
      ],
      limits: { warning: 0.1 },
      ...third,
    },
    {
      title: "First offers by way",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.elicitationsOffered), interval, "via"), legend: "{{via}}" }],
      ...third,
    },
    {
      title: "Waiting for their target",
      kind: "timeseries",
      queries: [{ expr: `sum(${select(signals.elicitationsOpen, { stage: "asked" })})`, legend: "asked, not offered" }],
      ...third,
    },
    {
      title: "Stable and canary",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.deliveries), interval, "arm, result"), legend: "{{arm}} {{result}}" }],
      ...third,
    },
    {
      title: "Dead letters",
      kind: "timeseries",
      queries: [{ expr: increase(select(signals.deadLetters), "1h"), legend: "in an hour" }],
      ...third,
    },
  ],
};

const security: Described = {
  uid: "lighthouse-security",
  title: "Lighthouse: Security",
  panels: [
    {
      title: "Violations within the hour",
      description: "Who it was is in the logs: lighthouse.security_event: true.",
      kind: "stat",
      queries: [{ expr: increase(select(signals.securityViolations), "1h", "severity"), legend: "{{severity}}" }],
      limits: { warning: 1, critical: 10 },
      width: 24,
      height: 4,
    },
    {
      title: "Critical and high, by kind",
      kind: "timeseries",
      queries: [
        {
          expr: `${increase(select(signals.securityViolations, { severity: "critical|high" }), interval, "type")} > 0`,
          legend: "{{type}}",
        },
      ],
      ...half,
    },
    {
      title: "Failed authentications a minute",
      kind: "timeseries",
      queries: [
        {
          expr: `60 * ${rate(select(signals.securityViolations, { type: "authentication" }), interval)}`,
          legend: "failed",
        },
      ],
      limits: { warning: 10 },
      ...half,
    },
    {
      title: "Refused answers, by what was wrong",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.answersRefused), interval, "reason"), legend: "{{reason}}" }],
      ...half,
    },
    {
      title: "Refused by a limit",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: rate(select(signals.rateLimitRefusals), interval, "limit_type"), legend: "{{limit_type}}" }],
      limits: { warning: 10 },
      ...half,
    },
  ],
};

const usedDisk = `1 - ${select(signals.logDiskFree)} / ${select(signals.logDiskSize)}`;

const log: Described = {
  uid: "lighthouse-log",
  title: "Lighthouse: Log",
  panels: [
    {
      title: "Events a second",
      kind: "timeseries",
      unit: "ops",
      queries: [{ expr: "event_store_writes_per_second", legend: "appended" }],
      ...third,
    },
    {
      title: "One append",
      kind: "timeseries",
      unit: "s",
      queries: quantiles(buckets(signals.logAppend), [0.5, 0.95, 0.99]),
      limits: { warning: 0.1 },
      ...third,
    },
    {
      title: "Events in one sync",
      kind: "timeseries",
      queries: [
        {
          expr: ratio(
            rate(select(signals.logBatch, {}, "_sum"), interval),
            rate(select(signals.logBatch, {}, "_count"), interval),
          ),
          legend: "mean",
        },
      ],
      ...third,
    },
    {
      title: "Appends that failed",
      kind: "timeseries",
      queries: [{ expr: increase(select(signals.logAppendFailures), interval, "reason"), legend: "{{reason}}" }],
      limits: { critical: 1 },
      ...third,
    },
    {
      title: "Not covered by a checkpoint",
      kind: "timeseries",
      queries: [{ expr: `${select(signals.logPosition)} - ${select(signals.logCheckpoint)}`, legend: "{{instance}}" }],
      ...third,
    },
    {
      title: "Disk used",
      kind: "timeseries",
      unit: "percentunit",
      min: 0,
      max: 1,
      queries: [{ expr: usedDisk, legend: "{{instance}}" }],
      limits: { warning: 0.8, critical: 0.9 },
      ...third,
    },
    {
      title: "Probe of the disk",
      kind: "timeseries",
      unit: "s",
      queries: [{ expr: select(signals.logSyncProbe), legend: "{{instance}}" }],
      ...third,
    },
    {
      title: "Verifications that found something",
      kind: "stat",
      queries: [{ expr: increase(select(signals.logVerificationFailures), "1h") }],
      limits: { critical: 1 },
      ...third,
    },
    {
      title: "Verifications of the whole log",
      kind: "timeseries",
      queries: [{ expr: increase(select(signals.logVerifications), "13h"), legend: "in 13 hours" }],
      ...third,
    },
    {
      title: "Connections to the store",
      kind: "timeseries",
      queries: [{ expr: select(signals.storeConnections), legend: "{{instance}}" }],
      ...third,
    },
  ],
};

const monitoring: Described = {
  uid: "lighthouse-monitoring",
  title: "Lighthouse: Monitoring Itself",
  panels: [
    {
      title: "Targets",
      kind: "timeseries",
      queries: [{ expr: "up", legend: "{{job}} {{instance}}" }],
      ...third,
    },
    {
      title: "Batches that could not be exported",
      kind: "timeseries",
      unit: "ops",
      queries: [
        {
          expr: rate(select(signals.telemetryExports, { result: "failed" }), interval, "exporter"),
          legend: "{{exporter}}",
        },
      ],
      ...third,
    },
    {
      title: "Given up: spans, records, points",
      kind: "timeseries",
      queries: [{ expr: increase(select(signals.telemetryDropped), interval, "exporter"), legend: "{{exporter}}" }],
      ...third,
    },
    {
      title: "Log lines given up",
      kind: "timeseries",
      queries: [{ expr: increase(select(signals.logLinesDropped), interval, "sink"), legend: "{{sink}}" }],
      ...third,
    },
    {
      title: "Notifications that failed",
      kind: "timeseries",
      queries: [
        {
          expr: `sum by (integration) (increase(alertmanager_notifications_failed_total[${interval}]))`,
          legend: "{{integration}}",
        },
      ],
      ...third,
    },
    {
      title: "Rule evaluations that failed",
      kind: "timeseries",
      queries: [
        {
          expr: `sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[${interval}]))`,
          legend: "{{rule_group}}",
        },
      ],
      ...third,
    },
    {
      title: "What is running",
      kind: "table",
      queries: [{ expr: select(signals.build) }],
      width: 24,
      height: 5,
    },
  ],
};
