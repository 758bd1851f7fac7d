import { inSeconds } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import { logStream } from "./elastic-stream.ts";
import { prometheusSource } from "./grafana-panel.ts";

/** The data sources that the dashboards name by uid. Grafana itself fills in `$VARIABLES` when it reads the file. */
export const dataSources = (spec: Spec) => ({
  apiVersion: 1,
  datasources: [
    ...prometheus(spec),
    ...(spec.prometheus.enabled ? [alertmanager(spec)] : []),
    ...(spec.tracing.jaeger.enabled ? [jaeger(spec)] : []),
    ...(spec.logging.elasticsearch.enabled ? [elasticsearch(spec)] : []),
  ],
});

/** The organisation that a fresh Grafana has. Files cannot name one, only number it. */
const orgId = 1;
const proxied = { orgId, access: "proxy", editable: false } as const;

const prometheus = ({ prometheus: { enabled, endpoint, scrape_interval }, tracing }: Spec) =>
  enabled
    ? [
        {
          name: "Lighthouse Prometheus",
          ...prometheusSource,
          ...proxied,
          url: endpoint,
          isDefault: true,
          jsonData: {
            httpMethod: "POST",
            // `$__rate_interval` is four times this.
            timeInterval: `${inSeconds(scrape_interval)}s`,
            manageAlerts: false,
            ...(tracing.jaeger.enabled
              ? { exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "lighthouse-jaeger" }] }
              : {}),
          },
        },
      ]
    : [];

/** For looking only: Alertmanager owns the alerts. With two owners everybody is called twice. */
const alertmanager = ({ alerting }: Spec) => ({
  name: "Lighthouse Alertmanager",
  type: "alertmanager",
  uid: "lighthouse-alertmanager",
  ...proxied,
  url: alerting.alertmanager.endpoint,
  jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
});

const jaeger = ({
  tracing: {
    jaeger: { ui },
  },
  logging,
}: Spec) => ({
  name: "Lighthouse Jaeger",
  type: "jaeger",
  uid: "lighthouse-jaeger",
  ...proxied,
  url: ui,
  jsonData: logging.elasticsearch.enabled
    ? {
        tracesToLogsV2: {
          datasourceUid: "lighthouse-logs",
          customQuery: true,
          query: 'trace.id: "$${__trace.traceId}"',
        },
      }
    : {},
});

const elasticsearch = (spec: Spec) => {
  const { endpoint, api_key } = spec.logging.elasticsearch;
  return {
    name: "Lighthouse Logs",
    type: "elasticsearch",
    uid: "lighthouse-logs",
    ...proxied,
    url: endpoint,
    jsonData: {
      index: logStream(spec),
      timeField: "@timestamp",
      logMessageField: "message",
      logLevelField: "log.level",
      ...(api_key === undefined ? {} : { httpHeaderName1: "Authorization" }),
    },
    ...(api_key === undefined ? {} : { secureJsonData: { httpHeaderValue1: `ApiKey ${api_key}` } }),
  };
};
