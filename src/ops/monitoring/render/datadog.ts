import type { Spec } from "../spec/schema.ts";
import { metricNames } from "./exported-metrics.ts";
import type { Renderer } from "./rendered.ts";
import { yamlFile } from "./text.ts";

/** datadog/: what the bridge sends to Datadog's OTLP intake. */
export const renderDatadog: Renderer = (spec) =>
  spec.exporters.datadog.enabled ? new Map([["datadog/export.yml", yamlFile(plan(spec))]]) : new Map<string, string>();

const plan = ({ environment, exporters: { datadog } }: Spec) => ({
  vendor: "Datadog",
  endpoint: datadogEndpoint(datadog.site),
  // Datadog refuses cumulative sums.
  format: "OTLP over HTTP, protobuf, delta temporality",
  headers: { "dd-api-key": datadog.api_key },
  resource: { "service.name": "lighthouse-bridge", "deployment.environment.name": environment },
  metrics: metricNames,
});

export const datadogEndpoint = (site: Spec["exporters"]["datadog"]["site"]): string =>
  `https://otlp.${site}/v1/metrics`;
