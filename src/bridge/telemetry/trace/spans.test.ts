import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import * as stable from "@opentelemetry/semantic-conventions";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { afterEach, describe, expect, it } from "vitest";
import { manualTime } from "../../../../test/support/manual-time.ts";
import { seededRng } from "../../../../test/support/seeded-rng.ts";
import { type TestBridge, testBridge } from "../../../../test/support/test-bridge.ts";
import { wireSession } from "../../../../test/support/wire-session.ts";
import type { Offer } from "../../../domain/answer.ts";
import { createMetrics } from "../metrics.ts";
import { readTraceparent } from "../traceparent.ts";
import { spans } from "./spans.ts";

let running: TestBridge | undefined;
afterEach(() => running?.close());

const traced = async (ratio: number, perSecondMax = 1_000) => {
  const clock = manualTime(1_767_571_200_000);
  const ended: ReadableSpan[] = [];
  const sink = spans({
    clock,
    rng: seededRng(7),
    sampling: { ratio, perSecondMax },
    resource: resourceFromAttributes({ "service.name": "lighthouse-bridge" }),
    onEnd: (span) => ended.push(span),
  });
  const build = { version: "1", revision: "r", node: "24" };
  const metrics = createMetrics({ clock, build, sinks: [sink] });
  const t = await testBridge({ time: clock, observer: metrics.observer, projections: [metrics] });
  running = t;
  const alice = await t.register("alice");
  const bob = await t.register("bob");
  const asker = await wireSession(t, alice.principal, { outcomes: true });
  const target = await wireSession(t, bob.principal, { inbox: true });

  /** One elicitation from ask to outcome; the agents send along what `meta` says. */
  const roundTrip = async (meta: { readonly ask?: string; readonly answer?: (offered: string) => string } = {}) => {
    const askMeta = meta.ask === undefined ? {} : { _meta: { traceparent: meta.ask } };
    await asker.call("elicitations.ask", { to: "bob", message: "?", ...askMeta });
    await clock.advance(3);
    const params = target.pushed("offer");
    const offer = params?.["offer"] as Offer;
    const offered = params?._meta?.traceparent;
    await clock.advance(5_000);
    const answerMeta =
      meta.answer === undefined || offered === undefined ? {} : { _meta: { traceparent: meta.answer(offered) } };
    const answer = bob.sign(offer, { action: "accept", content: 1 });
    await target.call("elicitations.answer", { id: offer.id, answer, ...answerMeta });
    return { id: offer.id, offered, delivered: asker.pushed("ended")?._meta?.traceparent };
  };
  const named = (name: string) => ended.filter((span) => span.name === name);
  const one = (name: string): ReadableSpan => {
    const [span, ...more] = named(name);
    if (span === undefined || more.length > 0) throw new Error(`${named(name).length} spans are called ${name}`);
    return span;
  };
  return { ...t, clock, metrics, ended, named, one, roundTrip, asker, target, alice, bob };
};

const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

describe("a kept trace that begins here", () => {
  it("is one trace of four spans, each the child of the one before it", async () => {
    const t = await traced(1);
    const { id } = await t.roundTrip();
    const ask = t.one("elicitations.ask");
    const offer = t.one("offer inbox");
    const answer = t.one("elicitations.answer");
    const outcome = t.one("deliver outcome");
    expect(new Set(t.ended.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(ask.parentSpanContext).toBeUndefined();
    expect(offer.parentSpanContext?.spanId).toBe(idOf(ask));
    expect(answer.parentSpanContext?.spanId).toBe(idOf(ask));
    expect(outcome.parentSpanContext?.spanId).toBe(idOf(answer));
    expect(ask.attributes).toMatchObject({
      "rpc.system.name": "jsonrpc",
      "rpc.method": "elicitations.ask",
      "lighthouse.elicitation.id": id,
      "lighthouse.agent.id": "alice",
      "lighthouse.target.id": "bob",
    });
    expect(offer.attributes).toMatchObject({
      "messaging.operation.type": "send",
      "messaging.destination.name": "inbox/bob",
      "lighthouse.via": "websocket",
    });
  });

  it("is in the events, so that a trace can be found from the log", async () => {
    const t = await traced(1);
    const { id } = await t.roundTrip();
    const ask = t.one("elicitations.ask").spanContext();
    const asked = (await t.events()).find(({ stream, type }) => stream.endsWith(id) && type === "elicitation.asked");
    expect(readTraceparent(asked?.trace)).toEqual({ traceId: ask.traceId, spanId: ask.spanId, isSampled: true });
  });

  it("is the exemplar of the bridge's own time", async () => {
    const t = await traced(1);
    await t.roundTrip();
    const { traceId } = t.one("elicitations.ask").spanContext();
    expect(await t.metrics.text()).toContain(`trace_id="${traceId}"`);
  });

  it("times the offer from its sending to its leaving, and never the thinking", async () => {
    const t = await traced(1);
    t.target.hold();
    await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
    await t.clock.advance(12);
    t.target.letGo();
    const { duration, attributes } = t.one("offer inbox");
    expect(duration[1] / 1e6).toBeCloseTo(12, 3);
    expect(attributes["lighthouse.bridge.duration_ms"]).toBeCloseTo(12, 3);
  });
});

it("every attribute is one of OpenTelemetry's conventions, or stands below `lighthouse`", async () => {
  const t = await traced(1);
  await t.roundTrip();
  const names = t.ended.flatMap(({ attributes }) => Object.keys(attributes));
  const known = new Set([stable, incubating].flatMap((all: object): unknown[] => Object.values(all)));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !known.has(name) && !name.startsWith("lighthouse."))).toEqual([]);
});

