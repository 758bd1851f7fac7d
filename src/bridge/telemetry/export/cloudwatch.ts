import type { Unit } from "../../../domain/signal.ts";
import type { Clock } from "../../../domain/world.ts";
import type { Span } from "./periodic.ts";
import type { Point } from "./points.ts";
import { type Post, sendBy } from "./post.ts";
import { type Sent, taken } from "./sent.ts";
import { type AwsCredentials, signedHeaders } from "./sigv4.ts";

export interface CloudwatchOptions {
  readonly post: Post;
  readonly clock: Clock;
  readonly region: string;
  /** `https://monitoring.us-west-2.amazonaws.com/` */
  readonly endpoint: string;
  readonly namespace: string;
  readonly credentials: AwsCredentials;
  /** On every datum beside its own labels. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** PutMetricData takes 1000 metrics and 1 MB in one request; at about 500 bytes each this many stay below both. */
const DATA_MAX = 500;
/** Values in one datum. */
const VALUES_MAX = 150;
/** Seconds that CloudWatch keeps one value for. Below 60 it costs more, and we send once a minute. */
const RESOLUTION_S = 60;

/**
 * Metrics to Amazon CloudWatch by PutMetricData in AWS' JSON 1.0, as its current SDK speaks it. A histogram goes as
 * values with counts, so that CloudWatch can compute percentiles: each bucket is represented by its middle.
 */
export const cloudwatch =
  (options: CloudwatchOptions) =>
  async (points: readonly Point[], span: Span): Promise<Sent> => {
    const data = points.flatMap((point) => datum(point, span, options.dimensions));
    for (let first = 0; first < data.length; first += DATA_MAX) {
      const sent = await put(data.slice(first, first + DATA_MAX), options);
      // What went before is counted again next time. Twice is better than never, and rare: all fit in one.
      if (!sent.ok) return sent;
    }
    return taken;
  };

const put = (MetricData: readonly object[], options: CloudwatchOptions): Promise<Sent> => {
  const { post, clock, region, endpoint, namespace, credentials } = options;
  const body = JSON.stringify({ Namespace: namespace, MetricData });
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
  };
  const url = new URL(endpoint);
  const toSign = { method: "POST", url, headers, body, region, service: "monitoring", at: clock.now() };
  return sendBy(post, { url: endpoint, headers: signedHeaders(toSign, credentials), body }, () => taken);
};

const datum = (
  { signal, labels, value, buckets }: Point,
  { to }: Span,
  common: Readonly<Record<string, string>>,
): readonly object[] => {
  // CloudWatch refuses the whole request for one of them.
  if (!Number.isFinite(value)) return [];
  const about = {
    MetricName: signal.name,
    Dimensions: Object.entries({ ...common, ...labels }).map(([Name, Value]) => ({ Name, Value })),
    // Seconds since 1970, as AWS' JSON writes times.
    Timestamp: Math.floor(to / 1000),
    Unit: units[signal.unit],
    StorageResolution: RESOLUTION_S,
  };
  if (signal.type !== "histogram") return [{ ...about, Value: value }];
  const filled = buckets.flatMap((count, index) =>
    count === 0 ? [] : [{ count, value: middle(signal.buckets, index) }],
  );
  const some = filled.slice(0, VALUES_MAX);
  return [{ ...about, Values: some.map((each) => each.value), Counts: some.map((each) => each.count) }];
};

/** Of a bucket; the last has no upper bound, and is represented by its lower one. */
const middle = (bounds: readonly number[], index: number): number => {
  const lower = bounds[index - 1] ?? 0;
  return (lower + (bounds[index] ?? lower)) / 2;
};

const units: Readonly<Record<Unit, string>> = {
  "1": "Count",
  seconds: "Seconds",
  bytes: "Bytes",
  events: "Count",
  percent: "Percent",
};
