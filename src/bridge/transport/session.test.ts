import { describe, expect, test } from "vitest";
import { atRest } from "../../../test/support/manual-time.ts";
import { type Peer, peer } from "../../../test/support/peer.ts";
import { type TestAgent, type TestBridgeOptions, testBridge } from "../../../test/support/test-bridge.ts";
import type { Offer } from "../../domain/answer.ts";
import { refusal } from "../../domain/refusal.ts";
import { serveSession } from "./session.ts";

const scene = async (options: TestBridgeOptions = {}) => {
  const t = await testBridge(options);
  const [alice, bob] = [await t.register("alice"), await t.register("bob")];
  let sessions = 0;
  const connect = (who: TestAgent): Peer => {
    const end = peer();
    serveSession(t.bridge, end.channel, who.principal, `session-${++sessions}`, t.onFault);
    return end;
  };
  const offered = async () => (await t.events()).filter(({ type }) => type === "elicitation.offered");
  return { ...t, alice, bob, connect, offered };
};

const big = (size: number): object => ({ message: "m".repeat(size) });

describe("a conversation", () => {
  test("ask, be offered, answer, hear the outcome: the receipt says that bytes left by WebSocket", async () => {
    const t = await scene();
    const [asking, answering] = [t.connect(t.alice), t.connect(t.bob)];
    const opened = await answering.request("session.open", { inbox: true });
    expect(opened.result).toEqual({
      session: "session-2",
      agent: "bob",
      audience: "lighthouse://test",
      position: expect.any(Number),
    });
    await asking.request("session.open", { outcomes: true });

    const asked = await asking.request("elicitations.ask", { to: "bob", message: "which port?" });
    expect(asked.result).toMatchObject({ reach: { state: "reachable" }, status: "asked" });
    await atRest();
    const { offer } = answering.pushes("offer")[0] as { offer: Offer };
    const answer = t.bob.sign(offer, { action: "accept", content: 8765 });
    const answered = await answering.request("elicitations.answer", { id: offer.id, answer });
    expect(answered.result).toMatchObject({ status: "accepted" });
    await atRest();
    expect(asking.pushes("ended")).toMatchObject([{ elicitation: { id: offer.id, content: 8765 } }]);
    expect((await t.offered()).map(({ data }) => data)).toMatchObject([{ via: "websocket", session: "session-2" }]);
    expect(t.faults).toEqual([]);
  });

  test("nothing is pushed to a session that did not open, and a second opening takes the place of the first", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await t.ask("alice", "bob");
    await atRest();
    expect(end.received).toEqual([]);
    await end.request("session.open", { events: true });
    await end.request("session.open", { inbox: true });
    await t.ask("alice", "bob");
    await atRest();
    expect(end.pushes("offer")).toHaveLength(2);
    expect(end.pushes("event")).toEqual([]);
  });

  test("a session that takes no questions does not make its agent reachable", async () => {
    const t = await scene();
    await t.connect(t.bob).request("session.open", { outcomes: true });
    await atRest();
    expect(t.bridge.deliver.reach("bob").state).toBe("queued");
    await t.connect(t.bob).request("session.open", { inbox: true });
    expect(t.bridge.deliver.reach("bob").state).toBe("reachable");
  });

  test.each([
    ["not JSON", "{", -32700],
    ["a batch", "[]", -32600],
    ["a text", '"x"', -32600],
    ["another version", '{"jsonrpc":"1.0","id":7,"method":"inbox.list"}', -32600],
    ["an id that is a list", '{"jsonrpc":"2.0","id":[],"method":"inbox.list"}', -32600],
    ["no method", '{"jsonrpc":"2.0","id":7}', -32600],
    ["an unknown method", '{"jsonrpc":"2.0","id":7,"method":"inbox.burn"}', -32601],
    ["wrong parameters", '{"jsonrpc":"2.0","id":7,"method":"inbox.list","params":{"agent":"alice"}}', -32602],
    ["parameters that are a list", '{"jsonrpc":"2.0","id":7,"method":"inbox.list","params":[1]}', -32602],
    ["a wrong opening", '{"jsonrpc":"2.0","id":7,"method":"session.open","params":{"after":-1}}', -32602],
    ["a place beyond the log", '{"jsonrpc":"2.0","id":7,"method":"session.open","params":{"after":999}}', -32602],
  ])("%s is an error, and the conversation goes on", async (_what, text, code) => {
    const t = await scene();
    const end = t.connect(t.bob);
    end.sendText(text);
    await atRest();
    expect(end.received.map((message) => message.error?.code)).toEqual([code]);
    expect((await end.request("inbox.list")).result).toEqual({ items: [], next: null });
    expect(t.faults).toEqual([]);
  });

  test("a notification gets no reply", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    end.sendText('{"jsonrpc":"2.0","method":"inbox.list"}');
    await atRest();
    expect(end.received).toEqual([]);
  });

  test("a fault is an error without a word of what happened, and the conversation goes on", async () => {
    const t = await scene();
    t.bridge.agents.list = () => {
      throw new Error("secret detail");
    };
    const end = t.connect(t.bob);
    expect((await end.request("agents.list")).error).toMatchObject({ code: -32603 });
    expect(JSON.stringify(end.received)).not.toContain("secret detail");
    expect(t.faults).toHaveLength(1);
    expect((await end.request("inbox.list")).result).toBeDefined();
  });

  test("requests in flight have a limit; what is over it is refused, the rest is served", async () => {
    const t = await scene({ limits: { requestsInFlightPerConnectionMax: 2 } });
    const end = t.connect(t.bob);
    const id = await t.ask("alice", "bob");
    const waits = [1, 2, 3].map(() => end.request("elicitations.wait", { id, waitMs: 1_000 }));
    expect((await waits[2])?.error?.data?.code).toBe("too_busy");
    await t.clock.advance(1_000);
    for (const wait of await Promise.all(waits.slice(0, 2))) expect(wait.result).toMatchObject({ status: "asked" });
  });
});

