import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { type OpenDoors, openDoors } from "../../../test/support/open-doors.ts";
import type { Message } from "../../../test/support/peer.ts";
import type { TestAgent } from "../../../test/support/test-bridge.ts";
import { until } from "../../../test/support/until.ts";
import { refusal } from "../../domain/refusal.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const scene = async (options: Parameters<typeof openDoors>[0] = {}) => {
  const doors = await openDoors(options);
  cleanups.push(doors.shut);
  const [alice, bob] = [await doors.register("alice"), await doors.register("bob")];
  const append = (payload: string | number) =>
    doors.bridge.appendCustom({ name: "load.test", payload }, { actor: "alice", trace: null });
  return { ...doors, alice, bob, append };
};

interface Client {
  readonly socket: WebSocket;
  readonly received: Message[];
  readonly request: (method: string, params?: unknown) => Promise<Message>;
  readonly pushes: (method: string) => readonly Record<string, unknown>[];
  /** How it was closed, once it was. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const open = async (doors: OpenDoors, who: TestAgent, options: ClientOptions = {}): Promise<Client> => {
  const client = clientOf(new WebSocket(doors.socketUrl, "lighthouse.v1", { headers: who.headers, ...options }));
  await new Promise((resolve, reject) => client.socket.once("open", resolve).once("error", reject));
  return client;
};

const clientOf = (socket: WebSocket): Client => {
  const received: Message[] = [];
  let requests = 0;
  cleanups.push(() => socket.terminate());
  socket.on("message", (data) => received.push(JSON.parse(String(data)) as Message));
  return {
    socket,
    received,
    request: (method, params) => {
      const id = ++requests;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      return until(() => received.find((message) => message.id === id));
    },
    pushes: (method) => received.filter((message) => message.method === method).map((message) => message.params ?? {}),
    closed: new Promise((resolve) => socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }))),
  };
};

/** The reply to an upgrade that was refused. */
const refusedUpgrade = (url: string, options: ClientOptions, protocols: string[] = []) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.once("open", () => reject(new Error("it was let in")));
    socket.once("error", () => undefined);
    socket.once("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += String(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
  });

