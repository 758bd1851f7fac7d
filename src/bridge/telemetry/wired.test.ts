import { afterEach, describe, expect, it } from "vitest";
import { atRest, manualTime } from "../../../test/support/manual-time.ts";
import { type TestBridge, testBridge } from "../../../test/support/test-bridge.ts";
import { wireSession as session } from "../../../test/support/wire-session.ts";
import type { Offer } from "../../domain/answer.ts";
import { createMetrics } from "./metrics.ts";

const START_MS = 1_767_571_200_000;
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

let running: TestBridge | undefined;
afterEach(() => running?.close());

/** A whole bridge on manual time, watched; and connections whose bytes leave when the test says so. */
const watched = async () => {
  const clock = manualTime(START_MS);
  const build = { version: "1", revision: "r", node: "24" };
  const metrics = createMetrics({ clock, build });
  const t = await testBridge({ time: clock, observer: metrics.observer, projections: [metrics] });
  running = t;
  const alice = await t.register("alice");
  const bob = await t.register("bob");
  const value = async (selector: string): Promise<number> => {
    const line = (await metrics.text()).split("\n").find((each) => each.startsWith(`${selector} `));
    return Number(line?.slice(selector.length + 1).split(" ")[0]);
  };
  const legs = async () => ({
    ask: await value('lighthouse_bridge_overhead_seconds_count{leg="ask",arm="canary"}'),
    answer: await value('lighthouse_bridge_overhead_seconds_count{leg="answer",arm="canary"}'),
    seconds:
      (await value('lighthouse_bridge_overhead_seconds_sum{leg="ask",arm="canary"}')) +
      (await value('lighthouse_bridge_overhead_seconds_sum{leg="answer",arm="canary"}')),
  });
  return { ...t, clock, metrics, alice, bob, value, legs };
};

describe("the bridge's own time, on a whole bridge", () => {
  it("is from a question's arrival until its bytes left for the target, and from the answer's until the asker has it", async () => {
    const t = await watched();
    const { clock, alice, bob } = t;
    const asker = await session(t, alice.principal, { outcomes: true });
    const target = await session(t, bob.principal, { inbox: true });

    target.hold();
    await asker.call("elicitations.ask", { to: "bob", message: "?" });
    await clock.advance(7);
    target.letGo();
    await clock.advance(90_000);
    const offer = target.pushed("offer")?.["offer"] as Offer;
    asker.hold();
    const answer = bob.sign(offer, { action: "accept", content: 1 });
    await target.call("elicitations.answer", { id: offer.id, answer });
    expect(await t.legs()).toMatchObject({ ask: 1, answer: 0 });
    await clock.advance(20);
    asker.letGo();

    const { seconds, ...counts } = await t.legs();
    expect(counts).toEqual({ ask: 1, answer: 1 });
    expect(seconds).toBeCloseTo(0.027);
    expect(await t.value('elicitation_response_time_seconds_sum{response_type="accepted"}')).toBeCloseTo(90.007);
    expect(t.faults).toEqual([]);
  });

  it("is measured for agents who poll as well", async () => {
    const t = await watched();
    const { bridge, alice, bob } = t;
    const { inbox, ask, answer, wait } = await import("../transport/operations/elicitations.ts");
    const replies: (() => void)[] = [];
    const lent = () => ({
      id: "http",
      receivedAt: t.clock.monotonic(),
      signal: new AbortController().signal,
      onReplied: (left: () => void) => void replies.push(left),
    });
    const polling = inbox.call(bridge, bob.principal, { waitMs: 10_000 }, lent());
    await ask.call(bridge, alice.principal, { to: "bob", message: "?" }, lent());
    const polled = (await polling) as { readonly value: { readonly items: readonly { readonly offer: Offer }[] } };
    const offer = polled.value.items[0]?.offer as Offer;
    for (const left of replies.splice(0)) left();
    const waiting = wait.call(bridge, alice.principal, { id: offer.id }, lent());
    await atRest();
    const signed = bob.sign(offer, { action: "accept", content: 1 });
    await answer.call(bridge, bob.principal, { id: offer.id, answer: signed }, lent());
    await waiting;
    expect(await t.legs()).toMatchObject({ ask: 1, answer: 0 });
    for (const left of replies.splice(0)) left();
    expect(await t.legs()).toMatchObject({ ask: 1, answer: 1 });
  });

  it("is void for a target that was away, and for an outcome that is only caught up with", async () => {
    const t = await watched();
    const { clock, alice, bob } = t;
    const id = await t.ask("alice", "bob");
    await clock.advance(3_600);
    const target = await session(t, bob.principal, { inbox: true });
    const offer = target.pushed("offer")?.["offer"] as Offer;
    await target.call("elicitations.answer", { id, answer: bob.sign(offer, { action: "accept", content: 1 }) });
    await clock.advance(3_600);
    const asker = await session(t, alice.principal, { outcomes: true, after: 0 });
    expect(asker.pushed("ended")).toBeDefined();
    expect(await t.legs()).toEqual({ ask: 0, answer: 0, seconds: 0 });
  });

  it("counts a delivery as failed when its bytes are known never to have left", async () => {
    const t = await watched();
    const target = await session(t, t.bob.principal, { inbox: true });
    target.hold();
    await t.ask("alice", "bob");
    target.letGo(new Error("cut"));
    expect(await t.value('lighthouse_deliveries_total{via="websocket",result="failed",arm="canary"}')).toBe(1);
    expect(await t.value('lighthouse_elicitations_offered_total{via="websocket",arm="canary"}')).toBe(0);
  });
});

