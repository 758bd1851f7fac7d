import type { AwsCredentials } from "../bridge/telemetry/export/sigv4.ts";
import type { Collector, TelemetryConfig } from "../bridge/telemetry/telemetry.ts";
import { defaultSampling, type Sampling } from "../bridge/telemetry/trace/sampling.ts";
import { cloudwatchEndpoint } from "../ops/monitoring/render/cloudwatch.ts";
import { datadogEndpoint } from "../ops/monitoring/render/datadog.ts";
import { logStream } from "../ops/monitoring/render/elastic-stream.ts";
import { newrelicEndpoint } from "../ops/monitoring/render/newrelic.ts";
import { variableOf } from "../ops/monitoring/render/secret.ts";
import type { SecretRef } from "../ops/monitoring/spec/parts.ts";
import type { Spec } from "../ops/monitoring/spec/schema.ts";

/** What the spec does not know about the process that it configures. */
export interface Process {
  readonly version: string;
  readonly revision: string;
  /** Tells this bridge from others of the same name: host and port. */
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface MissingSecret {
  /** JSON Pointer into monitoring.yaml. */
  readonly path: string;
  readonly variable: string;
}

export type ReadTelemetry =
  | { readonly ok: true; readonly config: TelemetryConfig }
  | { readonly ok: false; readonly missing: readonly MissingSecret[] };

/** What a monitoring.yaml says about the bridge's own telemetry, with its secrets from the environment. */
export const telemetryConfig = (spec: Spec, process: Process): ReadTelemetry => {
  const missing: MissingSecret[] = [];
  const secret = (path: string, reference: SecretRef): string => {
    const variable = variableOf(reference);
    const value = process.env[variable];
    if (value === undefined || value === "") missing.push({ path, variable });
    return value ?? "";
  };
  const traces = tracesOf(spec);
  const config: TelemetryConfig = {
    service: {
      name: spec.tracing.jaeger.enabled ? spec.tracing.jaeger.service_name : "lighthouse-bridge",
      version: process.version,
      environment: spec.environment,
      node: { name: process.node },
    },
    revision: process.revision,
    level: "info",
    ...(spec.prometheus.agent_pairs.enabled ? { pairsMax: spec.prometheus.agent_pairs.max } : {}),
    ...(traces === undefined ? {} : { traces }),
    logs: logsOf(spec, secret),
    metrics: metricsOf(spec, process, secret, missing),
  };
  return missing.length === 0 ? { ok: true, config } : { ok: false, missing };
};

type ReadSecret = (path: string, reference: SecretRef) => string;

/** To the collector if there is one, since that is what it is for; else to Jaeger itself, which speaks OTLP. */
const tracesOf = ({ tracing: { opentelemetry, jaeger } }: Spec): TelemetryConfig["traces"] => {
  const sampling = samplingOf(jaeger);
  if (opentelemetry.enabled) return { to: collectorOf(opentelemetry), sampling };
  if (jaeger.enabled) return { to: { protocol: "http/protobuf", endpoint: jaeger.endpoint }, sampling };
  return undefined;
};

const collectorOf = ({ endpoint, protocol }: Spec["tracing"]["opentelemetry"]): Collector =>
  protocol === "grpc" ? { protocol, address: endpoint } : { protocol, endpoint: `http://${endpoint}` };

/** `always` is for little traffic; the ceiling keeps it from being ruinous under much. */
const ALWAYS_PER_SECOND_MAX = 1_000;

const samplingOf = ({ enabled, sampler_type, sampler_param }: Spec["tracing"]["jaeger"]): Sampling => {
  if (!enabled) return defaultSampling;
  return sampler_type === "always"
    ? { ratio: 1, perSecondMax: ALWAYS_PER_SECOND_MAX }
    : { ...defaultSampling, ratio: sampler_param };
};

/** Bytes of lines kept for Elasticsearch while it is away. Logstash has a setting of its own. */
const ELASTIC_BUFFER_BYTES = 10_485_760;

/** Through Logstash where there is one: sent to both, every line would be indexed twice. */
const logsOf = (spec: Spec, secret: ReadSecret): TelemetryConfig["logs"] => {
  const { logstash, elasticsearch } = spec.logging;
  if (logstash.enabled) return { logstash: { address: logstash.endpoint, bufferBytes: logstash.buffer } };
  if (!elasticsearch.enabled) return {};
  const { endpoint, api_key } = elasticsearch;
  return {
    elasticsearch: {
      endpoint,
      dataStream: logStream(spec),
      bufferBytes: ELASTIC_BUFFER_BYTES,
      ...(api_key === undefined ? {} : { apiKey: secret("/logging/elasticsearch/api_key", api_key) }),
    },
  };
};

const metricsOf = (
  { exporters: { cloudwatch, datadog, newrelic } }: Spec,
  process: Process,
  secret: ReadSecret,
  missing: MissingSecret[],
): TelemetryConfig["metrics"] => ({
  ...(cloudwatch.enabled
    ? {
        cloudwatch: {
          region: cloudwatch.region,
          endpoint: cloudwatchEndpoint(cloudwatch.region),
          namespace: cloudwatch.namespace,
          credentials: awsCredentials(process, missing),
        },
      }
    : {}),
  ...(datadog.enabled
    ? { datadog: { url: datadogEndpoint(datadog.site), apiKey: secret("/exporters/datadog/api_key", datadog.api_key) } }
    : {}),
  ...(newrelic.enabled
    ? {
        newrelic: {
          url: newrelicEndpoint(newrelic.region),
          licenseKey: secret("/exporters/newrelic/license_key", newrelic.license_key),
          appName: newrelic.app_name,
        },
      }
    : {}),
});

/** From the environment only. Roles of a machine would mean asking its metadata service, over and over. */
const awsCredentials = ({ env }: Process, missing: MissingSecret[]): AwsCredentials => {
  const [accessKeyId, secretAccessKey] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map((variable) => {
    const value = env[variable];
    if (value === undefined || value === "") missing.push({ path: "/exporters/cloudwatch", variable });
    return value ?? "";
  });
  const sessionToken = env["AWS_SESSION_TOKEN"];
  return {
    accessKeyId: accessKeyId as string,
    secretAccessKey: secretAccessKey as string,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
};
