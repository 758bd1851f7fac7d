import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logstashOf } from "../../src/cli/review/logstash-port.ts";
import { type FakeServer, fakeServer } from "../ops/fake-server.ts";
import { type LiveBridge, startLiveBridge } from "../ops/live-bridge.ts";
import { specFrom } from "../ops/tree.ts";
import { lookAt } from "./look.ts";

/**
 * A collector that takes everything, or refuses everything, and a stand-in for Logstash: takes lines over TCP, and counts
 * them as its API does. No real Logstash was asked: there is none that could be installed here.
 */
let collector: FakeServer;
let bridge: LiveBridge;
let status = 200;
let lines = 0;
const sockets = new Set<Socket>();
const logstash = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.on("data", (data) => {
    lines += data.toString("utf8").split("\n").length - 1;
  });
});
let yaml: string;

beforeAll(async () => {
  collector = await fakeServer(({ path }) =>
    path.startsWith("/_node/")
      ? { status: 200, body: { pipelines: { lighthouse: { events: { in: lines, out: lines } } } } }
      : { status, headers: { "content-type": "application/x-protobuf" } },
  );
  await new Promise<void>((listening) => logstash.listen(0, "127.0.0.1", listening));
  const { port } = logstash.address() as { readonly port: number };
  yaml = `
tracing: { opentelemetry: { endpoint: "${new URL(collector.url).host}", protocol: http/protobuf } }
logging: { logstash: { endpoint: "127.0.0.1:${port}", api: "${collector.url}" } }
`;
  bridge = await startLiveBridge({ "monitoring.yaml": yaml });
});
afterAll(async () => {
  await bridge?.stop();
  await collector?.close();
  for (const socket of sockets) socket.destroy();
  logstash.close();
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

test("lines that Logstash counts have arrived", async () => {
  const ports = { logstash: logstashOf(specFrom(yaml), new AbortController().signal) };
  expect(await lookAt({ ...bridge, probes: ["logstash"], ports })).toMatchObject([
    { check: "monitoring.logstash", state: "pass" },
  ]);
});
