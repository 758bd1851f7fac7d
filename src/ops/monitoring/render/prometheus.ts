import { type EffectiveAlert, effectiveAlerts, spanOf } from "../alert/effective.ts";
import { promisesOf } from "../promise.ts";
import { recordings } from "../record.ts";
import type { SecretRef } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import { alertTests, type Group, groupOf, recordingTests } from "./promtool.ts";
import type { Renderer } from "./rendered.ts";
import { secretFile } from "./secret.ts";
import { yamlFile } from "./text.ts";

/** prometheus/: what to scrape, what to record, when to alert, and the tests that prove the alerts (promtool's). */
export const renderPrometheus: Renderer = (spec) => {
  if (!spec.prometheus.enabled) return new Map();
  const alerts = effectiveAlerts(spec);
  const groups = [...recordings(promisesOf(spec), spanOf(spec)), ...alertGroups(alerts)];
  return new Map([
    ["prometheus/prometheus.yml", yamlFile(configuration(spec))],
    ...byFile(groups).map(([file, content]): [string, string] => [`prometheus/rules/${file}`, yamlFile(content)]),
    // The stories are told in nominal time.
    ...(spec.alerting.time_scale === 1
      ? [...alerts.flatMap((alert) => alertTests(alert, groups)), ...recordingTests(promisesOf(spec), groups)]
      : []),
  ]);
};

const byFile = (groups: readonly Group[]): readonly (readonly [string, unknown])[] =>
  [...new Set(groups.map(({ file }) => file))].map((name) => [
    name,
    { groups: groups.filter(({ file }) => file === name).map(({ file: _, ...group }) => group) },
  ]);

const configuration = (spec: Spec) => {
  const { prometheus, alerting, environment, health_checks } = spec;
  const alertmanager = new URL(alerting.alertmanager.endpoint);
  return {
    global: {
      scrape_interval: prometheus.scrape_interval,
      evaluation_interval: prometheus.evaluation_interval,
      external_labels: { environment, ...prometheus.external_labels },
    },
    rule_files: ["rules/*.yml"],
    alerting: {
      alertmanagers: [
        {
          scheme: alertmanager.protocol.slice(0, -1),
          ...(alertmanager.pathname === "/" ? {} : { path_prefix: alertmanager.pathname }),
          static_configs: [{ targets: [hostPort(alertmanager)] }],
        },
      ],
    },
    scrape_configs: [
      {
        job_name: "lighthouse-bridge",
        scheme: prometheus.scheme,
        metrics_path: prometheus.metrics_path,
        sample_limit: sampleLimit + (prometheus.agent_pairs.enabled ? samplesAPair * prometheus.agent_pairs.max : 0),
        ...credentials(spec, prometheus.token),
        static_configs: [{ targets: prometheus.targets }],
      },
      ownJob("prometheus", new URL(prometheus.endpoint)),
      ownJob("alertmanager", alertmanager),
      ...(health_checks.prober === undefined ? [] : probes(health_checks.prober, health_checks.endpoints)),
    ],
  };
};

/**
 * A bridge shows about 700 samples, histograms and Node's own included. Ten times that is a label gone wild: then the
 * scrape fails, and BridgeDown says so, before the server runs out of memory.
 */
const sampleLimit = 7000;

/** One for each way in which an elicitation ends. */
const samplesAPair = 4;

const hostPort = ({ host, port, protocol }: URL): string =>
  port === "" ? `${host}:${protocol === "https:" ? 443 : 80}` : host;

const credentials = (spec: Spec, token: SecretRef | undefined) =>
  token === undefined ? {} : { authorization: { type: "Bearer", credentials_file: secretFile(spec, token) } };

const ownJob = (job_name: string, endpoint: URL) => ({
  job_name,
  scheme: endpoint.protocol.slice(0, -1),
  ...(endpoint.pathname === "/" ? {} : { metrics_path: `${endpoint.pathname}/metrics` }),
  static_configs: [{ targets: [hostPort(endpoint)] }],
});

/** One job for each endpoint, because interval and timeout are a job's. The exporter gets the address as a parameter. */
const probes = (prober: string, endpoints: Spec["health_checks"]["endpoints"]) =>
  endpoints.map(({ name, url, interval, timeout }) => ({
    job_name: `lighthouse-health/${name}`,
    metrics_path: "/probe",
    params: { module: ["http_2xx"] },
    scrape_interval: interval,
    scrape_timeout: timeout,
    static_configs: [{ targets: [url], labels: { job: "lighthouse-health", check: name } }],
    relabel_configs: [
      { source_labels: ["__address__"], target_label: "__param_target" },
      { source_labels: ["__param_target"], target_label: "instance" },
      { target_label: "__address__", replacement: prober },
    ],
  }));

const alertGroups = (alerts: readonly EffectiveAlert[]) => {
  const groups = new Map(alerts.map((alert) => [groupOf(alert).name, groupOf(alert)]));
  return [...groups.values()].map((group) => ({
    ...group,
    rules: alerts
      .filter((alert) => groupOf(alert).name === group.name)
      .map((alert) => ({
        alert: alert.name,
        expr: alert.expr,
        ...(alert.for === "0s" ? {} : { for: alert.for }),
        labels: alert.labels,
        annotations: alert.annotations,
      })),
  }));
};
