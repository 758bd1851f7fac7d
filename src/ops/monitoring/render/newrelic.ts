import type { Spec } from "../spec/schema.ts";
import { metricNames } from "./exported-metrics.ts";
import type { Renderer } from "./rendered.ts";
import { yamlFile } from "./text.ts";

/** newrelic/: what the bridge sends to New Relic's OTLP intake. */
export const renderNewrelic: Renderer = (spec) =>
  spec.exporters.newrelic.enabled
    ? new Map([["newrelic/export.yml", yamlFile(plan(spec))]])
    : new Map<string, string>();

const plan = ({ environment, exporters: { newrelic } }: Spec) => ({
  vendor: "New Relic",
  endpoint: newrelicEndpoint(newrelic.region),
  format: "OTLP over HTTP, protobuf, delta temporality",
  headers: { "api-key": newrelic.license_key },
  resource: { "service.name": newrelic.app_name, "deployment.environment.name": environment },
  metrics: metricNames,
});

export const newrelicEndpoint = (region: Spec["exporters"]["newrelic"]["region"]): string =>
  region === "eu" ? "https://otlp.eu01.nr-data.net/v1/metrics" : "https://otlp.nr-data.net/v1/metrics";
