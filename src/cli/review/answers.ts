import { parse } from "yaml";
import type { Json } from "../../domain/json.ts";
import { renderAll } from "../../ops/monitoring/render.ts";
import { type Leaf, leavesOf } from "../../ops/monitoring/running/tree.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type {
  AlertmanagerAnswers,
  ConfiguredPlace,
  ElasticsearchAnswers,
  GrafanaAnswers,
  JaegerAnswers,
  PrometheusAnswers,
} from "../../review/probe/answers.ts";
import type { Answer, Asked } from "../../review/probe/monitoring-port.ts";
import { rulesOf } from "./answered-rules.ts";

/** The answers that were recorded, sorted out by product, each beside what monitoring.yaml wants there. */
export const answersOf = (spec: Spec, recorded: readonly Answer[]): Asked["answers"] => {
  const files = renderAll(spec);
  const { prometheus, alerting, grafana, logging, tracing } = spec;
  const at = (base: string, path: string): Answer | null =>
    recorded.findLast(({ url }) => url.startsWith(`${base}${path}`)) ?? null;
  const rules = at(prometheus.endpoint, "/api/v1/rules");
  const config = at(prometheus.endpoint, "/api/v1/status/config");
  const status = at(alerting.alertmanager.endpoint, "/api/v2/status");
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
      search:
        recorded.findLast(({ url }) => url.startsWith(logging.elasticsearch.endpoint) && url.endsWith("/_search")) ??
        null,
    } satisfies ElasticsearchAnswers,
    jaeger: { trace: at(tracing.jaeger.ui, "/api/traces/") } satisfies JaegerAnswers,
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

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown })[name] : undefined;

const textIn = (answer: Answer | null, ...path: readonly string[]): string => {
  const found = path.reduce<unknown>(member, answer?.body);
  return typeof found === "string" ? found : "";
};
