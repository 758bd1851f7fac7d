import { signals } from "../../../domain/signal.ts";
import { available, type Promises } from "../slo.ts";
import type { RecordingProof } from "./recorded.ts";
import { besideIdle, counter, gauge, observations, series } from "./series.ts";
import { windowProofs } from "./windows.ts";

const every = 60;
const hour = 3600;

const ended = (status: "accepted" | "error" | "rejected") =>
  series(signals.elicitationsEnded, { status, arm: "stable" });
const delivered = (result: "offered" | "failed") => series(signals.deliveries, { via: "sse", result, arm: "canary" });
const open = (stage: "asked" | "claimed") => series(signals.elicitationsOpen, { stage });
const leg = (of: "ask" | "answer", p99: number) =>
  observations(signals.bridgeOverhead, { leg: of, arm: "stable" }, every, p99, [10, hour], [0, hour]);

const rounded = (metric: string): string => `round(sum(${metric}), 0.01)`;

export const recordingProofs = (promises: Promises): readonly RecordingProof[] => [
  ...gaugeProofs.map((proof) => ({ ...proof, subject: "gauges" as const })),
  ...windowProofs(promises),
];

const gaugeProofs: readonly Omit<RecordingProof, "subject">[] = [
  {
    name: "quantiles are those of both legs, added, over five minutes",
    every,
    given: besideIdle({ ...leg("ask", 0.06), ...leg("answer", 0.04) }),
    expect: [
      { at: 1800, expr: "sum(p99_latency_milliseconds)", value: 100 },
      // All but about one in a hundred lie in the lowest bucket, up to 1 ms, in each leg.
      { at: 1800, expr: "sum(p50_latency_milliseconds)", value: 1 },
      { at: 1800, expr: "sum(p95_latency_milliseconds)", value: 1.9 },
      ...["p50", "p95", "p99"].flatMap((quantile) => [
        { at: hour + 180, expr: `count(${quantile}_latency_milliseconds)`, value: 1 },
        { at: hour + 360, expr: `${quantile}_latency_milliseconds` },
      ]),
    ],
  },
  {
    name: "a leg that nobody walked does not swallow the other",
    every,
    given: leg("ask", 0.0613),
    expect: [{ at: 1800, expr: "sum(p99_latency_milliseconds)", value: 61.3 }],
  },
  {
    name: "rates are shares of what happened in five minutes, in percent; refusals at the door are no events",
    every,
    given: besideIdle({
      [ended("accepted")]: counter(every, [0.45, hour], [0.005, hour]),
      [ended("error")]: counter(every, [0.05, hour], [0.005, hour]),
      [ended("rejected")]: counter(every, [50, 2 * hour]),
      [delivered("offered")]: counter(every, [0.4, hour], [0.005, hour]),
      [delivered("failed")]: counter(every, [0.1, hour], [0.005, hour]),
      [series(signals.logEvents, {})]: counter(every, [42, hour], [0, hour]),
    }),
    expect: [
      { at: 1800, expr: rounded("error_rate"), value: 10 },
      { at: 1800, expr: rounded("delivery_rate"), value: 80 },
      { at: 1800, expr: rounded("event_store_writes_per_second"), value: 42 },
      // Part and whole over one window: while traffic falls a hundredfold the share stays near what both phases have.
      { at: hour + 180, expr: "sum(error_rate < bool 15)", value: 1 },
      { at: hour + 180, expr: "sum(delivery_rate > bool 75)", value: 1 },
      { at: hour + 180, expr: "sum(delivery_rate < bool 81)", value: 1 },
      { at: hour + 180, expr: "sum(error_rate > bool 10)", value: 1 },
      { at: hour + 360, expr: rounded("error_rate"), value: 50 },
      { at: hour + 360, expr: rounded("delivery_rate"), value: 50 },
      { at: hour + 120, expr: "sum(event_store_writes_per_second > bool 13)", value: 1 },
      { at: hour + 360, expr: rounded("event_store_writes_per_second"), value: 0 },
    ],
  },
  {
    name: "nothing happened is no data, neither good nor bad",
    every,
    given: besideIdle({
      [ended("accepted")]: counter(every, [0, hour]),
      [delivered("offered")]: counter(every, [0, hour]),
    }),
    expect: ["error_rate", "delivery_rate"].map((expr) => ({ at: 1800, expr })),
  },
  {
    name: "an outcome that was never seen counts as none",
    every,
    given: besideIdle({
      [ended("accepted")]: counter(every, [1, hour]),
      [delivered("failed")]: counter(every, [1, hour]),
    }),
    expect: ["error_rate", "delivery_rate"].map((rate) => ({ at: 1800, expr: rounded(rate), value: 0 })),
  },
  {
    name: "open elicitations keep the old label",
    every,
    given: besideIdle({ [open("asked")]: gauge(every, [7, hour]), [open("claimed")]: gauge(every, [3, hour]) }),
    expect: [
      { at: 1800, expr: 'sum(elicitation_active_count{status="asked"})', value: 7 },
      { at: 1800, expr: "sum(elicitation_active_count)", value: 10 },
    ],
  },
  {
    name: "a bridge that is gone, or is there and not ready, is not available; one of two is enough",
    every,
    given: {
      [series(signals.ready, {})]: `${gauge(every, [1, hour], [0, hour])} stale`,
      [series(signals.ready, {}).replace("8765", "8766")]: gauge(every, [1, hour / 2], [0, hour * 1.5]),
    },
    expect: [
      { at: 900, expr: `sum(${available})`, value: 1 },
      { at: 2700, expr: `sum(${available})`, value: 1 },
      { at: hour + 1800, expr: `sum(${available})`, value: 0 },
      { at: 2 * hour + 1800, expr: `sum(${available})`, value: 0 },
    ],
  },
];
