import { afterEach, describe, expect, it } from "vitest";
import { manualTime } from "../../../../test/support/manual-time.ts";
import { type TestBridge, testBridge } from "../../../../test/support/test-bridge.ts";
import { wireSession } from "../../../../test/support/wire-session.ts";
import type { Offer } from "../../../domain/answer.ts";
import { createMetrics } from "../metrics.ts";
import type { Level, Line } from "./line.ts";
import { type LineOptions, lines } from "./lines.ts";

let running: TestBridge | undefined;
afterEach(() => running?.close());

const service = { name: "lighthouse-bridge", version: "1.2.3", environment: "test", node: { name: "here" } };

const logged = async (level: Level = "info", more: Partial<LineOptions> = {}) => {
  const clock = manualTime(1_767_571_200_000);
  const written: Line[] = [];
  const texts: string[] = [];
  const sink = lines({
    clock,
    service,
    level,
    sinks: [
      (line, text) => {
        written.push(line);
        texts.push(text);
        return true;
      },
    ],
    ...more,
  });
  const metrics = createMetrics({
    clock,
    build: { version: "1", revision: "r", node: "24" },
    sinks: [sink],
  });
  const t = await testBridge({ time: clock, observer: metrics.observer, projections: [metrics] });
  running = t;
  const alice = await t.register("alice");
  const bob = await t.register("bob");
  const asker = await wireSession(t, alice.principal, { outcomes: true });
  const target = await wireSession(t, bob.principal, { inbox: true });
  const find = (action: string) => written.filter(({ event }) => event.action === action);
  return { ...t, clock, sink, metrics, written, texts, find, alice, bob, asker, target };
};

const roundTrip = async (t: Awaited<ReturnType<typeof logged>>, meta = {}) => {
  await t.asker.call("elicitations.ask", { to: "bob", message: "a secret question", ...meta });
  const offer = t.target.pushed("offer")?.["offer"] as Offer;
  await t.clock.advance(2_000);
  const answer = t.bob.sign(offer, { action: "accept", content: "a secret answer" });
  await t.target.call("elicitations.answer", { id: offer.id, answer });
  return offer.id;
};

describe("a line", () => {
  it("about an elicitation that ended has the first system's fields, ECS's own, and its trace", async () => {
    const t = await logged();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const id = await roundTrip(t, { _meta: { traceparent } });
    expect(t.find("elicitation.accepted")).toEqual([
      {
        "@timestamp": "2026-01-05T00:00:02.000Z",
        "log.level": "info",
        message: "elicitation accepted",
        "ecs.version": "8.17.0",
        service,
        event: {
          dataset: "lighthouse.bridge",
          kind: "event",
          action: "elicitation.accepted",
          category: ["session"],
          outcome: "success",
          duration: 2_000_000_000,
        },
        trace: { id: "0af7651916cd43dd8448eb211c80319c" },
        span: { id: "b7ad6b7169203331" },
        lighthouse: {
          elicitation_id: id,
          agent_id: "alice",
          target_id: "bob",
          security_event: false,
          arm: "canary",
          position: expect.any(Number),
        },
      },
    ]);
  });

  it("is one line of JSON that starts with time, level and message", async () => {
    const t = await logged();
    await roundTrip(t);
    for (const text of t.texts) {
      expect(text).not.toContain("\n");
      expect(text).toMatch(/^\{"@timestamp":"[^"]+","log\.level":"[a-z]+","message":"/);
    }
  });

  it("about a flag, a mode or a dead letter says what changed and who did it, and not what was written about it", async () => {
    const t = await logged();
    const operator = { actor: "ops", trace: null };
    await t.bridge.flagSet.kill("push-elicitation", "a secret reason", operator);
    await t.bridge.degrade.alarm("disk", "2 % of the disk is free");
    expect(t.find("flag.killed")).toMatchObject([
      {
        "log.level": "warn",
        message: "flag killed: push-elicitation, fence 1",
        lighthouse: { agent_id: "ops", position: expect.any(Number) },
      },
    ]);
    expect(t.find("mode.emergency_entered")).toMatchObject([
      { "log.level": "error", message: expect.stringContaining("2 % of the disk"), error: { code: "disk" } },
    ]);
  });

  it("never says what agents said to each other, nor a credential", async () => {
    const t = await logged("debug");
    await roundTrip(t);
    await t.bridge.elicit.cancel(await t.ask("alice", "bob"), "a secret reason", { actor: "alice", trace: null });
    const all = t.texts.join("\n");
    expect(all).not.toMatch(/secret (question|answer|reason)/);
    expect(all).not.toContain(t.alice.token);
    expect(t.texts.length).toBeGreaterThan(4);
  });

  it("about a violation says who, what and where, as a security event", async () => {
    const t = await logged("warn");
    const id = await t.ask("bob", "alice");
    const answer = t.bob.sign({ ...t.alice.offer(id), to: "bob" }, { action: "accept", content: 1 });
    await t.target.call("elicitations.answer", { id, answer });
    expect(t.written).toHaveLength(1);
    expect(t.written[0]).toMatchObject({
      "log.level": "error",
      event: { kind: "alert", category: ["intrusion_detection"], outcome: "failure" },
      error: { code: "not_addressee" },
      lighthouse: {
        agent_id: "bob",
        elicitation_id: id,
        security_event: true,
        error_code: "not_addressee",
        violation: "unauthorized_response",
        severity: "critical",
      },
    });
  });

  it("about a slow leg says how slow", async () => {
    const t = await logged("warn");
    t.target.hold();
    await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
    await t.clock.advance(450);
    t.target.letGo();
    expect(t.written).toMatchObject([
      { event: { action: "bridge.slow" }, lighthouse: { latency_ms: 450, leg: "ask" } },
    ]);
  });

  it("about a fault has its stack, and the call that failed", async () => {
    const t = await logged("warn");
    const call = { operation: "elicitations.get", actor: "bob", trace: null, receivedAt: 0, subject: "el_1" };
    t.metrics.observer.served({ ...call, fault: new TypeError("a bug") });
    expect(t.written).toMatchObject([
      {
        "log.level": "error",
        error: { type: "TypeError", message: "a bug", stack_trace: expect.stringContaining("lines.test.ts") },
        lighthouse: { operation: "elicitations.get", elicitation_id: "el_1", agent_id: "bob" },
      },
    ]);
  });

  it("below the level is not written", async () => {
    const t = await logged("error");
    await roundTrip(t);
    expect(t.written).toEqual([]);
  });
});

describe("more ordinary lines than anybody reads", () => {
  it("are left out, counted, and said in one; violations are written all the same", async () => {
    const t = await logged("info", { routinePerSecondMax: 2 });
    const call = { operation: "elicitations.get", actor: "bob", trace: null, receivedAt: 0 };
    const refused = { ...call, refusal: { code: "not_found", detail: "" } } as const;
    const before = t.written.length;
    for (let i = 0; i < 10; i++) t.metrics.observer.served(refused);
    expect(t.written.length - before).toBe(2);
    t.metrics.observer.served({ ...call, fault: new Error("a bug") });
    await t.clock.advance(1_000);
    t.metrics.observer.served(refused);
    expect(t.find("lines.left_out")).toMatchObject([{ lighthouse: { left_out: 8 } }]);
    expect(t.written.filter((line) => line["log.level"] === "error")).toHaveLength(1);
  });
});
