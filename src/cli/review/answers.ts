import { parse } from "yaml";
import type { Json } from "../../domain/json.ts";
import { logStream } from "../../ops/monitoring/render/elastic-stream.ts";
import { renderAll } from "../../ops/monitoring/render.ts";
import { type Leaf, leavesOf } from "../../ops/monitoring/running/tree.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { VerifyPorts } from "../../ops/monitoring/verify/ports.ts";
import { verify } from "../../ops/monitoring/verify/verify.ts";
import type {
  AlertmanagerAnswers,
  ConfiguredPlace,
  ElasticsearchAnswers,
  GrafanaAnswers,
  JaegerAnswers,
  PrometheusAnswers,
} from "../../review/probe/answers.ts";
import { without } from "../../review/probe/exchange.ts";
import type { Answer, Asked } from "../../review/probe/monitoring-port.ts";
import { rulesOf } from "./answered-rules.ts";
import { recordingFetch } from "./recording-fetch.ts";

/** Asks what `lighthouse monitoring verify` asks, and keeps the answers. No secret stands in what comes of it. */
export const askProducts = async (spec: Spec, ports: VerifyPorts, secrets: readonly string[]): Promise<Asked> => {
  const recording = recordingFetch(ports.fetch, secrets);
  const { checks } = await verify(spec, { ...ports, fetch: recording.fetch });
  return {
    // Products quote what they were sent: what was made of their answers may hold it as well.
    checks: JSON.parse(without(JSON.stringify(checks), secrets)) as Asked["checks"],
    answers: answersOf(spec, recording.answers()),
  };
};

/** The answers that were recorded, sorted out by product, each beside what monitoring.yaml wants there. */
const answersOf = (spec: Spec, recorded: readonly Answer[]): Asked["answers"] => {
  const files = renderAll(spec);
  const { prometheus, alerting, grafana, logging, tracing } = spec;
  const at = (base: string, path: string): Answer | null =>
    recorded.findLast(({ url }) => url.startsWith(`${base}${path}`)) ?? null;
  const rules = at(prometheus.endpoint, "/api/v1/rules");
  const config = at(prometheus.endpoint, "/api/v1/status/config");
  const status = at(alerting.alertmanager.endpoint, "/api/v2/status");
  const elastic = logging.elasticsearch.endpoint.replace(/\/$/, "");
  const template = at(elastic, "/_index_template/lighthouse");
  const mapping = at(elastic, `/${logStream(spec)}/_mapping`);
  const wanted = JSON.parse(files.get("elasticsearch/index-template.json") ?? "{}") as Json;
  const search = at(elastic, `/${logStream(spec)}/_search`);
  const trace = at(tracing.jaeger.ui, "/api/traces/");
  const dashboards = [...files]
    .filter(([path]) => path.startsWith("grafana/dashboards/"))
    .map(([, text]) => JSON.parse(text) as { readonly uid: string });
  const found = dashboards.flatMap(({ uid }) => at(grafana.endpoint, `/api/dashboards/uid/${uid}`) ?? []);
  const answers = {
    prometheus: {
      ...rulesOf(files, rules, recorded, {
        targets: prometheus.targets.map((instance) => ({ instance })),
        alertmanagers: [{ host: new URL(alerting.alertmanager.endpoint).host }],
      }),
      targets: at(prometheus.endpoint, "/api/v1/targets"),
      rules,
      alertmanagers: at(prometheus.endpoint, "/api/v1/alertmanagers"),
      config,
      configured: placesOf(
        parse(files.get("prometheus/prometheus.yml") ?? ""),
        parse(textIn(config, "data", "yaml")),
        "",
      ),
    } satisfies PrometheusAnswers,
    alertmanager: {
      status,
      configured: placesOf(
        parse(files.get("alertmanager/alertmanager.yml") ?? ""),
        parse(textIn(status, "config", "original")),
        "",
      ),
    } satisfies AlertmanagerAnswers,
    grafana: {
      wanted: { dashboards: dashboards.map(({ uid }) => ({ uid })) },
      dashboards: found,
      configured: dashboards.flatMap((wanted) =>
        placesOf(
          wanted,
          found.map(({ body }) => member(body, "dashboard")).find((one) => member(one, "uid") === wanted.uid),
          wanted.uid,
        ),
      ),
    } satisfies GrafanaAnswers,
    elasticsearch: {
      template,
      mapping,
      configured: [
        ...placesOf(wanted, member(valueIn(template, "index_templates", "0"), "index_template"), "template"),
        ...indexPlaces(
          logStream(spec),
          ["template", "mappings", "properties"].reduce<unknown>(member, wanted),
          mapping,
        ),
      ],
      search,
      found: listIn(search, "hits", "hits"),
    } satisfies ElasticsearchAnswers,
    jaeger: { trace, found: listIn(trace, "data") } satisfies JaegerAnswers,
  };
  return JSON.parse(JSON.stringify(answers)) as Asked["answers"];
};

const placesOf = (wanted: unknown, running: unknown, path: string): readonly ConfiguredPlace[] =>
  leavesOf(wanted, running, path).map((leaf: Leaf) => ({
    path: leaf.path,
    wanted: (leaf.wanted ?? null) as Json,
    running: (leaf.running ?? null) as Json,
    as: leaf.as ?? null,
  }));

/** The index that lines are written to: a template speaks only of those that are yet to be made. */
const indexPlaces = (stream: string, wanted: unknown, mapping: Answer | null): readonly ConfiguredPlace[] => {
  if (mapping?.status !== 200) return [];
  const indices = Object.entries(mapping.body as Readonly<Record<string, Json>>);
  if (indices.some(([name]) => name === stream))
    return [{ path: stream, wanted: "a data stream", running: "an ordinary index", as: null }];
  // The last of a stream's indices is the one that is written to; their names end with a number of fixed width.
  const newest = indices.sort(([a], [b]) => (a.slice(-6) < b.slice(-6) ? -1 : 1)).at(-1);
  if (newest === undefined) return [];
  const [name, index] = newest;
  return placesOf(wanted, ["mappings", "properties"].reduce<unknown>(member, index) ?? {}, `${name}/properties`);
};

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown })[name] : undefined;

const valueIn = (answer: Answer | null, ...path: readonly string[]): unknown => path.reduce(member, answer?.body);

const listIn = (answer: Answer | null, ...path: readonly string[]): readonly Json[] => {
  const found = valueIn(answer, ...path);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
};

const textIn = (answer: Answer | null, ...path: readonly string[]): string => {
  const found = valueIn(answer, ...path);
  return typeof found === "string" ? found : "";
};
