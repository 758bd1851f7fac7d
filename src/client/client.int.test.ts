import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { serveWebSocket } from "../bridge/transport/websocket.ts";
import { base64url } from "../signing/digest.ts";
import { connect as connectFromPage } from "./browser.ts";
import type { TokenCredential } from "./credential.ts";
import { connect } from "./index.ts";
import { decline } from "./questions.ts";
import { clock, scheduler } from "./world.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Served {
  readonly t: TestBridge;
  readonly server: Server;
  readonly credential: (name: string) => Promise<TokenCredential>;
  /** Ends every TCP connection, without a word. */
  readonly cut: () => void;
}

const served = async (): Promise<Served> => {
  const t = await testBridge({ time: { ...clock, ...scheduler } });
  const server = createServer();
  let sessions = 0;
  const sockets = new Set<{ destroy: () => void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const stop = serveWebSocket(server, {
    bridge: t.bridge,
    scheduler,
    newSession: () => `s${++sessions}`,
    onFault: t.onFault,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  cleanups.push(async () => {
    stop();
    cut();
    await t.close();
    await new Promise((resolve) => server.close(resolve));
    expect(t.faults).toEqual([]);
  });
  return {
    t,
    server,
    cut,
    credential: async (name) => {
      const { token, credential } = await t.register(name);
      return {
        url: `http://127.0.0.1:${port}`,
        agent: name,
        token,
        macKid: credential.macKid,
        macSecret: base64url(credential.macSecret),
        audience: t.bridge.audience,
      };
    },
  };
};

describe.each([
  ["the package ws and an Authorization header", connect],
  ["the global WebSocket and a subprotocol, as in a browser", connectFromPage],
] as const)("over a real socket, with %s", (_name, join) => {
  test("agents ask, answer, mend and decline", async () => {
    const { credential } = await served();
    await using alice = await join({ credential: await credential("alice") });
    await using bob = await join({ credential: await credential("bob") });
    void bob.answerWith(({ message }, { mends }) =>
      message === "no?" ? decline("no") : { port: mends === 0 ? "x" : 1 },
    );

    const schema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] } as const;
    expect(await alice.ask({ to: "bob", message: "port?", schema })).toMatchObject({ content: { port: 1 } });
    expect(await alice.ask({ to: "bob", message: "no?" })).toMatchObject({ status: "declined", reason: "no" });
  });

  test("a hundred asks at once survive a connection that is cut three times", async () => {
    const { t, credential, cut } = await served();
    await using alice = await join({ credential: await credential("alice") });
    await using bob = await join({ credential: await credential("bob") });
    void bob.answerWith(({ message }) => message);

    const asked = Array.from({ length: 100 }, (_, n) => alice.ask({ to: "bob", message: `${n}` }));
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      cut();
    }
    const outcomes = await Promise.all(asked);

    expect(outcomes.map((outcome) => outcome.status === "accepted" && outcome.content)).toEqual(
      Array.from({ length: 100 }, (_, n) => `${n}`),
    );
    const events = await t.events();
    expect(events.filter(({ type }) => type === "elicitation.asked")).toHaveLength(100);
    expect(events.filter(({ type }) => type === "elicitation.accepted")).toHaveLength(100);
  });

  test("nobody at the other end is `unreachable`", async () => {
    const { credential } = await served();
    const alice = await credential("alice");

    await expect(join({ credential: alice, url: "http://127.0.0.1:1" })).rejects.toMatchObject({ kind: "unreachable" });
  });
});

test("what left over a real socket stands in the receipt, pushed or polled", async () => {
  const { credential } = await served();
  await using alice = await connect({ credential: await credential("alice") });
  await using bob = await connect({ credential: await credential("bob") });
  const polled = await alice.ask.start({ to: "bob", message: "polled?" });
  await bob.inbox();
  const steps = async (id: string) => (await alice.receipt(id)).steps.map(({ what, ...step }) => ({ what, ...step }));
  await expect.poll(() => steps(polled.id)).toContainEqual(expect.objectContaining({ what: "offered", via: "poll" }));

  void bob.answerWith(({ message }) => message);
  const pushed = await alice.ask({ to: "bob", message: "pushed?" });

  expect(await steps(pushed.id)).toContainEqual(expect.objectContaining({ what: "offered", via: "websocket" }));
});

test("a wrong credential is refused by name, where the platform tells", async () => {
  const { credential } = await served();
  const alice = { ...(await credential("alice")), token: "lhtwrong" };

  await expect(connect({ credential: alice, patient: true })).rejects.toMatchObject({ code: "unauthenticated" });
});

test("the seventeenth connection of one agent is told that it is one too many", async () => {
  const { t, credential } = await served();
  const alice = await credential("alice");
  const open = await Promise.all(
    Array.from({ length: t.limits.connectionsPerAgentMax }, () => connect({ credential: alice })),
  );

  await expect(connect({ credential: alice })).rejects.toMatchObject({ code: "too_busy" });

  for (const client of open) client.close();
});

test("an agent that is revoked is told so, and does not come back", async () => {
  const { t, credential } = await served();
  const client = await connect({ credential: await credential("alice") });
  const over = expect(client.questions().next()).rejects.toMatchObject({ code: "agent_revoked" });
  await client.agents.list();

  await t.bridge.revoke("alice", "left", "bridge");

  await over;
});
