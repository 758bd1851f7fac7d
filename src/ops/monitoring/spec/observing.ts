import Type from "typebox";
import { address, choice, entry, flag, list, optIn, secret, section, text, url } from "./parts.ts";

/** Where a person looks: dashboards, logs, traces. */

export const grafana = section("Dashboards.", {
  enabled: flag("false renders nothing for Grafana.", true),
  endpoint: url("Where Grafana answers; used by apply, verify and the links in alerts.", "http://localhost:3000"),
  api_key: Type.Optional(secret("Service account token, for verify.")),
  organization: text("Organisation that owns the dashboards.", "lighthouse"),
  dashboards: list(
    "Dashboards of your own, beside those of the catalogue.",
    entry("A dashboard.", {
      name: text("Its title."),
      uid: text("Its uid, kept in links.", undefined, "^[a-zA-Z0-9_-]{1,40}$"),
      panels: list(
        "Its panels, in reading order.",
        entry("A panel.", {
          title: text("Its title."),
          type: choice("How it is drawn.", ["timeseries", "stat", "gauge", "heatmap", "table"], "timeseries"),
          metric: Type.Optional(text("One metric of the catalogue.")),
          metrics: Type.Optional(list("Several metrics of the catalogue.", text("A metric."))),
          threshold: Type.Optional(Type.Number({ description: "Drawn in red from here on." })),
        }),
      ),
    }),
  ),
});

const field = entry("A field of your own in every log line, under `lighthouse.`.", {
  name: text("Its name.", undefined, "^[a-z][a-z0-9_.]*$"),
  type: choice("How it is indexed.", ["keyword", "text", "float", "long", "boolean", "date"]),
});

export const logging = section("Log lines are ECS JSON on standard output always; these are the further places.", {
  elasticsearch: optIn("Where lines are searched.", {
    endpoint: url("Where Elasticsearch answers.", "http://localhost:9200"),
    index_pattern: text("Alias over the data stream, for saved searches.", "lighthouse-*"),
    api_key: Type.Optional(secret("API key that may write the data stream.")),
  }),
  logstash: optIn("Where lines are collected.", {
    endpoint: address("Where Logstash listens.", "localhost:5514"),
    api: url("Where Logstash's own API answers; a review asks it whether lines pass through.", "http://localhost:9600"),
    protocol: choice("How lines are sent. UDP would lose them without a trace.", ["tcp"], "tcp"),
    buffer: Type.Integer({
      description: "Bytes kept while Logstash is away.",
      minimum: 65536,
      maximum: 268435456,
      default: 10485760,
    }),
  }),
  fields: list("Indexed fields.", field, [
    { name: "elicitation_id", type: "keyword" },
    { name: "agent_id", type: "keyword" },
    { name: "latency_ms", type: "float" },
    { name: "security_event", type: "boolean" },
    { name: "error_code", type: "keyword" },
  ]),
});

export const tracing = section("Traces, over OTLP.", {
  jaeger: optIn("Where traces are looked at.", {
    endpoint: url(
      "OTLP/HTTP endpoint of Jaeger. The older 14268/api/traces takes Thrift, which no current SDK sends.",
      "http://localhost:4318",
    ),
    ui: url("Where Jaeger's pages are; for links.", "http://localhost:16686"),
    service_name: text("Name of the bridge in traces.", "lighthouse-bridge"),
    sampler_type: choice("How traces are chosen.", ["probabilistic", "always"], "probabilistic"),
    sampler_param: Type.Number({ description: "Share of traces kept.", minimum: 0, maximum: 1, default: 0.1 }),
  }),
  opentelemetry: optIn("The collector between the bridge and everything else.", {
    endpoint: address("Where the collector listens.", "localhost:4317"),
    protocol: choice("How it is spoken to.", ["grpc", "http/protobuf"], "grpc"),
  }),
});
