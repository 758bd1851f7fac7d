import { resourceFromAttributes } from "@opentelemetry/resources";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer, type Outgoing } from "../../../../test/ops/fake-server.ts";
import { manualTime } from "../../../../test/support/manual-time.ts";
import { attributesOf, metricsIn } from "../../../../test/support/otlp.ts";
import { eventually } from "../../../../test/support/tcp-listener.ts";
import { signals } from "../../../domain/signal.ts";
import { openSeries } from "../series.ts";
import { cloudwatch } from "./cloudwatch.ts";
import { metricsOverHttp } from "./otlp-metrics.ts";
import { type PeriodicOptions, periodic } from "./periodic.ts";
import { postBy } from "./post.ts";

const START_MS = 1_767_571_200_000;
const key = "canary-api-key";

let vendor: FakeServer;
afterEach(() => vendor.close());

/** Series, a clock, and an exporter that sends once a minute by `send`. */
const exporting = (send: PeriodicOptions["send"]) => {
  const time = manualTime(START_MS);
  const series = openSeries(Object.values(signals), () => undefined);
  const told = { sent: 0, failed: [] as string[], dropped: 0 };
  const exporter = periodic({
    clock: time,
    scheduler: time,
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
  const rounds = () => told.sent + told.failed.length;
  const minute = async (): Promise<void> => {
    const before = rounds();
    await time.advance(60_000);
    await eventually(() => rounds() > before);
    await time.advance(0);
  };
  return { series, told, exporter, minute };
};

const ask = { arm: "stable" } as const;

describe.each([
  { name: "Datadog", header: "dd-api-key" },
  { name: "New Relic", header: "api-key" },
])("metrics for $name", ({ header }) => {
  beforeEach(async () => {
    vendor = await fakeServer(({ method, path, headers }): Outgoing => {
      if (method !== "POST" || path !== "/v1/metrics") return { status: 404 };
      if (headers[header] !== key) return { status: 403, body: "Forbidden" };
      if (headers["content-type"] !== "application/x-protobuf") return { status: 415 };
      return { status: 200 };
    });
  });
  const sending = (apiKey = key) =>
    metricsOverHttp(
      postBy(fetch),
      `${vendor.url}/v1/metrics`,
      { [header]: apiKey },
      resourceFromAttributes({ "service.name": "lighthouse-bridge" }),
    );

  it("are OTLP in protobuf: deltas of what happened, gauges as they are, nothing that never happened", async () => {
    const { series, minute, told } = exporting(sending());
    series.add(signals.elicitationsAsked, ask, 3);
    series.set(signals.logPosition, {}, 17);
    series.record(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, 0.004);
    series.record(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, 0.4);
    await minute();
    const metrics = metricsIn(vendor.seen[0]?.bytes ?? new Uint8Array());
    expect(metrics.map(({ name }) => name).sort()).toEqual([
      "lighthouse_bridge_overhead_seconds",
      "lighthouse_elicitations_asked_total",
      "lighthouse_log_position",
    ]);
    const asked = metrics.find(({ name }) => name === "lighthouse_elicitations_asked_total");
    expect(asked?.sum).toMatchObject({ aggregationTemporality: 1, isMonotonic: true });
    expect(asked?.sum?.dataPoints[0]?.asDouble ?? asked?.sum?.dataPoints[0]?.asInt).toBe(3);
    const overhead = metrics.find(({ name }) => name === "lighthouse_bridge_overhead_seconds");
    expect(overhead?.unit).toBe("s");
    expect(overhead?.histogram?.aggregationTemporality).toBe(1);
    const [point] = overhead?.histogram?.dataPoints ?? [];
    expect(attributesOf(point?.attributes ?? [])).toEqual({ leg: "ask", arm: "stable" });
    expect(point).toMatchObject({ count: 2, explicitBounds: expect.arrayContaining([0.3, 0.5]) });
    expect(point?.sum).toBeCloseTo(0.404);

    series.add(signals.elicitationsAsked, ask, 1);
    await minute();
    const again = metricsIn(vendor.seen[1]?.bytes ?? new Uint8Array());
    expect(again.map(({ name }) => name)).toEqual(["lighthouse_elicitations_asked_total", "lighthouse_log_position"]);
    expect(told).toEqual({ sent: 2, failed: [], dropped: 0 });
  });

  it("that could not be sent are part of the next, and the failure is counted", async () => {
    const { series, minute, told } = exporting(sending());
    series.add(signals.elicitationsAsked, ask, 3);
    vendor.instead({ status: 503 });
    await minute();
    series.add(signals.elicitationsAsked, ask, 4);
    vendor.instead({ status: 0, hangUp: true });
    await minute();
    await minute();
    expect(told).toMatchObject({ sent: 1, dropped: 0 });
    expect(told.failed).toEqual([expect.stringContaining("503"), expect.any(String)]);
    const last = metricsIn(vendor.seen.at(-1)?.bytes ?? new Uint8Array());
    const { asDouble, asInt } =
      last.find(({ name }) => name === "lighthouse_elicitations_asked_total")?.sum?.dataPoints[0] ?? {};
    expect(asDouble ?? asInt).toBe(7);
  });

  it("with a wrong key are given up and counted, and the key is in no message", async () => {
    const { series, minute, told } = exporting(sending("canary-wrong-key"));
    series.add(signals.elicitationsAsked, ask, 3);
    await minute();
    expect(told.failed).toEqual([expect.stringContaining("403")]);
    expect(told.dropped).toBe(1);
    expect(JSON.stringify(told)).not.toContain("canary");
  });

  it("are sent once more when it closes", async () => {
    const { series, told, exporter } = exporting(sending());
    series.add(signals.elicitationsAsked, ask, 3);
    await exporter.close();
    expect(told.sent).toBe(1);
    expect(vendor.seen).toHaveLength(1);
  });
});

describe("metrics for CloudWatch", () => {
  beforeEach(async () => {
    vendor = await fakeServer(({ method, headers, text }): Outgoing => {
      if (method !== "POST" || headers["x-amz-target"] !== "GraniteServiceVersion20100801.PutMetricData")
        return { status: 400 };
      if (headers["content-type"] !== "application/x-amz-json-1.0") return { status: 400 };
      if (
        !/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-west-2\/monitoring\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/.test(
          headers.authorization ?? "",
        )
      ) {
        return { status: 403, body: { __type: "InvalidSignatureException" } };
      }
      const { MetricData } = JSON.parse(text) as {
        MetricData: { Value?: unknown; Values?: unknown[]; Counts?: unknown[] }[];
      };
      const isWrong = MetricData.some(
        ({ Value, Values, Counts }) =>
          (Value === undefined) === (Values === undefined) ||
          Values?.length !== Counts?.length ||
          (Values?.length ?? 0) > 150,
      );
      return isWrong || MetricData.length > 1000
        ? { status: 400, body: { __type: "InvalidParameterValue" } }
        : { status: 200, body: {} };
    });
  });

  it("are signed, and within what PutMetricData documents: units, dimensions, values with counts", async () => {
    const post = postBy(fetch);
    const clock = manualTime(START_MS);
    const { series, minute, told } = exporting(
      cloudwatch({
        post,
        clock,
        region: "us-west-2",
        endpoint: `${vendor.url}/`,
        namespace: "Lighthouse/Production",
        credentials: { accessKeyId: "AKID", secretAccessKey: "canary-secret" },
        dimensions: { environment: "production" },
      }),
    );
    series.add(signals.elicitationsAsked, ask, 3);
    for (const seconds of [0.004, 0.004, 9])
      series.record(signals.bridgeOverhead, { leg: "ask", arm: "stable" }, seconds);
    await minute();
    expect(told).toEqual({ sent: 1, failed: [], dropped: 0 });
    const body = JSON.parse(vendor.seen[0]?.text ?? "");
    expect(body.Namespace).toBe("Lighthouse/Production");
    expect(body.MetricData).toContainEqual({
      MetricName: "lighthouse_elicitations_asked_total",
      Dimensions: [
        { Name: "environment", Value: "production" },
        { Name: "arm", Value: "stable" },
      ],
      Timestamp: START_MS / 1000 + 60,
      Unit: "Count",
      StorageResolution: 60,
      Value: 3,
    });
    expect(body.MetricData).toContainEqual(
      expect.objectContaining({
        MetricName: "lighthouse_bridge_overhead_seconds",
        Unit: "Seconds",
        Values: [0.00375, 5],
        Counts: [2, 1],
      }),
    );
    expect(JSON.stringify(vendor.seen.map(({ headers, text }) => [headers, text]))).not.toContain("canary");
  });
});
