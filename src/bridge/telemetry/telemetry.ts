import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { exporters, logSinks } from "../../domain/signal.ts";
import { signals } from "../../domain/signal.ts";
import type { Clock, Rng, Scheduler } from "../../domain/world.ts";
import { batches } from "./export/batches.ts";
import { cloudwatch } from "./export/cloudwatch.ts";
import { periodic } from "./export/periodic.ts";
import type { Post } from "./export/post.ts";
import type { ExportWatch, Sent } from "./export/sent.ts";
import type { AwsCredentials } from "./export/sigv4.ts";
import { elasticLines } from "./lines/elasticsearch.ts";
import type { Level, LineSink, Service } from "./lines/line.ts";
import { type Lines, lines } from "./lines/lines.ts";
import { type Dial, tcpLines } from "./lines/tcp.ts";
import { createMetrics, type Metrics, type Readings } from "./metrics.ts";
import type { Sink } from "./sink.ts";
import type { Sampling } from "./trace/sampling.ts";
import { trouble } from "./trouble.ts";

/** A collector: `address` is host and port, `endpoint` an URL without a path. */
export type Collector =
  | { readonly protocol: "grpc"; readonly address: string }
  | { readonly protocol: "http/protobuf"; readonly endpoint: string };

/** What telemetry there is, with its secrets filled in. Everything is optional but the name. */
export interface TelemetryConfig {
  readonly service: Service;
  /** Revision of the source, for `lighthouse_build_info`. */
  readonly revision: string;
  readonly level: Level;
  /** Counts elicitations by who asked whom, for so many pairs. */
  readonly pairsMax?: number;
  readonly traces?: { readonly to: Collector; readonly sampling: Sampling };
  readonly logs: {
    readonly logstash?: { readonly address: string; readonly bufferBytes: number };
    readonly elasticsearch?: {
      readonly endpoint: string;
      readonly dataStream: string;
      readonly apiKey?: string;
      readonly bufferBytes: number;
    };
    readonly otlp?: { readonly to: Collector };
  };
  readonly metrics: {
    readonly cloudwatch?: {
      readonly region: string;
      readonly endpoint: string;
      readonly namespace: string;
      readonly credentials: AwsCredentials;
    };
    readonly datadog?: { readonly url: string; readonly apiKey: string };
    readonly newrelic?: { readonly url: string; readonly licenseKey: string; readonly appName: string };
  };
}

export interface TelemetryPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly post: Post;
  /** Opens a TCP connection to `host:port`. */
  readonly dial: (address: string) => Dial;
  /** Where lines go always. `watch` hears what it gave up. */
  readonly stdout?: (watch: ExportWatch) => { readonly sink: LineSink; readonly close: () => Promise<void> };
  /** Node's own version. */
  readonly node: string;
  readonly readings?: Readings;
}

export interface Telemetry extends Pick<Metrics, "observer" | "fold" | "log" | "timed" | "expose" | "series"> {
  readonly say: Lines["say"];
  /** Sends what waits, for at most about `ms`, and lets go of everything. What could not be sent is lost. */
  readonly close: (ms: number) => Promise<void>;
}

/** Spans that wait for a collector that is away: about 4 MB. */
const SPANS_MAX = 4_096;
const SPANS_BATCH = 512;
const SPANS_DELAY_MS = 2_000;
const RECORDS_MAX = 16_384;
const METRICS_EVERY_MS = 60_000;

/**
 * Everything a bridge tells about itself, from one description. OpenTelemetry is loaded only for what goes there: it is a
 * fifth of a bridge's modules.
 */