describe("an offer is a fact only once its bytes have left", () => {
  test("while the peer does not read, nothing is noted; when it reads, it is", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await end.request("session.open", { inbox: true });
    end.stall();
    await t.ask("alice", "bob");
    await atRest();
    expect(await t.offered()).toEqual([]);
    end.read();
    await atRest();
    expect(await t.offered()).toHaveLength(1);
  });

  test("what was lost with the connection was never offered, and is offered by the next one", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await end.request("session.open", { inbox: true });
    end.stall();
    await t.ask("alice", "bob");
    await atRest();
    end.cut();
    await atRest();
    expect(await t.offered()).toEqual([]);
    const next = t.connect(t.bob);
    await next.request("session.open", { inbox: true });
    await atRest();
    expect(next.pushes("offer")).toHaveLength(1);
    expect((await t.offered()).map(({ data }) => data)).toMatchObject([{ session: "session-2" }]);
  });

  test("the same for an inbox that was listed and whose reply never left", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await t.ask("alice", "bob");
    end.stall();
    end.request("inbox.list");
    await atRest();
    end.cut();
    await atRest();
    expect(await t.offered()).toEqual([]);
  });
});

describe("how a session ends", () => {
  test("a revoked agent's session says so and closes with 4403, opened or not, and takes no further request", async () => {
    const t = await scene();
    const [opened, unopened] = [t.connect(t.bob), t.connect(t.bob)];
    await opened.request("session.open", { inbox: true });
    await t.bridge.revoke("bob", "left", "alice");
    await atRest();
    for (const end of [opened, unopened]) {
      expect(end.pushes("closing")).toMatchObject([{ code: "agent_revoked", detail: "bob was revoked" }]);
      expect(end.closed()).toEqual({ code: 4403, reason: "agent_revoked" });
    }
    const before = (await t.events()).length;
    opened.sendText('{"jsonrpc":"2.0","id":99,"method":"events.append","params":{"name":"a.b","payload":1}}');
    await atRest();
    expect(await t.events()).toHaveLength(before);
  });

  test("a bridge that stops tells every session", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await t.bridge.stop(refusal("shutting_down", "for an update"));
    await atRest();
    expect(end.pushes("closing")).toMatchObject([{ code: "shutting_down", detail: "for an update" }]);
    expect(end.closed()?.code).toBe(1001);
  });

  test("a connection that has gone leaves nothing behind: no listener, no wait", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    await end.request("session.open", { inbox: true, outcomes: true, events: true });
    const id = await t.ask("alice", "bob");
    const timers = t.clock.pending();
    end.request("elicitations.wait", { id });
    await atRest();
    expect(t.clock.pending()).toBe(timers + 1);
    end.cut();
    await atRest();
    expect(t.clock.pending()).toBe(timers);
    expect(t.bridge.deliver.counts()).toMatchObject({ connections: 0, agents: 0 });
  });
});

