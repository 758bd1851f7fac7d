import type { Spec } from "../spec/schema.ts";
import { listenAddress, unscraped } from "./otel-listen.ts";
import type { Renderer } from "./rendered.ts";
import { yamlFile } from "./text.ts";

/**
 * otel/: the collector between the bridge and Jaeger. Only parts of the core distribution. It samples nothing: the bridge
 * decides which traces are kept, and keeps every one that failed, so that both ends agree on what an exemplar points at.
 */
export const renderOtel: Renderer = (spec) =>
  spec.tracing.opentelemetry.enabled
    ? new Map([["otel/collector.yml", yamlFile(configuration(spec))]])
    : new Map<string, string>();

const configuration = ({ tracing: { opentelemetry, jaeger } }: Spec) => {
  const { endpoint, protocol } = opentelemetry;
  return {
    extensions: { health_check: { endpoint: "127.0.0.1:13134" } },
    receivers: {
      otlp: { protocols: { [protocol === "grpc" ? "grpc" : "http"]: { endpoint: listenAddress(endpoint) } } },
    },
    // Refuses before it dies; the bridge counts what was refused, and keeps what its buffer holds.
    processors: { memory_limiter: { check_interval: "1s", limit_mib: 256, spike_limit_mib: 64 } },
    exporters: jaeger.enabled
      ? { "otlp_http/jaeger": { endpoint: jaeger.endpoint, ...patience } }
      : { debug: { verbosity: "basic" } },
    service: {
      telemetry: unscraped,
      extensions: ["health_check"],
      pipelines: {
        traces: {
          receivers: ["otlp"],
          processors: ["memory_limiter"],
          exporters: [jaeger.enabled ? "otlp_http/jaeger" : "debug"],
        },
      },
    },
  };
};

/** 50,000 spans wait for a Jaeger that is away, about 50 MB; the batch processor that once did this is going away. */
const patience = {
  sending_queue: {
    enabled: true,
    sizer: "items",
    queue_size: 50_000,
    batch: { flush_timeout: "1s", min_size: 512 },
  },
  retry_on_failure: { enabled: true, initial_interval: "1s", max_interval: "30s", max_elapsed_time: "5m" },
};
