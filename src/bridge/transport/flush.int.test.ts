import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../../../test/support/tcp-listener.ts";
import { testBridge } from "../../../test/support/test-bridge.ts";
import type { Clock, Scheduler } from "../../domain/world.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { serveWebSocket } from "./websocket.ts";

const time: Clock & Scheduler = {
  now: Date.now,
  monotonic: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Node tells a write that it is done with `undefined` when it was alone, and with `null` when others waited behind it. */
it("every question that leaves over a real socket is on record as offered, also in a burst that the socket has to queue", async () => {
  const metrics = createMetrics({ clock: time, build: { version: "1", revision: "r", node: "24" } });
  const t = await testBridge({ time, observer: metrics.observer, projections: [metrics] });
  await t.register("alice");
  const bob = await t.register("bob");
  const server = createServer();
  const close = serveWebSocket(server, {
    bridge: t.bridge,
    scheduler: time,
    newSession: () => "s1",
    onFault: t.onFault,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: bob.headers });
  let received = 0;
  socket.on("message", (data) => {
    if (data.toString().includes('"method":"offer"')) received++;
  });
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.open", params: { inbox: true } }));
  await new Promise((resolve) => socket.once("message", resolve));

  const asked = 200;
  const message = "a question of a few kilobytes ".repeat(100);
  await Promise.all(Array.from({ length: asked }, () => t.ask("alice", "bob", { message })));
  await eventually(() => received === asked);
  const offered = async () => (await t.events()).filter(({ type }) => type === "elicitation.offered").length;
  for (let turn = 0; turn < 100 && (await offered()) < asked; turn++) await new Promise((r) => setTimeout(r, 10));

  expect(await offered()).toBe(asked);
  const { text } = await metrics.expose();
  expect(text).toContain(`lighthouse_deliveries_total{via="websocket",result="offered",arm="canary"} ${asked}`);
  expect(text).toContain('lighthouse_deliveries_total{via="websocket",result="failed",arm="canary"} 0');
  expect(t.faults).toEqual([]);
  socket.terminate();
  close();
  server.close();
  await t.close();
});
