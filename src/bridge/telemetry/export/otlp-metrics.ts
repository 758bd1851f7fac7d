import { ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Unit } from "../../../domain/signal.ts";
import type { Span } from "./periodic.ts";
import type { Point } from "./points.ts";
import { type HttpReply, type Post, sendBy } from "./post.ts";
import { type Sent, taken } from "./sent.ts";

/**
 * OTLP over HTTP in protobuf, with delta temporality: what Datadog demands (it refuses cumulative sums) and New Relic
 * prefers. `url` is the whole address, `/v1/metrics` included.
 */
export const metricsOverHttp =
  (post: Post, url: string, headers: Readonly<Record<string, string>>, resource: Resource) =>
  (points: readonly Point[], span: Span): Promise<Sent> => {
    const body = ProtobufMetricsSerializer.serializeRequest(resourceMetrics(points, span, resource));
    if (body === undefined || points.length === 0) return Promise.resolve(taken);
    return sendBy(post, { url, headers: { "content-type": "application/x-protobuf", ...headers }, body }, accepted);
  };

const accepted = ({ bytes }: HttpReply): Sent => {
  if (bytes.length === 0) return taken;
  try {
    const { partialSuccess } = ProtobufMetricsSerializer.deserializeResponse(bytes);
    return { ok: true, rejected: Number(partialSuccess?.rejectedDataPoints ?? 0) };
  } catch {
    return taken;
  }
};

const scope = { name: "lighthouse-bridge" };

const resourceMetrics = (points: readonly Point[], span: Span, resource: Resource): ResourceMetrics => {
  const byMetric = new Map<string, Point[]>();
  for (const point of points) {
    const same = byMetric.get(point.signal.name);
    if (same === undefined) byMetric.set(point.signal.name, [point]);
    else same.push(point);
  }
  return {
    resource,
    scopeMetrics: [{ scope, metrics: Array.from(byMetric.values(), (same) => metricOf(same, span)) }],
  };
};

const metricOf = (points: readonly Point[], { from, to }: Span): MetricData => {
  const { signal } = points[0] as Point;
  const descriptor = {
    name: signal.name,
    description: signal.help,
    unit: units[signal.unit],
    valueType: 1,
    advice: {},
  };
  const times = { startTime: hrTime(from), endTime: hrTime(to) };
  const about = { descriptor, aggregationTemporality: AggregationTemporality.DELTA };
  const attributed = ({ labels }: Point) => ({ attributes: { ...labels }, ...times });
  switch (signal.type) {
    case "counter":
      return {
        ...about,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: points.map((point) => ({ ...attributed(point), value: point.value })),
      };
    case "gauge":
      return {
        ...about,
        dataPointType: DataPointType.GAUGE,
        dataPoints: points.map((point) => ({ ...attributed(point), value: point.value })),
      };
    case "histogram":
      return {
        ...about,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: points.map((point) => ({
          ...attributed(point),
          value: {
            buckets: { boundaries: [...signal.buckets], counts: [...point.buckets] },
            sum: point.value,
            count: point.buckets.reduce((sum, count) => sum + count, 0),
          },
        })),
      };
  }
};

/** UCUM, which OpenTelemetry writes units in. */
const units: Readonly<Record<Unit, string>> = {
  "1": "1",
  seconds: "s",
  bytes: "By",
  events: "{event}",
  percent: "%",
};

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
