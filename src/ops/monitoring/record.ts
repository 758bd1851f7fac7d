import { signals } from "../../domain/signal.ts";
import { increase, overheadQuantile, rate, ratio, select } from "./promql.ts";
import {
  available,
  badEvents,
  budgetLeft,
  errorRatio,
  events,
  type Promises,
  type SloName,
  sliOf,
  sloNames,
  sloWindows,
} from "./slo.ts";
import type { Duration } from "./spec/parts.ts";

export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}
export interface RecordingGroup {
  readonly name: string;
  /** Below rules/; groups that are needed together share one. */
  readonly file: string;
  readonly interval?: Duration;
  readonly rules: readonly Recording[];
}

type Span = (nominal: Duration) => Duration;

/** Gauges of the first system, under their old names, so that old dashboards go on working. */
export const gauges = (span: Span): readonly Recording[] => [
  ...([0.5, 0.95, 0.99] as const).map((quantile) => ({
    record: `p${quantile * 100}_latency_milliseconds`,
    // To a tenth of a millisecond: servers of different versions differ in the fourteenth digit.
    expr: `round(1000 * ${overheadQuantile(quantile, span("5m"))}, 0.1)`,
  })),
  {
    record: "error_rate",
    expr: `100 * ${ratio(
      rate(select(signals.elicitationsEnded, { status: "error" }), span("5m")),
      rate(select(signals.elicitationsEnded, { status: "!rejected" }), span("5m")),
    )}`,
  },
  {
    record: "delivery_rate",
    expr: `100 * ${ratio(
      rate(select(signals.deliveries, { result: "offered" }), span("5m")),
      rate(select(signals.deliveries), span("5m")),
    )}`,
  },
  { record: "event_store_writes_per_second", expr: rate(select(signals.logEvents), span("5m")) },
  {
    record: "elicitation_active_count",
    expr: `sum by (status) (label_replace(${select(signals.elicitationsOpen)}, "status", "$1", "stage", "(.*)"))`,
  },
];

export const recordings = (promises: Promises, span: Span): readonly RecordingGroup[] => [
  { name: "lighthouse-gauges", file: "gauges.yml", rules: gauges(span) },
  ...sloNames.map((slo) => ({
    name: `lighthouse-slo-${slo}`,
    file: `slo-${slo}.yml`,
    rules: [...(slo === "availability" ? [availability] : []), ...sloRules(slo, promises, span)],
  })),
  {
    name: "lighthouse-budgets",
    file: "budgets.yml",
    // Thirty days of samples are read each time; nothing that is decided in minutes depends on it.
    interval: "5m",
    rules: [
      { record: "uptime", expr: `100 * avg_over_time(${available}[30d])` },
      ...sloNames.map((slo) => ({
        record: budgetLeft,
        expr: `1 - (${sliOf(slo, promises).ratio("30d")}) / ${promises.budget[slo]}`,
        labels: { slo },
      })),
    ],
  },
];

/** A bridge that is down has no `ready` at all; that is not available either. */
const availability: Recording = { record: available, expr: `max(${select(signals.ready)}) or vector(0)` };

const sloRules = (slo: SloName, promises: Promises, span: Span): readonly Recording[] => {
  const { ratio: errors, count } = sliOf(slo, promises);
  const labels = { slo };
  const ratios = sloWindows.map((window) => ({ record: errorRatio(window), expr: errors(span(window)), labels }));
  if (count === undefined) return ratios;
  return [
    ...ratios,
    { record: events("1h"), expr: count.all(increase, span("1h")), labels },
    { record: events("1d"), expr: count.all(increase, span("1d")), labels },
    { record: badEvents("6h"), expr: count.bad(increase, span("6h")), labels },
  ];
};
