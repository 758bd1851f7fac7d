import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeServer, fakeServer } from "../ops/fake-server.ts";
import { type LiveBridge, startLiveBridge } from "../ops/live-bridge.ts";
import { lookAt } from "./look.ts";

/** A collector that takes everything, or refuses everything. */
let collector: FakeServer;
let bridge: LiveBridge;
let status = 200;

beforeAll(async () => {
  collector = await fakeServer(() => ({ status, headers: { "content-type": "application/x-protobuf" } }));
  const monitoring = `tracing: { opentelemetry: { endpoint: "${new URL(collector.url).host}", protocol: http/protobuf } }`;
  bridge = await startLiveBridge({ "monitoring.yaml": `${monitoring}\n` });
});
afterAll(async () => {
  await bridge?.stop();
  await collector?.close();
});

const look = () => lookAt({ ...bridge, probes: ["exports"], ports: { exporters: ["otlp_traces"] } });

test("spans that the collector takes are taken", async () => {
  expect(await look()).toMatchObject([{ check: "monitoring.exports", state: "pass" }]);
  expect(collector.seen.map(({ path }) => path)).toContain("/v1/traces");
});

test("spans that it refuses are not", async () => {
  status = 401;
  expect(await look()).toMatchObject([{ check: "monitoring.exports", state: "fail" }]);
});