export const createTelemetry = async (config: TelemetryConfig, ports: TelemetryPorts): Promise<Telemetry> => {
  const { clock, scheduler, rng, post } = ports;
  const { service, logs, metrics: vendors } = config;
  const closers: ((ms: number) => Promise<unknown>)[] = [];
  const resourceNamed = async (name: string): Promise<Resource> => {
    const { resourceFromAttributes } = await import("@opentelemetry/resources");
    return resourceFromAttributes({
      "service.name": name,
      "service.version": service.version,
      "service.instance.id": service.node.name,
      "deployment.environment.name": service.environment,
    });
  };

  // The counters exist before those who count in them, who in turn are sinks of the metrics.
  let told: Metrics | undefined;
  let speak: Lines | undefined;
  const say: Lines["say"] = (...words) => speak?.say(...words);
  const tell = trouble(clock, say);
  const exporter = (name: (typeof exporters)[number]): ExportWatch => ({
    sent: () => {
      told?.series.add(signals.telemetryExports, { exporter: name, result: "ok" });
      tell.well(name);
    },
    failed: (reason) => {
      told?.series.add(signals.telemetryExports, { exporter: name, result: "failed" });
      tell.failed(name, reason);
    },
    dropped: (items, reason) => {
      told?.series.add(signals.telemetryDropped, { exporter: name }, items);
      tell.dropped(name, items, reason);
    },
  });
  const shipper = (sink: (typeof logSinks)[number]): ExportWatch => ({
    sent: () => tell.well(sink),
    failed: (reason) => tell.failed(sink, reason),
    dropped: (items, reason) => {
      told?.series.add(signals.logLinesDropped, { sink }, items);
      tell.dropped(sink, items, reason);
    },
  });

  const lineSinks: LineSink[] = [];
  const ship = ({
    sink,
    close,
  }: {
    readonly sink: LineSink;
    readonly close: (ms: number) => Promise<unknown>;
  }): void => {
    lineSinks.push(sink);
    closers.push(close);
  };
  if (ports.stdout !== undefined) ship(ports.stdout(shipper("stdout")));
  if (logs.logstash !== undefined) {
    const { address, bufferBytes } = logs.logstash;
    ship(tcpLines({ dial: ports.dial(address), scheduler, bufferBytes, watch: shipper("logstash") }));
  }
  if (logs.elasticsearch !== undefined) {
    ship(elasticLines({ ...logs.elasticsearch, post, scheduler, rng, watch: shipper("elasticsearch") }));
  }
  if (logs.otlp !== undefined) {
    const { to } = logs.otlp;
    const { logsOverGrpc, logsOverHttp, otlpLines } = await import("./lines/otlp.ts");
    const resource = await resourceNamed(service.name);
    const { send, close } =
      to.protocol === "grpc" ? logsOverGrpc(to.address) : { send: logsOverHttp(post, to.endpoint), close: nothing };
    const watch = bothOf(exporter("otlp_logs"), shipper("otlp"));
    ship(otlpLines({ scheduler, resource, watch, send, queueMax: RECORDS_MAX }));
    closers.push(close);
  }
  speak = lines({ clock, service, level: config.level, sinks: lineSinks });

  const sinks: Sink[] = [];
  if (config.traces !== undefined) {
    const { to, sampling } = config.traces;
    const { spans } = await import("./trace/spans.ts");
    const resource = await resourceNamed(service.name);
    const { send, close } = await spanSender(to, post);
    const waiting = batches<ReadableSpan>({
      scheduler,
      send,
      watch: exporter("otlp_traces"),
      batchMax: SPANS_BATCH,
      queueMax: SPANS_MAX,
      delayMs: SPANS_DELAY_MS,
    });
    sinks.push(spans({ clock, rng, sampling, resource, onEnd: (span) => void waiting.add(span) }));
    closers.push(waiting.close, close);
  }
  if (lineSinks.length > 0) sinks.push(speak);

  const metrics = createMetrics({
    clock,
    build: { version: service.version, revision: config.revision, node: ports.node },
    sinks,
    ...(config.pairsMax === undefined ? {} : { pairsMax: config.pairsMax }),
    onFault: (fault) => say("error", "telemetry.fault", "a metric has no such label", { fault }),
    ...(ports.readings === undefined ? {} : { readings: ports.readings }),
  });
  told = metrics;

  const report = (send: Parameters<typeof periodic>[0]["send"], name: (typeof exporters)[number]): void => {
    const { families } = metrics.series;
    const { refresh } = metrics;
    const every = periodic({
      clock,
      scheduler,
      families,
      refresh,
      send,
      watch: exporter(name),
      everyMs: METRICS_EVERY_MS,
    });
    closers.push(every.close);
  };
  if (vendors.cloudwatch !== undefined) {
    const dimensions = { environment: service.environment };
    report(cloudwatch({ ...vendors.cloudwatch, post, clock, dimensions }), "cloudwatch");
  }
  if (vendors.datadog !== undefined) {
    const { url, apiKey } = vendors.datadog;
    const { metricsOverHttp } = await import("./export/otlp-metrics.ts");
    const resource = await resourceNamed(service.name);
    report(metricsOverHttp(post, url, { "dd-api-key": apiKey }, resource), "datadog");
  }
  if (vendors.newrelic !== undefined) {
    const { url, licenseKey, appName } = vendors.newrelic;
    const { metricsOverHttp } = await import("./export/otlp-metrics.ts");
    const resource = await resourceNamed(appName);
    report(metricsOverHttp(post, url, { "api-key": licenseKey }, resource), "newrelic");
  }

  return {
    observer: metrics.observer,
    fold: metrics.fold,
    log: metrics.log,
    timed: metrics.timed,
    expose: metrics.expose,
    series: metrics.series,
    say,
    close: async (ms) => {
      const timeUp = new Promise<void>((resolve) => void scheduler.after(ms, resolve));
      await Promise.race([Promise.allSettled(closers.map((close) => close(ms))), timeUp]);
    },
  };
};

interface SpanSender {
  readonly send: (spans: readonly ReadableSpan[]) => Promise<Sent>;
  readonly close: () => Promise<void>;
}

const spanSender = async (to: Collector, post: Post): Promise<SpanSender> => {
  if (to.protocol === "grpc") return (await import("./trace/otlp-grpc.ts")).spansOverGrpc(to.address);
  const { spansOverHttp } = await import("./trace/otlp-http.ts");
  return { send: spansOverHttp(post, to.endpoint), close: nothing };
};

const nothing = async (): Promise<void> => undefined;

const bothOf = (one: ExportWatch, other: ExportWatch): ExportWatch => ({
  sent: () => {
    one.sent();
    other.sent();
  },
  failed: (reason) => {
    one.failed(reason);
    other.failed(reason);
  },
  dropped: (items, reason) => {
    one.dropped(items, reason);
    other.dropped(items, reason);
  },
});