describe("who gets in", () => {
  test("no credential, no upgrade: 401 as a problem, and a security violation in the log", async () => {
    const t = await scene();
    const refused = await refusedUpgrade(t.socketUrl, { headers: { authorization: "Bearer lht_made-up" } });
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Bearer realm="lighthouse"']);
    expect(JSON.parse(refused.body)).toMatchObject({ code: "unauthenticated", status: 401 });
    await until(async () => (await t.events()).find(({ type }) => type === "security.violation"));
    expect((await t.events()).at(-1)).toMatchObject({ actor: "anonymous", data: { subject: "ws" } });
  });

  test("a browser offers its credential as a subprotocol, and is answered with ours and not with its secret", async () => {
    const t = await scene();
    const client = clientOf(new WebSocket(t.socketUrl, ["lighthouse.v1", `bearer.${t.bob.token}`]));
    await new Promise((resolve) => client.socket.once("open", resolve));
    expect(client.socket.protocol).toBe("lighthouse.v1");
    expect((await client.request("session.open", {})).result).toMatchObject({ agent: "bob" });
  });

  test.each([
    ["another path", "/socket", {}, 404, "route_unknown"],
    ["a token in the query, which is no place for one", "/ws?token=x", { authorization: "" }, 401, "unauthenticated"],
    ["a foreign page", "/ws", { origin: "https://evil.example" }, 403, "forbidden"],
    ["a foreign host", "/ws", { host: "evil.example" }, 403, "forbidden"],
  ])("%s is refused before the upgrade", async (_what, path, headers, status, code) => {
    const t = await scene({ http: { allowedHosts: ["127.0.0.1"] } });
    const url = t.socketUrl.replace("/ws", path);
    const refused = await refusedUpgrade(url, { headers: { ...t.bob.headers, ...headers } });
    expect([refused.status, (JSON.parse(refused.body) as { code: string }).code]).toEqual([status, code]);
  });

  test("an allowed page gets in", async () => {
    const t = await scene({ http: { allowedOrigins: ["https://console.example"] } });
    const client = await open(t, t.bob, { headers: { ...t.bob.headers, origin: "https://console.example" } });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("a full bridge says when to come back, and lets in again who comes when there is room", async () => {
    const t = await scene({ limits: { connectionsMax: 1 } });
    const first = await open(t, t.bob);
    const refused = await refusedUpgrade(t.socketUrl, { headers: t.alice.headers });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "5"]);
    first.socket.close();
    await first.closed;
    await until(() => open(t, t.alice).catch(() => undefined));
  });

  test("an agent's connections are counted: one too many is closed with 4429, another agent's is not", async () => {
    const t = await scene({ limits: { connectionsPerAgentMax: 2 } });
    await open(t, t.bob);
    const second = await open(t, t.bob);
    expect(await (await open(t, t.bob)).closed).toEqual({ code: 4429, reason: "too_busy" });
    expect((await open(t, t.alice)).socket.readyState).toBe(WebSocket.OPEN);
    second.socket.close();
    await second.closed;
    const again = await until(async () => {
      const client = await open(t, t.bob);
      const opened = await Promise.race([client.request("session.open", {}), client.closed]);
      return "result" in opened && client;
    });
    expect(again.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("a bridge that has stopped lets nobody in", async () => {
    const t = await scene();
    await t.bridge.stop(refusal("shutting_down", "for an update"));
    expect((await refusedUpgrade(t.socketUrl, { headers: t.bob.headers })).status).toBe(503);
  });

  test("a stranger that hangs up while it is refused harms nobody", async () => {
    const t = await scene();
    const upgrade = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for (let n = 0; n < 50; n++) {
      const socket = connect(t.port, "127.0.0.1");
      cleanups.push(() => socket.destroy());
      socket.on("error", () => undefined);
      socket.write(upgrade, () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.once("close", resolve));
    }
    expect((await t.call({ url: "/health" })).status).toBe(200);
  });
});

describe("how a connection ends", () => {
  test("a revoked agent is told, and closed with 4403", async () => {
    const t = await scene();
    const [opened, unopened] = [await open(t, t.bob), await open(t, t.bob)];
    await opened.request("session.open", { inbox: true });
    await t.bridge.revoke("bob", "left", "alice");
    for (const client of [opened, unopened]) {
      expect(await client.closed).toEqual({ code: 4403, reason: "agent_revoked" });
      expect(client.pushes("closing")).toMatchObject([{ code: "agent_revoked" }]);
    }
    expect((await refusedUpgrade(t.socketUrl, { headers: t.bob.headers })).status).toBe(401);
  });

  test("a message that is too large closes with 1009, one that is binary with 1003, one that is not UTF-8 with 1007", async () => {
    const t = await scene();
    const [large, binary, broken] = [await open(t, t.bob), await open(t, t.bob), await open(t, t.bob)];
    large.socket.send("x".repeat(t.limits.messageBytesMax + 1));
    binary.socket.send(Buffer.from("{}"), { binary: true });
    broken.socket.send(Buffer.from([0xff]), { binary: false });
    expect([(await large.closed).code, (await binary.closed).code, (await broken.closed).code]).toEqual([
      1009, 1003, 1007,
    ]);
  });

  test("a peer that does not answer pings is gone after two beats; one that does stays", async () => {
    const t = await scene();
    const [mute, lively] = [await open(t, t.bob, { autoPong: false }), await open(t, t.alice)];
    const pinged = new Promise((resolve) => lively.socket.once("ping", resolve));
    await t.clock.advance(t.limits.heartbeatMs);
    await pinged;
    // The pong is an answer like any other: it is in once a later request is answered.
    await lively.request("inbox.list");
    await t.clock.advance(t.limits.heartbeatMs);
    expect((await mute.closed).code).toBe(1006);
    expect(lively.socket.readyState).toBe(WebSocket.OPEN);
    expect(t.bridge.deliver.counts().agents).toBe(1);
  });

  test("a bridge that stops tells everybody and closes with 1001", async () => {
    const t = await scene();
    const client = await open(t, t.bob);
    await t.bridge.stop(refusal("shutting_down", "for an update"));
    expect(await client.closed).toEqual({ code: 1001, reason: "shutting_down" });
    expect(client.pushes("closing")).toMatchObject([{ detail: "for an update" }]);
  });

  test("a reader that stops reading is cut off; another reader of the same agent gets everything meanwhile", async () => {
    const t = await scene({ limits: { channelBufferedBytesMax: 100_000 } });
    const [slow, quick] = [await open(t, t.bob), await open(t, t.bob)];
    for (const client of [slow, quick]) await client.request("session.open", { events: true });
    (slow.socket as unknown as { _socket: Socket })._socket.pause();
    let written = 0;
    // The machine's own buffers swallow some megabytes first.
    await until(async () => {
      for (let n = 0; n < 50; n++, written++) await t.append("x".repeat(10_000));
      return t.bridge.deliver.counts().connections === 1;
    });
    await until(() => loadsOf(quick).length === written);
    (slow.socket as unknown as { _socket: Socket })._socket.resume();
    expect((await slow.closed).code).toBe(4408);
    expect(quick.socket.readyState).toBe(WebSocket.OPEN);
  });
});

test("connections that break at any moment and resume by position, under load: every event once and in order", async () => {
  const t = await scene();
  const seen: number[] = [];
  let connections = 0;
  let isWriting = true;
  const writing = (async () => {
    while (connections < 20) {
      await Promise.all([0, 1, 2, 3].map((n) => t.append(n)));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    isWriting = false;
  })();
  while (isWriting || seen.at(-1) !== t.log.head().position) {
    const client = await open(t, t.bob);
    const from = seen.at(-1) ?? 0;
    await client.request("session.open", { events: true, after: from });
    const wanted = 1 + (connections++ % 40);
    await until(
      () => client.pushes("event").length >= wanted || (!isWriting && headOf(client, from) === t.log.head().position),
    );
    // What arrives after the plug was pulled is lost, as it would be.
    client.socket.terminate();
    seen.push(...client.pushes("event").map(({ event }) => (event as { position: number }).position));
  }
  await writing;
  expect(seen).toEqual(Array.from({ length: t.log.head().position }, (_, n) => n + 1));
});

const loadsOf = (client: Client) =>
  client.pushes("event").filter(({ event }) => (event as { type: string }).type === "custom");
const headOf = (client: Client, from: number): number =>
  (client.pushes("event").at(-1)?.["event"] as { position: number } | undefined)?.position ?? from;