describe("calls on a whole bridge", () => {
  it("that are refused are counted by what they were refused for", async () => {
    const t = await watched();
    const asker = await session(t, t.alice.principal, {});
    await asker.call("elicitations.ask", { to: "nobody", message: "?" });
    await asker.call("elicitations.ask", { to: "bob" });
    const id = await t.ask("bob", "alice");
    const answer = t.bob.sign({ ...t.alice.offer(id), to: "bob" }, { action: "accept", content: 1 });
    await asker.call("elicitations.answer", { id, answer });
    expect(await t.value('elicitation_requests_total{status="rejected",arm="canary"}')).toBe(2);
    expect(await t.value('lighthouse_answers_refused_total{reason="signature"}')).toBe(1);
    expect(await t.value('security_violations_total{type="invalid_signature",severity="critical"}')).toBe(1);
  });
});

describe("trace context", () => {
  it("comes in with a call, stands in its events, and goes out with the question and with the outcome", async () => {
    const t = await watched();
    const { alice, bob } = t;
    const asker = await session(t, alice.principal, { outcomes: true });
    const target = await session(t, bob.principal, { inbox: true });
    await asker.call("elicitations.ask", { to: "bob", message: "?", _meta: { traceparent } });
    expect(target.pushed("offer")?._meta).toEqual({ traceparent });
    const offer = target.pushed("offer")?.["offer"] as Offer;
    const later = traceparent.replace("b7ad6b7169203331", "00f067aa0ba902b7");
    const answer = bob.sign(offer, { action: "accept", content: 1 });
    await target.call("elicitations.answer", { id: offer.id, answer, _meta: { traceparent: later } });
    expect(asker.pushed("ended")?._meta).toEqual({ traceparent: later });
    const events = (await t.events()).filter(({ stream }) => stream === `elicitation/${offer.id}`);
    expect(events.map(({ type, trace }) => [type, trace])).toEqual([
      ["elicitation.asked", traceparent],
      ["elicitation.offered", traceparent],
      ["elicitation.accepted", later],
    ]);
  });

  it("goes out with a polled question as well", async () => {
    const t = await watched();
    const { ask, inbox } = await import("../transport/operations/elicitations.ts");
    const lent = {
      id: "http",
      receivedAt: 0,
      signal: new AbortController().signal,
      onReplied: (left: () => void) => left(),
    };
    const alice = { ...t.alice.principal, trace: traceparent };
    await ask.call(t.bridge, alice, { to: "bob", message: "?" }, lent);
    const polled = await inbox.call(t.bridge, t.bob.principal, {}, lent);
    expect(polled).toMatchObject({ ok: true, value: { items: [{ _meta: { traceparent } }] } });
  });

  it("that is broken is as good as none, and never an error", async () => {
    const t = await watched();
    const asker = await session(t, t.alice.principal, {});
    await asker.call("elicitations.ask", { to: "bob", message: "?", _meta: { traceparent: "nonsense" } });
    await asker.call("elicitations.ask", { to: "bob", message: "?", _meta: 7 });
    expect(asker.got.filter(({ error }) => error !== undefined)).toEqual([]);
    expect((await t.events()).map(({ trace }) => trace).filter((trace) => trace !== null)).toEqual([]);
  });
});
