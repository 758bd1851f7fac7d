import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HttpDoor, httpDoor } from "../../../test/support/http-door.ts";
import type { TestAgent } from "../../../test/support/test-bridge.ts";
import { until } from "../../../test/support/until.ts";
import { webhookNet } from "../../cli/webhook-net.ts";
import type { WebhookNet } from "./webhooks.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let port: number;
let received: Received[] = [];
let respond: (response: ServerResponse) => void;
const doors: HttpDoor[] = [];

beforeEach(async () => {
  received = [];
  respond = (response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      respond(response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.app.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const open = async (mayBePrivate = true, net: WebhookNet = webhookNet) => {
  const door = await httpDoor({ webhooks: { net, mayBePrivate } });
  doors.push(door);
  const [alice, bob] = [await door.register("alice"), await door.register("bob")];
  return { door, alice, bob };
};
const set = async (door: HttpDoor, as: TestAgent, url: string): Promise<string> =>
  (await door.call({ url: "/v1/webhook", as, body: { url } })).json<{ secret: string }>().secret;
const steps = async (door: HttpDoor, as: TestAgent, id: string) =>
  (await door.call({ url: `/v1/elicitations/${id}/receipt`, as }))
    .json<{ steps: { what: string; via?: string }[] }>()
    .steps.map(({ what, via }) => (via === undefined ? what : `${what} ${via}`));
const last = async (door: HttpDoor, as: TestAgent) =>
  (await door.call({ url: "/v1/webhook", as })).json<{ last?: { ok: boolean; says: string } }>().last;

test("a question for an agent that is not connected is posted, signed as Standard Webhooks, and then offered", async () => {
  const { door, alice, bob } = await open();
  const secret = await set(door, bob, `http://127.0.0.1:${port}/hook?x=1`);
  const id = await door.ask("alice", "bob", { message: "Ship it?" });
  const { headers, body } = await until(() => received[0]);
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  expect(JSON.parse(body)).toMatchObject({ type: "elicitation.offered", data: { offer: { id, message: "Ship it?" } } });
  await until(async () => (await steps(door, alice, id)).length === 2);
  expect(await steps(door, alice, id)).toEqual(["asked", "offered webhook"]);
  const { agents } = (await door.call({ url: "/v1/agents", as: alice })).json<{
    agents: { name: string; reach: object }[];
  }>();
  expect(agents.find(({ name }) => name === "bob")?.reach).toMatchObject({
    class: "webhook",
    proof: { via: "webhook", heardAt: null },
  });
  const events = JSON.stringify(await door.events());
  expect(events).not.toContain(secret);
  expect(events).not.toContain(secret.replace("whsec_", ""));
});

describe("the receipt says what happened, when the receiver", () => {
  test.each([
    { does: "fails", status: 500, says: "said 500" },
    { does: "redirects inward", status: 302, says: "redirects are not followed" },
    { does: "refuses", status: 401, says: "said 401" },
  ])("$does: nothing was offered, and it is tried again until it works", async ({ status, says }) => {
    const { door, alice, bob } = await open();
    await set(door, bob, `http://127.0.0.1:${port}/hook`);
    respond = (response) => response.writeHead(status, { location: `http://127.0.0.1:${port}/inner` }).end();
    const id = await door.ask("alice", "bob");
    await until(async () => (await last(door, bob)) !== undefined);
    expect(await last(door, bob)).toMatchObject({ ok: false, says: expect.stringContaining(says) });
    expect(await steps(door, alice, id)).toEqual(["asked"]);
    expect(received).toHaveLength(1);
    respond = (response) => response.writeHead(200).end();
    await door.clock.advance(5_000);
    await until(async () => (await steps(door, alice, id)).length === 2);
    expect(received.map(({ headers }) => headers["webhook-id"])).toEqual([
      received[0]?.headers["webhook-id"],
      received[0]?.headers["webhook-id"],
    ]);
  });

  test("hangs up without an answer: nothing was offered", async () => {
    const { door, alice, bob } = await open();
    await set(door, bob, `http://127.0.0.1:${port}/hook`);
    respond = (response) => response.destroy();
    const id = await door.ask("alice", "bob");
    await until(async () => (await last(door, bob)) !== undefined);
    expect(await steps(door, alice, id)).toEqual(["asked"]);
  });

  test("says 410: it is asked no more, and that is on record", async () => {
    const { door, alice, bob } = await open();
    await set(door, bob, `http://127.0.0.1:${port}/hook`);
    respond = (response) => response.writeHead(410).end();
    const id = await door.ask("alice", "bob");
    await until(async () => (await door.events()).some(({ type }) => type === "webhook.removed"));
    expect((await door.call({ url: "/v1/webhook", as: bob })).problem().code).toBe("not_found");
    expect(await steps(door, alice, id)).toEqual(["asked"]);
  });
});

test("an agent that is connected gets nothing posted; one that answered meanwhile neither", async () => {
  const { door, bob } = await open();
  await set(door, bob, `http://127.0.0.1:${port}/hook`);
  const detach = door.bridge.deliver.attach({
    agent: "bob",
    session: "ws-1",
    via: "websocket",
    offer: (_offer, _position, _trace, left) => left(),
    notify: () => undefined,
    end: () => undefined,
  });
  await door.ask("alice", "bob");
  await door.clock.advance(60_000);
  detach();
  expect(received).toEqual([]);
});

describe("a URL of a stranger's leads nowhere inside", () => {
  test.each([
    "http://127.0.0.1/x",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "https://169.254.169.254/",
  ])("%s is refused where it is set", async (url) => {
    const { door, bob } = await open(false);
    const refused = await door.call({ url: "/v1/webhook", as: bob, body: { url } });
    expect(refused.problem()).toMatchObject({ code: "invalid_input", problems: [{ pointer: "/url" }] });
  });

  test.each([
    { what: "a private address", addresses: ["10.0.0.7"] },
    { what: "a public and a private one", addresses: ["93.184.216.34", "127.0.0.1"] },
    { what: "nothing", addresses: [] },
  ])("a name that comes to lead to $what is not posted to", async ({ addresses }) => {
    const posted: string[] = [];
    const net: WebhookNet = {
      resolve: async () => addresses,
      post: async ({ address }) => {
        posted.push(address);
        return 200;
      },
    };
    const { door, alice, bob } = await open(false, net);
    await set(door, bob, "https://hooks.example/x");
    const id = await door.ask("alice", "bob");
    await until(async () => (await last(door, bob)) !== undefined);
    expect(posted).toEqual([]);
    expect(await steps(door, alice, id)).toEqual(["asked"]);
  });

  test("the address that was looked at is the one that is connected to, whatever the name leads to next", async () => {
    const addresses = [["93.184.216.34"], ["127.0.0.1"]];
    const posted: string[] = [];
    const net: WebhookNet = {
      resolve: async () => addresses.shift() ?? ["127.0.0.1"],
      post: async ({ address }) => {
        posted.push(address);
        return 200;
      },
    };
    const { door, alice, bob } = await open(false, net);
    await set(door, bob, "https://hooks.example/x");
    const id = await door.ask("alice", "bob");
    await until(async () => (await steps(door, alice, id)).length === 2);
    expect(posted).toEqual(["93.184.216.34"]);
  });
});

test("what was open when the bridge went down is posted when it is back", async () => {
  const { door, bob } = await open();
  await set(door, bob, `http://127.0.0.1:${port}/hook`);
  respond = (response) => response.writeHead(503).end();
  const id = await door.ask("alice", "bob");
  await until(() => received.length === 1);
  await door.close();
  respond = (response) => response.writeHead(200).end();
  const again = await httpDoor({ disk: door.disk, webhooks: { net: webhookNet, mayBePrivate: true } });
  doors.push(again);
  await until(() => received.length === 2);
  expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({ data: { offer: { id } } });
  await until(() => {
    const state = again.bridge.elicitations.find(id)?.state;
    return state?.status === "open" && state.stage.name === "offered";
  });
});

test("an agent whose receiver answers nothing holds up its own questions and nobody else's", async () => {
  const posted: string[] = [];
  const net: WebhookNet = {
    resolve: async () => ["127.0.0.1"],
    post: ({ url }) => {
      posted.push(new URL(url).hostname);
      return url.includes("tar") ? new Promise(() => undefined) : Promise.resolve(204);
    },
  };
  const { door, alice, bob } = await open(true, net);
  const mallory = await door.register("mallory");
  await set(door, mallory, "http://tar.example/");
  await set(door, bob, "http://bob.example/");
  for (let n = 0; n < 40; n++) await door.ask("alice", "mallory");
  const id = await door.ask("alice", "bob");
  await until(async () => (await steps(door, alice, id)).length === 2);
  expect(await steps(door, alice, id)).toEqual(["asked", "offered webhook"]);
  expect(posted.filter((host) => host === "tar.example")).toHaveLength(3);
});
