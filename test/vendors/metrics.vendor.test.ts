import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloudwatch } from "../../src/bridge/telemetry/export/cloudwatch.ts";
import { metricsOverHttp } from "../../src/bridge/telemetry/export/otlp-metrics.ts";
import { type PeriodicOptions, periodic } from "../../src/bridge/telemetry/export/periodic.ts";
import { postBy } from "../../src/bridge/telemetry/export/post.ts";
import { openSeries } from "../../src/bridge/telemetry/series.ts";
import { signals } from "../../src/domain/signal.ts";
import { clock, freePort, scheduler } from "../ops/stack.ts";
import { writeTree } from "../ops/tree.ts";
import { eventually } from "./eventually.ts";
import { type Server, startCollector, startMoto } from "./servers.ts";

/** What Datadog, New Relic and CloudWatch are sent, read by servers that none of us wrote. */
const told = { sent: 0, failed: [] as string[], dropped: 0 };

/** Three questions and two times, sent once. */
const sendOnce = async (send: PeriodicOptions["send"]): Promise<void> => {
  const series = openSeries(Object.values(signals), () => undefined);
  const exporter = periodic({
    clock,
    scheduler,
    families: series.families,
    refresh: async () => undefined,
    send,
    watch: {
      sent: () => {
        told.sent++;
      },
      failed: (reason) => void told.failed.push(reason),
      dropped: (items) => {
        told.dropped += items;
      },
    },
    everyMs: 60_000,
  });
  series.add(signals.elicitationsAsked, { arm: "stable" }, 3);
  for (const seconds of [0.004, 9]) series.record(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, seconds);
  await exporter.close();
};

describe("metrics over OTLP, in a real collector", () => {
  let collector: Server;
  let folder: string;
  let port: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lighthouse-metrics-"));
    port = await freePort();
    const configuration = `
extensions: { health_check: { endpoint: "127.0.0.1:13134" } }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { debug: { verbosity: detailed } }
service:
  telemetry: { metrics: { level: none } }
  extensions: [health_check]
  pipelines: { metrics: { receivers: [otlp], exporters: [debug] } }
`;
    writeTree(folder, new Map([["collector.yml", configuration]]));
    collector = await startCollector(join(folder, "collector.yml"));
  });
  afterAll(async () => {
    await collector?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are deltas, counters monotonic, histograms with the bounds of the promise", async () => {
    const resource = resourceFromAttributes({ "service.name": "lighthouse-bridge" });
    await sendOnce(metricsOverHttp(postBy(fetch), `http://127.0.0.1:${port}/v1/metrics`, { "api-key": "k" }, resource));
    expect(told).toEqual({ sent: 1, failed: [], dropped: 0 });
    await eventually("the collector wrote them down", async () => collector.log().includes("Buckets #"));
    const log = collector.log();
    expect(log).toMatch(
      /-> Name: lighthouse_elicitations_asked_total[\s\S]*?DataType: Sum\s+-> IsMonotonic: true\s+-> AggregationTemporality: Delta[\s\S]*?-> arm: Str\(stable\)[\s\S]*?Value: 3/,
    );
    expect(log).toMatch(
      /-> Name: lighthouse_bridge_overhead_seconds[\s\S]*?-> Unit: s\s+-> DataType: Histogram\s+-> AggregationTemporality: Delta[\s\S]*?Count: 2\s+Sum: 9\.004[\s\S]*?ExplicitBounds #\d+: 0\.300000/,
    );
  });
});

describe("metrics for CloudWatch, in moto", () => {
  let moto: Server;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.stop());

  it("are taken, and are there when CloudWatch is asked for them", async () => {
    Object.assign(told, { sent: 0, failed: [], dropped: 0 });
    const options = {
      post: postBy(fetch),
      clock,
      region: "eu-central-1",
      endpoint: `${moto.url}/`,
      namespace: "Lighthouse/Test",
      credentials: { accessKeyId: "AKID", secretAccessKey: "canary-secret" },
      dimensions: { environment: "test" },
    };
    await sendOnce(cloudwatch(options));
    expect(told).toEqual({ sent: 1, failed: [], dropped: 0 });
    const kept = (await fetch(`${moto.url}/moto-api/data.json`).then((each) => each.json())) as {
      readonly cloudwatch: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
    };
    const data = kept.cloudwatch["MetricDatum"] ?? [];
    expect(data).toContainEqual(
      expect.objectContaining({ name: "lighthouse_elicitations_asked_total", namespace: "Lighthouse/Test", value: 3 }),
    );
    expect(data.filter(({ name }) => name === "lighthouse_bridge_overhead_seconds").length).toBeGreaterThan(0);
  });
});