describe("trace context of the agents", () => {
  const asked = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  it("is continued: the asker's span is the parent, and what goes out is the bridge's own", async () => {
    const t = await traced(0);
    const { offered, delivered } = await t.roundTrip({ ask: asked });
    const ask = t.one("elicitations.ask");
    expect(ask.spanContext().traceId).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(ask.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
    expect(readTraceparent(offered)?.spanId).toBe(idOf(t.one("offer inbox")));
    expect(readTraceparent(delivered)?.spanId).toBe(idOf(t.one("deliver outcome")));
  });

  it("makes the target's work part of it: its answer is the child of its own span", async () => {
    const t = await traced(0);
    await t.roundTrip({ ask: asked, answer: (offered) => offered.replace(/-[0-9a-f]{16}-/, "-1111111111111111-") });
    const answer = t.one("elicitations.answer");
    expect(answer.parentSpanContext?.spanId).toBe("1111111111111111");
    expect(answer.spanContext().traceId).toBe("0af7651916cd43dd8448eb211c80319c");
  });

  it("of a target that is in another trace is kept apart, and linked to the question's", async () => {
    const t = await traced(0);
    const other = "00-11111111111111111111111111111111-2222222222222222-01";
    await t.roundTrip({ ask: asked, answer: () => other });
    const answer = t.one("elicitations.answer");
    expect(answer.spanContext().traceId).toBe("11111111111111111111111111111111");
    expect(answer.links.map(({ context }) => context.spanId)).toEqual([idOf(t.one("elicitations.ask"))]);
  });

  it("that is not kept stays not kept, and passes through unchanged", async () => {
    const t = await traced(1);
    const unkept = asked.replace(/01$/, "00");
    const { offered } = await t.roundTrip({ ask: unkept });
    expect(offered).toBe(unkept);
    expect(t.named("elicitations.ask")).toEqual([]);
    expect(t.named("offer inbox")).toEqual([]);
  });
});

describe("sampling", () => {
  it("keeps about the share that it was told, and nothing for the rest", async () => {
    const t = await traced(0.25, 100_000);
    for (let i = 0; i < 400; i++) await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
    expect(t.named("elicitations.ask").length).toBeGreaterThan(60);
    expect(t.named("elicitations.ask").length).toBeLessThan(140);
  });

  it("keeps no more new traces in a second than it was told", async () => {
    const t = await traced(1, 5);
    for (let i = 0; i < 20; i++) await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
    expect(t.named("elicitations.ask")).toHaveLength(5);
    await t.clock.advance(1_000);
    await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
    expect(t.named("elicitations.ask")).toHaveLength(6);
  });

  it("keeps every violation, at any share", async () => {
    const t = await traced(0);
    const id = await t.ask("bob", "alice");
    await t.target.call("elicitations.answer", {
      id,
      answer: t.bob.sign({ ...t.alice.offer(id), to: "bob" }, { action: "accept", content: 1 }),
    });
    expect(t.one("elicitations.answer").attributes).toMatchObject({
      "error.type": "not_addressee",
      "lighthouse.agent.id": "bob",
      "lighthouse.elicitation.id": id,
    });
  });

  it("does not make spans of reading and polling", async () => {
    const t = await traced(1);
    await t.roundTrip();
    const before = t.ended.length;
    await t.asker.call("inbox.list", {});
    await t.asker.call("events.query", {});
    expect(t.ended.length).toBe(before);
  });
});

it("a send whose bytes never left is an error", async () => {
  const t = await traced(1);
  t.target.hold();
  await t.asker.call("elicitations.ask", { to: "bob", message: "?" });
  t.target.letGo(new Error("cut"));
  const span = t.one("offer inbox");
  expect(span.status.code).toBe(2);
  expect(span.attributes["error.type"]).toBe("delivery_failed");
});
