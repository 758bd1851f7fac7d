import type { Spec } from "../spec/schema.ts";
import { logDataset } from "./elastic-stream.ts";
import { listenAddress, placeOf } from "./otel-listen.ts";
import type { Renderer } from "./rendered.ts";
import { variableOf } from "./secret.ts";
import { yamlFile } from "./text.ts";

/** logstash/: takes the bridge's lines over TCP, holds them on disk while Elasticsearch is away, and passes them on. */
export const renderLogstash: Renderer = (spec) =>
  spec.logging.logstash.enabled
    ? new Map([
        ["logstash/pipeline/lighthouse.conf", pipeline(spec)],
        ["logstash/config/pipelines.yml", yamlFile(pipelines)],
      ])
    : new Map<string, string>();

const pipelines = [
  {
    "pipeline.id": "lighthouse",
    "path.config": "/usr/share/logstash/pipeline/lighthouse.conf",
    "pipeline.ecs_compatibility": "v8",
    // What was taken survives a restart; beyond this Logstash stops reading, and the bridge's own buffer fills.
    "queue.type": "persisted",
    "queue.max_bytes": "1gb",
  },
];

/** `json_lines` and not `json`: a TCP stream has no edges of its own. */
const pipeline = (spec: Spec): string => {
  const [host = "127.0.0.1"] = listenAddress(spec.logging.logstash.endpoint).split(":");
  return `# Rendered from monitoring.yaml by \`lighthouse monitoring render\`. Edits here are lost; change that file.
input {
  tcp {
    host => "${host}"
    port => ${placeOf(spec.logging.logstash.endpoint).port}
    codec => json_lines { ecs_compatibility => "v8" }
    ecs_compatibility => "v8"
  }
}

filter {
  # The line itself, once more: it would double every document.
  mutate { remove_field => ["[event][original]"] }
  if "_jsonparsefailure" in [tags] {
    mutate { add_field => { "[event][dataset]" => "${logDataset}.unreadable" } }
  }
}

output {
${spec.logging.elasticsearch.enabled ? elasticsearch(spec) : "  stdout { codec => json_lines }"}
}
`;
};

const elasticsearch = ({
  environment,
  logging: {
    elasticsearch: { endpoint, api_key },
  },
}: Spec): string => {
  const lines = [
    `hosts => ["${endpoint}"]`,
    // Logstash fills in the variable itself, from its environment or its keystore.
    ...(api_key === undefined ? [] : [`api_key => "\${${variableOf(api_key)}}"`]),
    "data_stream => true",
    'data_stream_type => "logs"',
    `data_stream_dataset => "${logDataset}"`,
    `data_stream_namespace => "${environment}"`,
    'ecs_compatibility => "v8"',
  ];
  return `  elasticsearch {\n${lines.map((line) => `    ${line}\n`).join("")}  }`;
};
