import type { Spec } from "../spec/schema.ts";
import { dashboardsPath } from "./grafana.ts";
import { isLocal, placeOf } from "./otel-listen.ts";
import type { Renderer } from "./rendered.ts";
import { variableOf } from "./secret.ts";
import { yamlFile } from "./text.ts";

/**
 * compose.yml: everything of this file that is on the bridge's own machine, in containers with pinned images. A product
 * whose address is elsewhere is somebody else's to run. All of it shares the host's network, so that `localhost:9090`
 * means the same in every rendered file whether or not a container reads it.
 */
export const renderCompose: Renderer = (spec) => {
  const services = Object.fromEntries(servicesOf(spec).filter(([, service]) => service !== undefined));
  const volumes = Object.keys(services).filter((name) => kept.has(name));
  if (Object.keys(services).length === 0) return new Map();
  const file = {
    name: "lighthouse-monitoring",
    services,
    ...(volumes.length === 0 ? {} : { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) }),
  };
  return new Map([["compose.yml", yamlFile(file)]]);
};

/** Exact versions, each seen in use together with the formats that are rendered for it. Prometheus' is the LTS line. */
export const images = {
  prometheus: "prom/prometheus:v3.5.5",
  alertmanager: "prom/alertmanager:v0.33.1",
  blackbox: "prom/blackbox-exporter:v0.28.0",
  grafana: "grafana/grafana:13.2.3",
  jaeger: "jaegertracing/jaeger:2.20.0",
  collector: "otel/opentelemetry-collector:0.159.0",
  elasticsearch: "docker.elastic.co/elasticsearch/elasticsearch:9.4.2",
  logstash: "docker.elastic.co/logstash/logstash:9.4.2",
} as const;

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}

/** Services that keep something between two starts, and where. */
const kept: ReadonlyMap<string, string> = new Map([
  ["prometheus", "/prometheus"],
  ["alertmanager", "/alertmanager"],
  ["grafana", "/var/lib/grafana"],
  ["elasticsearch", "/usr/share/elasticsearch/data"],
  ["logstash", "/usr/share/logstash/data"],
]);

const servicesOf = (spec: Spec): readonly (readonly [string, object | undefined])[] =>
  (
    [
      ["prometheus", prometheus(spec)],
      ["alertmanager", alertmanager(spec)],
      ["blackbox", blackbox(spec)],
      ["grafana", grafana(spec)],
      ["jaeger", jaeger(spec)],
      ["collector", collector(spec)],
      ["elasticsearch", elasticsearch(spec)],
      ["logstash", logstash(spec)],
    ] as const
  ).map(([name, service]) => [name, service === undefined ? undefined : contained(name, service)]);

const contained = (name: string, { volumes = [], ...service }: Service) => {
  const data = kept.get(name);
  return {
    ...service,
    network_mode: "host",
    restart: "unless-stopped",
    security_opt: ["no-new-privileges:true"],
    logging: { driver: "local" },
    volumes: [...volumes, ...(data === undefined ? [] : [`${name}:${data}`])],
  };
};

const listen = (endpoint: string): string => `127.0.0.1:${placeOf(endpoint).port}`;
const secrets = ({ alerting: { secrets_dir } }: Spec): string => `${secrets_dir}:${secrets_dir}:ro`;

const prometheus = (spec: Spec): Service | undefined => {
  const { enabled, endpoint, retention } = spec.prometheus;
  if (!enabled || !isLocal(endpoint)) return undefined;
  return {
    image: images.prometheus,
    command: [
      "--config.file=/etc/prometheus/prometheus.yml",
      "--storage.tsdb.path=/prometheus",
      `--storage.tsdb.retention.time=${retention}`,
      // Without it the traces that a histogram's buckets name are thrown away.
      "--enable-feature=exemplar-storage",
      "--web.enable-lifecycle",
      `--web.listen-address=${listen(endpoint)}`,
    ],
    volumes: ["./prometheus:/etc/prometheus:ro", ...(spec.prometheus.token === undefined ? [] : [secrets(spec)])],
  };
};

