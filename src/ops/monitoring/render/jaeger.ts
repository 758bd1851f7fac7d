import type { Spec } from "../spec/schema.ts";
import { isLocal, listenAddress, placeOf, unscraped } from "./otel-listen.ts";
import type { Renderer } from "./rendered.ts";
import { yamlFile } from "./text.ts";

/**
 * jaeger/: Jaeger 2, which is a collector itself. It takes OTLP over HTTP at the endpoint of monitoring.yaml and nothing
 * else: its all-in-one settings would open six more ports, and take 4317 away from the collector beside it.
 */
export const renderJaeger: Renderer = (spec) =>
  spec.tracing.jaeger.enabled && isLocal(spec.tracing.jaeger.endpoint)
    ? new Map([["jaeger/jaeger.yml", yamlFile(configuration(spec))]])
    : new Map<string, string>();

/** About 400 MB of memory. Traces are for looking at what just happened; the log is what is kept. */
const tracesMax = 100_000;

const configuration = ({ tracing: { jaeger } }: Spec) => ({
  extensions: {
    jaeger_storage: { backends: { recent: { memory: { max_traces: tracesMax } } } },
    jaeger_query: {
      storage: { traces: "recent" },
      http: { endpoint: `127.0.0.1:${placeOf(jaeger.ui).port}` },
      // Unsaid, it listens there on every address of the machine, and asks nobody who they are.
      grpc: { endpoint: "127.0.0.1:16685" },
    },
    healthcheckv2: { use_v2: true, http: { endpoint: "127.0.0.1:13133" } },
  },
  receivers: { otlp: { protocols: { http: { endpoint: listenAddress(jaeger.endpoint) } } } },
  processors: { batch: {} },
  exporters: { jaeger_storage_exporter: { trace_storage: "recent" } },
  service: {
    telemetry: unscraped,
    extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
    pipelines: {
      traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] },
    },
  },
});
