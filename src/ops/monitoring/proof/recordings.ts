import { signals } from "../../../domain/signal.ts";
import { budgetLeft, type Promises } from "../slo.ts";
import { counter, gauge, overhead, series } from "./series.ts";

/** A value that comes out of recording rules for a known stream. Rounded where servers differ in the last digits. */
export interface RecordingProof {
  readonly name: string;
  readonly given: Readonly<Record<string, string>>;
  /** No value means no series at all. */
  readonly expect: readonly { readonly at: number; readonly expr: string; readonly value?: number }[];
}

const every = 60;
const hour = 3600;

const ended = (status: "accepted" | "error" | "rejected") =>
  series(signals.elicitationsEnded, { status, arm: "stable" });
const delivered = (result: "offered" | "failed") => series(signals.deliveries, { via: "sse", result, arm: "canary" });
const open = (stage: "asked" | "offered" | "claimed") => series(signals.elicitationsOpen, { stage });

const rounded = (metric: string): string => `round(sum(${metric}), 0.01)`;

/** `times` the budget of each promise is used, so 1 - times of it is left. */
const burnt = (promises: Promises, times: number): Readonly<Record<string, string>> => {
  const { budget, latencySeconds } = promises;
  const leg = (suffix: string) => series(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, suffix);
  const part = (share: number) => counter(every, [10 * share, 2 * hour]);
  const [failed, slow, lost] = [
    budget["elicitation-success"] * times,
    budget["overhead-latency"] * times,
    budget["message-delivery"] * times,
  ];
  return {
    [ended("error")]: part(failed),
    [ended("accepted")]: part(1 - failed),
    [leg("_count")]: part(1),
    [leg("_bucket").replace("{", `{le="${latencySeconds}", `)]: part(1 - slow),
    [delivered("failed")]: part(lost),
    [delivered("offered")]: part(1 - lost),
    [series(signals.ready, {})]: gauge(every, [1 - budget.availability * times, 2 * hour]),
  };
};

export const recordingProofs = (promises: Promises): readonly RecordingProof[] => [
  {
    name: "quantiles are those of both legs, added, over five minutes",
    given: {
      ...overhead(every, "ask", 0.06, [10, hour], [0, hour]),
      ...overhead(every, "answer", 0.04, [10, hour], [0, hour]),
    },
    expect: [
      { at: 1800, expr: "sum(p99_latency_milliseconds)", value: 100 },
      // All but about one in a hundred lie in the lowest bucket, up to 1 ms, in each leg.
      { at: 1800, expr: "sum(p50_latency_milliseconds)", value: 1 },
      { at: 1800, expr: "sum(p95_latency_milliseconds)", value: 1.9 },
      { at: hour + 240, expr: "sum(p99_latency_milliseconds)", value: 100 },
      { at: hour + 360, expr: "p99_latency_milliseconds" },
      { at: hour + 240, expr: "count(p50_latency_milliseconds)", value: 1 },
      { at: hour + 360, expr: "p50_latency_milliseconds" },
      { at: hour + 240, expr: "count(p95_latency_milliseconds)", value: 1 },
      { at: hour + 360, expr: "p95_latency_milliseconds" },
    ],
  },
  {
    name: "rates are shares of what happened in five minutes, in percent; refusals at the door are no events",
    given: {
      [ended("accepted")]: counter(every, [9, hour], [10, hour]),
      [ended("error")]: counter(every, [1, hour], [0, hour]),
      [ended("rejected")]: counter(every, [50, 2 * hour]),
      [delivered("offered")]: counter(every, [8, hour], [10, hour]),
      [delivered("failed")]: counter(every, [2, hour], [0, hour]),
      [series(signals.logEvents, {})]: counter(every, [42, hour], [0, hour]),
    },
    expect: [
      { at: 1800, expr: rounded("error_rate"), value: 10 },
      { at: 1800, expr: rounded("delivery_rate"), value: 80 },
      { at: 1800, expr: rounded("event_store_writes_per_second"), value: 42 },
      { at: hour + 180, expr: "sum(error_rate > bool 3)", value: 1 },
      { at: hour + 360, expr: rounded("error_rate"), value: 0 },
      { at: hour + 180, expr: "sum(delivery_rate < bool 95)", value: 1 },
      { at: hour + 360, expr: rounded("delivery_rate"), value: 100 },
      { at: hour + 180, expr: "sum(event_store_writes_per_second > bool 13)", value: 1 },
      { at: hour + 360, expr: rounded("event_store_writes_per_second"), value: 0 },
    ],
  },
  {
    name: "nothing happened is no data, neither good nor bad",
    given: {
      [ended("accepted")]: counter(every, [0, hour]),
      [delivered("offered")]: counter(every, [0, hour]),
    },
    expect: [
      { at: 1800, expr: "error_rate" },
      { at: 1800, expr: "delivery_rate" },
    ],
  },
  {
    name: "open elicitations keep the old label",
    given: { [open("asked")]: gauge(every, [7, hour]), [open("claimed")]: gauge(every, [3, hour]) },
    expect: [
      { at: 1800, expr: 'sum(elicitation_active_count{status="asked"})', value: 7 },
      { at: 1800, expr: "sum(elicitation_active_count)", value: 10 },
    ],
  },
  {
    name: "a bridge that is gone, or is there and not ready, is not available",
    given: { [series(signals.ready, {})]: `${gauge(every, [1, hour], [0, hour])} stale` },
    expect: [
      { at: 1800, expr: "sum(lighthouse:available)", value: 1 },
      { at: hour + 1800, expr: "sum(lighthouse:available)", value: 0 },
      { at: 2 * hour + 1800, expr: "sum(lighthouse:available)", value: 0 },
      { at: 1800, expr: "round(sum(uptime), 0.1)", value: 100 },
    ],
  },
  {
    name: "a quarter of each budget is left when three quarters are used",
    given: burnt(promises, 0.75),
    expect: ["elicitation-success", "overhead-latency", "message-delivery", "availability"].map((slo) => ({
      at: 2 * hour - every,
      expr: `round(sum(${budgetLeft}{slo="${slo}"}), 0.01)`,
      value: 0.25,
    })),
  },
];
