import { describe, expect, it } from "vitest";
import { readSpec } from "../ops/monitoring/spec.ts";
import { telemetryConfig } from "./telemetry-config.ts";

const read = (text: string, env: Record<string, string> = {}) => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return telemetryConfig(reading.spec, { version: "1.2.3", revision: "abc", node: "here:8765", env });
};
const configOf = (text: string, env: Record<string, string> = {}) => {
  const outcome = read(text, env);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.missing));
  return outcome.config;
};

describe("the telemetry of an empty monitoring.yaml", () => {
  it("sends nothing anywhere", () => {
    const { traces, logs, metrics, service } = configOf("");
    expect({ traces, logs, metrics }).toEqual({ traces: undefined, logs: {}, metrics: {} });
    expect(service).toEqual({
      name: "lighthouse-bridge",
      version: "1.2.3",
      environment: "production",
      node: { name: "here:8765" },
    });
  });
});

describe("traces", () => {
  it("go to the collector where there is one, and else to Jaeger, sampled as the file says", () => {
    const jaeger = "tracing: { jaeger: { sampler_param: 0.25 }";
    expect(configOf(`${jaeger} }`).traces).toEqual({
      to: { protocol: "http/protobuf", endpoint: "http://localhost:4318" },
      sampling: { ratio: 0.25, perSecondMax: 100 },
    });
    expect(configOf(`${jaeger}, opentelemetry: {} }`).traces?.to).toEqual({
      protocol: "grpc",
      address: "localhost:4317",
    });
    const http = "tracing: { opentelemetry: { endpoint: 'c:4318', protocol: http/protobuf } }";
    expect(configOf(http).traces?.to).toEqual({ protocol: "http/protobuf", endpoint: "http://c:4318" });
  });
});

describe("log lines", () => {
  it("go through Logstash where there is one, and never twice", () => {
    expect(configOf("logging: { logstash: {}, elasticsearch: {} }").logs).toEqual({
      logstash: { address: "localhost:5514", bufferBytes: 10_485_760 },
    });
    expect(configOf("logging: { elasticsearch: {} }").logs.elasticsearch).toMatchObject({
      dataStream: "logs-lighthouse.bridge-production",
    });
  });
});

describe("secrets", () => {
  const vendors = "exporters: { cloudwatch: {}, datadog: {}, newrelic: { license_key: '$" + "{NR}' } }";

  it("come from the environment", () => {
    const { metrics } = configOf(vendors, {
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret",
      DATADOG_API_KEY: "dd",
      NR: "nr",
    });
    expect(metrics.cloudwatch?.credentials).toEqual({ accessKeyId: "id", secretAccessKey: "secret" });
    expect(metrics.datadog).toEqual({ url: "https://otlp.datadoghq.com/v1/metrics", apiKey: "dd" });
    expect(metrics.newrelic?.licenseKey).toBe("nr");
  });

  it("that are missing are all named at once, each with its place in the file", () => {
    const outcome = read(vendors, { NR: "" });
    expect(outcome).toEqual({
      ok: false,
      missing: [
        { path: "/exporters/cloudwatch", variable: "AWS_ACCESS_KEY_ID" },
        { path: "/exporters/cloudwatch", variable: "AWS_SECRET_ACCESS_KEY" },
        { path: "/exporters/datadog/api_key", variable: "DATADOG_API_KEY" },
        { path: "/exporters/newrelic/license_key", variable: "NR" },
      ],
    });
  });
});