describe("a reader that does not keep up", () => {
  const limits = { channelBufferedBytesMax: 40_000 };

  test("is cut off with 4408 once the present has piled up on it, and nobody else notices", async () => {
    const t = await scene({ limits });
    const [slow, quick] = [t.connect(t.bob), t.connect(t.bob)];
    for (const end of [slow, quick]) await end.request("session.open", { events: true });
    slow.stall();
    for (let n = 0; n < 100; n++) {
      await t.bridge.appendCustom({ name: "load.test", payload: "x".repeat(1_000) }, { actor: "alice", trace: null });
    }
    await atRest();
    expect(slow.closed()).toEqual({ code: 4408, reason: "too_slow" });
    expect(quick.closed()).toBeUndefined();
    const loads = quick.pushes("event").filter(({ event }) => (event as { type: string }).type === "custom");
    expect(loads).toHaveLength(100);
  });

  test("is never cut off by questions, however big: they wait until it has room, in their order, and none is lost", async () => {
    const t = await scene({ limits });
    const end = t.connect(t.bob);
    end.stall();
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) ids.push(await t.ask("alice", "bob", big(5_000)));
    end.request("session.open", { inbox: true });
    for (let n = 0; n < 10; n++) ids.push(await t.ask("alice", "bob", big(5_000)));
    await atRest();
    expect(end.channel.bufferedBytes()).toBeLessThan(limits.channelBufferedBytesMax);
    expect(end.closed()).toBeUndefined();
    expect(await t.offered()).toEqual([]);

    end.read();
    await atRest();
    expect(end.pushes("offer").map(({ offer }) => (offer as Offer).id)).toEqual(ids);
    await atRest();
    expect(await t.offered()).toHaveLength(ids.length);
  });

  test("is not offered what has ended while it waited for its turn", async () => {
    const t = await scene({ limits });
    const end = t.connect(t.bob);
    await end.request("session.open", { inbox: true });
    end.stall();
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await t.ask("alice", "bob", big(5_000)));
    await t.bridge.elicit.cancel(ids[9] as string, "", { actor: "alice", trace: null });
    end.read();
    await atRest();
    expect(end.pushes("offer").map(({ offer }) => (offer as Offer).id)).toEqual(ids.slice(0, 9));
  });

  test("hears of its offers also when it was other traffic that had filled its connection", async () => {
    const t = await scene({ limits });
    const end = t.connect(t.bob);
    await end.request("session.open", { inbox: true, events: true });
    end.stall();
    for (let n = 0; n < 12; n++) {
      await t.bridge.appendCustom({ name: "load.test", payload: "x".repeat(1_000) }, { actor: "alice", trace: null });
    }
    const id = await t.ask("alice", "bob");
    await atRest();
    end.read();
    await atRest();
    expect(end.pushes("offer").map(({ offer }) => (offer as Offer).id)).toEqual([id]);
  });

  test("catches up on a long past at its own pace", async () => {
    const t = await scene({ limits });
    for (let n = 0; n < 200; n++) {
      await t.bridge.appendCustom({ name: "load.test", payload: "x".repeat(2_000) }, { actor: "alice", trace: null });
    }
    const end = t.connect(t.bob);
    await atRest();
    const head = t.log.head().position;
    end.stall();
    end.request("session.open", { events: true, after: 0 });
    await atRest();
    expect(end.channel.bufferedBytes()).toBeLessThan(limits.channelBufferedBytesMax);
    for (let turns = 0; turns < 100 && positionsOf(end).at(-1) !== head; turns++) {
      end.read();
      await atRest();
      expect(end.closed()).toBeUndefined();
    }
    expect(positionsOf(end)).toEqual(Array.from({ length: head }, (_, n) => n + 1));
  });
});

describe("resuming", () => {
  test("from any position, while others write: nothing twice, no gap, in order, and live from then on", async () => {
    const t = await scene();
    const append = (n: number) =>
      t.bridge.appendCustom({ name: "load.test", payload: n }, { actor: "alice", trace: null });
    for (let n = 0; n < 250; n++) await append(n);
    for (const after of [0, 1, 99, 100, 101, 252, 253]) {
      const end = t.connect(t.bob);
      const writing = Promise.all(Array.from({ length: 40 }, (_, n) => append(n)));
      const opened = end.request("session.open", { events: true, after });
      for (let n = 0; n < 40; n++) {
        await append(n);
        if (n % 7 === 0) await atRest();
      }
      await writing;
      await opened;
      await atRest();
      const head = t.log.head().position;
      expect(positionsOf(end)).toEqual(Array.from({ length: head - after }, (_, n) => after + n + 1));
    }
  });

  test("outcomes that were missed come first, each once, then the new ones", async () => {
    const t = await scene();
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push(await t.ask("alice", "bob"));
    const cancel = (n: number) => t.bridge.elicit.cancel(ids[n] as string, "", { actor: "alice", trace: null });
    await cancel(0);
    const seen = t.log.head().position;
    await cancel(1);
    await cancel(2);
    const end = t.connect(t.alice);
    const opened = end.request("session.open", { outcomes: true, after: seen });
    await Promise.all([opened, cancel(3)]);
    await cancel(4);
    await atRest();
    expect(end.pushes("ended").map(({ elicitation }) => (elicitation as { id: string }).id)).toEqual(ids.slice(1, 5));
  });

  test("what a party may not see leaves no trace in its stream", async () => {
    const t = await scene();
    const carol = await t.register("carol");
    const end = t.connect(carol);
    await end.request("session.open", { events: true, outcomes: true, after: 0 });
    const id = await t.ask("alice", "bob");
    await t.bridge.elicit.cancel(id, "", { actor: "alice", trace: null });
    await atRest();
    expect(JSON.stringify(end.received)).not.toContain(id);
  });

  test("a log that cannot be read while catching up ends the session rather than leaving a gap", async () => {
    const t = await scene();
    const end = t.connect(t.bob);
    const { read } = t.bridge.log;
    Object.assign(t.bridge.log, { read: async () => Promise.reject(new Error("i/o error")) });
    const opened = await end.request("session.open", { events: true, after: 0 });
    await atRest();
    Object.assign(t.bridge.log, { read });
    expect(opened.error).toBeUndefined();
    expect(end.pushes("closing")).toMatchObject([{ code: "log_unavailable" }]);
    expect(t.faults).toHaveLength(1);
  });
});

const positionsOf = (end: Peer): readonly number[] =>
  end.pushes("event").map(({ event }) => (event as { position: number }).position);
