import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Signal } from "../../domain/signal.ts";
import type { Cell, Family } from "./series.ts";

export interface Exposition {
  /** The text that a scraper asked for by its `Accept` header, OpenMetrics when it did not say, and its content type. */
  readonly text: (accept?: string) => Promise<{ readonly contentType: string; readonly text: string }>;
  readonly contentType: (accept?: string) => string;
}

export interface ExpositionSource {
  readonly families: readonly Family[];
  /** Brings gauges up to date; asked before each text is written. */
  readonly refresh: () => void | Promise<void>;
}

/** Families and the process's own metrics as OpenMetrics, or in the older text format for those who ask for it. */
export const exposition = ({ families, refresh }: ExpositionSource): Exposition => {
  const registry = new Registry();
  // The registry calls nothing but `get` and reads `name` and `type`; its own metrics have more.
  for (const family of families) registry.registerMetric(metricOf(family, registry) as unknown as Metric);
  collectDefaultMetrics({ register: registry as Registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const names = registry.getMetricsAsArray().map((metric) => [metric as { name: string }, nameOf(metric)] as const);

  const write = async (isOpenMetrics: boolean) => {
    const contentType = contentTypeOf(isOpenMetrics);
    registry.setContentType(contentType as typeof Registry.PROMETHEUS_CONTENT_TYPE);
    await refresh();
    const text = await registry.metrics();
    // Writing OpenMetrics cuts `_total` off the names of counters for good (prom-client 15.1.3, registry.js).
    for (const [metric, name] of names) metric.name = name;
    return { contentType, text };
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    text: (accept = openMetricsType) => {
      // One at a time: what kind of text is written is a state of the registry.
      const mine = last.then(() => write(wantsOpenMetrics(accept)));
      last = mine.catch(() => undefined);
      return mine;
    },
    contentType: (accept = openMetricsType) => contentTypeOf(wantsOpenMetrics(accept)),
  };
};

/** Gauges that end like counters, which Prometheus' own lint refuses. The same numbers are there by type. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

const contentTypeOf = (isOpenMetrics: boolean) =>
  isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;

const openMetricsType = "application/openmetrics-text";

const wantsOpenMetrics = (accept: string): boolean => accept.includes(openMetricsType) || accept === "*/*";

const nameOf = (metric: unknown): string => (metric as { readonly name: string }).name;

const metricOf = ({ signal, cells }: Family, registry: { readonly contentType: string }) => {
  const own = { name: signal.name, help: signal.help, type: signal.type };
  return {
    ...own,
    // Fields again: the registry changes a counter's `name` before it asks.
    get: async function (this: { readonly name: string }) {
      const isOpenMetrics = registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE;
      return {
        ...own,
        name: this.name,
        values: [...cells].flatMap((cell) => samplesOf(signal, cell, isOpenMetrics)),
      };
    },
  };
};

const samplesOf = (signal: Signal, cell: Cell, isOpenMetrics: boolean) => {
  const { labels, value } = cell;
  if (signal.type === "gauge" && Number.isNaN(value)) return [];
  if (signal.type !== "histogram") return [{ labels, value }];
  let count = 0;
  const buckets = cell.buckets.map((here, index) => {
    count += here;
    const exemplar = cell.exemplars[index];
    return {
      metricName: `${signal.name}_bucket`,
      labels: { ...labels, le: bound(signal.buckets[index], isOpenMetrics) },
      value: count,
      ...(exemplar === undefined
        ? {}
        : {
            exemplar: { labelSet: { trace_id: exemplar.traceId }, value: exemplar.value, timestamp: exemplar.time },
          }),
    };
  });
  return [
    ...buckets,
    { metricName: `${signal.name}_sum`, labels, value },
    { metricName: `${signal.name}_count`, labels, value: count },
  ];
};

/** OpenMetrics writes whole numbers as 1.0, the older format as 1; both as a label, so the difference is seen. */
const bound = (upper: number | undefined, isOpenMetrics: boolean): string => {
  if (upper === undefined) return "+Inf";
  return isOpenMetrics && Number.isInteger(upper) ? `${upper}.0` : String(upper);
};
