import type { Spec } from "../spec/schema.ts";
import { logDataset } from "./elastic-stream.ts";
import type { Renderer } from "./rendered.ts";
import { jsonFile } from "./text.ts";

/**
 * elasticsearch/: how the bridge's log lines are indexed: a data stream in Elastic's naming scheme, fields of the Elastic
 * Common Schema, and ours below `lighthouse.`.
 */
export const renderElastic: Renderer = (spec) =>
  spec.logging.elasticsearch.enabled
    ? new Map([["elasticsearch/index-template.json", jsonFile(indexTemplate(spec))]])
    : new Map<string, string>();

/** Elastic's own templates for logs-*-* have 100, and its documentation asks for more than 500 to be safe from others. */
const priority = 501;

/** The body of `PUT /_index_template/lighthouse`. */
const indexTemplate = (spec: Spec) => ({
  index_patterns: [`logs-${logDataset.split(".")[0]}.*-*`],
  priority,
  data_stream: {},
  template: {
    lifecycle: { data_retention: "30d" },
    aliases: { [aliasOf(spec)]: {} },
    mappings: {
      dynamic: true,
      // Text that nobody declared is for filtering, not for full-text search.
      dynamic_templates: [
        { strings: { match_mapping_type: "string", mapping: { type: "keyword", ignore_above: 1024 } } },
      ],
      properties: { ...ecs, lighthouse: { properties: ownFields(spec) } },
    },
  },
  _meta: { description: "Log lines of Lighthouse bridges. Rendered from monitoring.yaml." },
});

/** A pattern cannot be the name of an alias; an alias that the pattern finds can. */
const aliasOf = ({ environment, logging }: Spec): string =>
  logging.elasticsearch.index_pattern.replaceAll("*", environment).toLowerCase();

const keyword = { type: "keyword", ignore_above: 1024 } as const;

const ecs = {
  "@timestamp": { type: "date" },
  message: { type: "match_only_text" },
  ecs: { properties: { version: keyword } },
  log: { properties: { level: keyword, logger: keyword } },
  service: {
    properties: { name: keyword, version: keyword, environment: keyword, node: { properties: { name: keyword } } },
  },
  event: {
    properties: {
      dataset: keyword,
      kind: keyword,
      category: keyword,
      type: keyword,
      action: keyword,
      outcome: keyword,
      duration: { type: "long" },
    },
  },
  error: {
    properties: {
      code: keyword,
      type: keyword,
      message: { type: "match_only_text" },
      stack_trace: { type: "wildcard" },
    },
  },
  trace: { properties: { id: keyword } },
  span: { properties: { id: keyword } },
  user: { properties: { name: keyword } },
} as const;

const ownFields = ({ logging }: Spec) => {
  const fields = logging.fields.map(({ name, type }): [string, object] => [
    name,
    type === "keyword" ? keyword : { type },
  ]);
  return Object.fromEntries([...always, ...fields]);
};

/** What every bridge writes, whether or not the file lists it. */
const always: readonly (readonly [string, object])[] = [
  ["elicitation_id", keyword],
  ["agent_id", keyword],
  ["latency_ms", { type: "float" }],
  ["security_event", { type: "boolean" }],
  ["error_code", keyword],
  ["target_id", keyword],
  ["operation", keyword],
  ["violation", keyword],
  ["severity", keyword],
  ["subject", keyword],
  ["position", { type: "long" }],
  ["arm", keyword],
  ["leg", keyword],
  ["via", keyword],
  ["exporter", keyword],
  ["dropped", { type: "long" }],
  ["left_out", { type: "long" }],
];
