import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type OpenDoors, openDoors } from "../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../test/support/test-bridge.ts";
import { until } from "../../../test/support/until.ts";
import { webhookNet } from "../../cli/webhook-net.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const open = async () => {
  const doors = await openDoors({ webhooks: { net: webhookNet, mayBePrivate: true } });
  closing.push(() => doors.shut());
  return { doors, alice: await doors.register("alice"), bob: await doors.register("bob") };
};
const connect = async (doors: OpenDoors, as: TestAgent, options: { readonly autoPong?: boolean } = {}) => {
  const ws = new WebSocket(doors.socketUrl, "lighthouse.v1", { headers: as.headers, ...options });
  closing.push(() => ws.terminate());
  await new Promise((opened) => ws.once("open", opened));
  const params = { inbox: true, outcomes: false };
  ws.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.open", params }));
  await new Promise((replied) => ws.once("message", replied));
  return ws;
};
const ping = async (doors: OpenDoors, as: TestAgent, name = "bob") =>
  (await doors.call({ method: "POST", url: `/v1/agents/${name}/ping`, as, body: {} })).json<{ reach: object }>().reach;
const receiver = async (status: number) => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
    request.on("end", () => response.writeHead(status).end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  closing.push(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies };
};
const set = (doors: OpenDoors, as: TestAgent, url: string) => doors.call({ url: "/v1/webhook", as, body: { url } });

test("a client that is connected and runs answers; so it is on record, in the listing and in the receipt of what waits", async () => {
  const { doors, alice, bob } = await open();
  await connect(doors, bob);
  expect(await ping(doors, alice)).toMatchObject({ class: "live", ping: { via: "websocket", ok: true } });
  const { agents } = (await doors.call({ url: "/v1/agents", as: alice })).json<{ agents: readonly object[] }>();
  expect(agents).toContainEqual(
    expect.objectContaining({ name: "bob", reach: expect.objectContaining({ ping: expect.anything() }) }),
  );
  const id = await doors.ask("alice", "bob");
  const receipt = await doors.call({ url: `/v1/elicitations/${id}/receipt`, as: alice });
  expect(receipt.json()).toMatchObject({ reach: { state: "reachable", ping: { ok: true } } });
  const measured = (await doors.events()).filter(({ type }) => type === "reach.measured");
  expect(measured).toMatchObject([{ actor: "alice", data: { agent: "bob", via: "websocket", ok: true } }]);
});

test("a client that is connected and stuck is not called reached, whatever its socket says", async () => {
  const { doors, alice, bob } = await open();
  await connect(doors, bob, { autoPong: false });
  const pinging = ping(doors, alice);
  await until(() => doors.bridge.deliver.presence.isReachable("bob"));
  await doors.call({ url: "/v1/agents", as: alice });
  await doors.clock.advance(doors.bridge.limits.pingMs);
  expect(await pinging).toMatchObject({
    state: "reachable",
    ping: { via: "websocket", ok: false, says: expect.stringContaining("5000 ms") },
  });
});

test("a webhook is posted a signed canary: a 2xx is an answer, anything else is none", async () => {
  const { doors, alice, bob } = await open();
  const good = await receiver(204);
  await set(doors, bob, good.url);
  expect(await ping(doors, alice)).toMatchObject({ ping: { via: "webhook", ok: true, says: "took it with 204" } });
  expect(JSON.parse(good.bodies.join(""))).toMatchObject({ type: "agent.ping", data: { agent: "bob" } });
  await set(doors, bob, (await receiver(500)).url);
  expect(await ping(doors, alice)).toMatchObject({ ping: { via: "webhook", ok: false, says: "said 500" } });
});

test("where no answer could come back, nothing is claimed, and who does not exist is refused", async () => {
  const { doors, alice } = await open();
  expect(await ping(doors, alice)).toMatchObject({
    state: "never_seen",
    class: "none",
    ping: { via: "none", ok: false },
  });
  const nobody = await doors.call({ method: "POST", url: "/v1/agents/zoe/ping", as: alice, body: {} });
  expect(nobody.problem()).toMatchObject({ code: "agent_unknown" });
});