const alertmanager = (spec: Spec): Service | undefined => {
  const { endpoint } = spec.alerting.alertmanager;
  if (!spec.prometheus.enabled || !isLocal(endpoint)) return undefined;
  return {
    image: images.alertmanager,
    command: [
      "--config.file=/etc/alertmanager/alertmanager.yml",
      "--storage.path=/alertmanager",
      `--web.listen-address=${listen(endpoint)}`,
      // One of a kind: without a cluster it need not wait to settle.
      "--cluster.listen-address=",
      // Counts notifications by receiver too: what a test of a channel is told apart by.
      "--enable-feature=receiver-name-in-metrics",
    ],
    volumes: ["./alertmanager:/etc/alertmanager:ro", secrets(spec)],
  };
};

/** Its own settings know `http_2xx`, which is the one that is asked for. */
const blackbox = ({ health_checks: { prober } }: Spec): Service | undefined =>
  prober === undefined || !isLocal(prober)
    ? undefined
    : {
        image: images.blackbox,
        command: ["--config.file=/etc/blackbox_exporter/config.yml", `--web.listen-address=${listen(prober)}`],
      };

const grafana = (spec: Spec): Service | undefined => {
  const { enabled, endpoint } = spec.grafana;
  if (!enabled || !isLocal(endpoint)) return undefined;
  const { api_key } = spec.logging.elasticsearch;
  return {
    image: images.grafana,
    environment: {
      GF_SERVER_HTTP_ADDR: "127.0.0.1",
      GF_SERVER_HTTP_PORT: String(placeOf(endpoint).port),
      GF_ANALYTICS_REPORTING_ENABLED: "false",
      GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
      ...passed(api_key),
    },
    volumes: ["./grafana/provisioning:/etc/grafana/provisioning:ro", `./grafana/dashboards:${dashboardsPath}:ro`],
  };
};

/** From the environment of whoever starts it; compose refuses to start without it. */
const passed = (reference: Spec["logging"]["elasticsearch"]["api_key"]): Record<string, string> => {
  if (reference === undefined) return {};
  const name = variableOf(reference);
  return { [name]: `\${${name}:?}` };
};

const jaeger = ({ tracing }: Spec): Service | undefined =>
  tracing.jaeger.enabled && isLocal(tracing.jaeger.endpoint)
    ? {
        image: images.jaeger,
        command: ["--config=/etc/jaeger/jaeger.yml"],
        volumes: ["./jaeger:/etc/jaeger:ro"],
      }
    : undefined;

const collector = ({ tracing: { opentelemetry } }: Spec): Service | undefined =>
  opentelemetry.enabled && isLocal(opentelemetry.endpoint)
    ? {
        image: images.collector,
        command: ["--config=/etc/otelcol/collector.yml"],
        volumes: ["./otel:/etc/otelcol:ro"],
      }
    : undefined;

const elasticsearch = ({ logging }: Spec): Service | undefined => {
  const { enabled, endpoint, api_key } = logging.elasticsearch;
  if (!enabled || !isLocal(endpoint)) return undefined;
  return {
    image: images.elasticsearch,
    environment: {
      "discovery.type": "single-node",
      "network.host": "127.0.0.1",
      "http.port": String(placeOf(endpoint).port),
      // On loopback and without keys there is nobody to keep out; with a key there is, and a password to set.
      "xpack.security.enabled": api_key === undefined ? "false" : "true",
      "xpack.security.http.ssl.enabled": "false",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in, and refuses to start without it
      ...(api_key === undefined ? {} : { ELASTIC_PASSWORD: "${ELASTIC_PASSWORD:?}" }),
      ES_JAVA_OPTS: "-Xms512m -Xmx512m",
    },
  };
};

const logstash = (spec: Spec): Service | undefined => {
  const { enabled, endpoint } = spec.logging.logstash;
  if (!enabled || !isLocal(endpoint)) return undefined;
  return {
    image: images.logstash,
    environment: {
      XPACK_MONITORING_ENABLED: "false",
      API_HTTP_HOST: "127.0.0.1",
      LS_JAVA_OPTS: "-Xms256m -Xmx256m",
      ...passed(spec.logging.elasticsearch.enabled ? spec.logging.elasticsearch.api_key : undefined),
    },
    volumes: [
      "./logstash/pipeline:/usr/share/logstash/pipeline:ro",
      "./logstash/config/pipelines.yml:/usr/share/logstash/config/pipelines.yml:ro",
    ],
  };
};
