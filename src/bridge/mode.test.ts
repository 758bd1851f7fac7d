import { describe, expect, test } from "vitest";
import { type HttpDoor, httpDoor } from "../../test/support/http-door.ts";
import { atRest } from "../../test/support/manual-time.ts";
import { type TestBridgeOptions, testBridge } from "../../test/support/test-bridge.ts";
import type { Vitals } from "../domain/mode.ts";

const door = async (options: TestBridgeOptions = {}) => {
  const t = await httpDoor(options);
  return {
    ...t,
    person: await t.register("root", ["admin"], { kind: "human" }),
    machine: await t.register("ops", ["system"], { kind: "service" }),
    alice: await t.register("alice"),
    bob: await t.register("bob"),
  };
};
type Door = Awaited<ReturnType<typeof door>>;

const enter = (t: Door) => t.call({ url: "/v1/mode/emergency", as: t.machine, body: { reason: "the disk smells" } });
const recover = (t: Door, as = t.person) => t.call({ url: "/v1/mode/recover", as, body: { reason: "on it" } });
const resume = (t: Door, as = t.person) => t.call({ url: "/v1/mode/resume", as, body: { reason: "mended" } });
const ask = (t: Door) => t.call({ url: "/v1/elicitations", as: t.alice, body: { to: "bob", message: "?" } });
const modeOf = async (t: HttpDoor) => (await t.call({ url: "/health" })).json<{ mode: string }>().mode;

/** Readings that a test sets. */
const readings = (first: Vitals = {}) => {
  let now: Vitals | Error = first;
  return {
    set: (next: Vitals | Error) => {
      now = next;
    },
    vitals: async (): Promise<Vitals> => {
      if (now instanceof Error) throw now;
      return now;
    },
  };
};

describe("in an emergency", () => {
  test("new work is refused, with the reason and when to try again", async () => {
    const t = await door();
    await enter(t);
    const refused = await ask(t);
    expect(refused.problem()).toMatchObject({
      code: "degraded",
      detail: expect.stringContaining("the disk smells"),
      retryAfterMs: 30_000,
    });
    expect(refused.headers["retry-after"]).toBe("30");
    for (const [url, body] of [
      ["/v1/inquiries", { to: ["bob"], message: "?" }],
      ["/v1/events", { name: "build.done", payload: 1 }],
    ] as const) {
      expect((await t.call({ url, as: t.alice, body })).status, url).toBe(503);
    }
    expect((await t.call({ url: "/v1/agents", as: t.person, body: { name: "eve" } })).status).toBe(503);
  });

  test("reads go on, and what is under way finishes: polled, claimed, answered, cancelled", async () => {
    const t = await door();
    const [one, other] = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];
    await enter(t);
    expect((await t.call({ url: "/v1/inbox", as: t.bob })).json<{ items: unknown[] }>().items).toHaveLength(2);
    expect((await t.call({ url: "/v1/messages", as: t.bob })).status).toBe(200);
    await t.call({ url: `/v1/elicitations/${one}/claim`, as: t.bob, body: {} });
    const answer = t.bob.sign(t.bob.offer(one), { action: "accept", content: 1 });
    const answered = await t.call({ url: `/v1/elicitations/${one}/answer`, as: t.bob, body: { answer } });
    expect(answered.json()).toMatchObject({ status: "accepted" });
    const cancelled = await t.call({ url: `/v1/elicitations/${other}/cancel`, as: t.alice, body: {} });
    expect(cancelled.json()).toMatchObject({ status: "cancelled" });
  });

  test("it says so: in its health, which it is in, on its ready page, and in receipts", async () => {
    const t = await door();
    const id = await t.ask("alice", "bob");
    expect((await t.call({ url: "/ready" })).status).toBe(200);
    await enter(t);
    const health = await t.call({ url: "/health" });
    expect([health.status, health.json()]).toMatchObject([
      200,
      { status: "ok", mode: "emergency", modeDetail: "the disk smells" },
    ]);
    const ready = await t.call({ url: "/ready" });
    expect([ready.status, ready.json()]).toMatchObject([503, { ready: false, reason: "emergency: the disk smells" }]);
    const receipt = await t.call({ url: `/v1/elicitations/${id}/receipt`, as: t.alice });
    expect(receipt.json()).toMatchObject({ mode: "emergency" });
  });

  test("it is still in it after a restart", async () => {
    const t = await door();
    await enter(t);
    await t.close();
    const again = await testBridge({ disk: t.disk, seed: 2 });
    expect(again.bridge.degrade.current()).toMatchObject({ name: "emergency", trigger: "operator" });
  });

  test("it is in force even when it cannot be written down, and is written down once it can", async () => {
    const low = readings({ diskFreeShare: 0.01 });
    const t = await door({ vitals: low.vitals });
    t.disk.break(new Error("the disk is full"));
    await t.clock.advance(6_000);
    expect(await modeOf(t)).toBe("emergency");
    t.disk.mend();
    await t.clock.advance(3_000);
    const entered = (await t.events()).filter(({ type }) => type === "mode.emergency_entered");
    expect(entered).toHaveLength(1);
  });
});

describe("an emergency that could not be written down", () => {
  const entered = async (t: { readonly events: HttpDoor["events"] }) =>
    (await t.events()).filter(({ type }) => type === "mode.emergency_entered");

  test("because its disk is full is found again by the bridge that starts next, before it takes in anything", async () => {
    const low = readings({ diskFreeShare: 0.5 });
    const t = await door({ vitals: low.vitals });
    t.disk.break(new Error("the disk is full"));
    low.set({ diskFreeShare: 0.01 });
    await t.clock.advance(6_000);
    expect(await modeOf(t)).toBe("emergency");
    await t.close();
    t.disk.mend();

    const again = await testBridge({ disk: t.disk, seed: 2, vitals: low.vitals });
    expect(again.bridge.degrade.current()).toMatchObject({ name: "emergency", trigger: "disk" });
    expect(again.bridge.degrade.refuses("ask")).toMatchObject({ code: "degraded" });
    // Written down as soon as the disk takes anything: here at once, after the bridge's own beginning.
    await atRest();
    expect((await again.events()).slice(-2).map(({ type }) => type)).toEqual([
      "bridge.started",
      "mode.emergency_entered",
    ]);
    expect(await entered(again)).toHaveLength(1);
  });

  test("by an operator: in force, said to be so, written down once the disk is mended, and kept over a restart", async () => {
    const t = await door();
    t.disk.break(new Error("the disk is full"));
    const refused = await enter(t);
    expect(refused.problem()).toMatchObject({
      code: "log_unavailable",
      detail: expect.stringContaining("the emergency is in force"),
    });
    expect(await modeOf(t)).toBe("emergency");
    t.disk.mend();
    await t.clock.advance(3_000);
    expect(await entered(t)).toMatchObject([
      { actor: "ops", data: { trigger: "operator", detail: "the disk smells" } },
    ]);
    await t.close();
    const again = await testBridge({ disk: t.disk, seed: 2 });
    expect(again.bridge.degrade.current()).toMatchObject({ name: "emergency", trigger: "operator" });
  });

  test("a bridge whose log cannot be written at all does not begin", async () => {
    const t = await door();
    await t.close();
    t.disk.break(new Error("the disk is full"));
    await expect(testBridge({ disk: t.disk, seed: 2 })).rejects.toThrow(/disk is full/);
  });
});

describe("the way back", () => {
  test("is a person's: no machine, and no agent, ends an emergency", async () => {
    const t = await door();
    await enter(t);
    expect((await recover(t, t.machine)).status).toBe(403);
    expect((await recover(t, t.alice)).status).toBe(403);
    expect((await recover(t)).json()).toMatchObject({ mode: "recovering" });
    expect((await resume(t, t.machine)).status).toBe(403);
    expect((await ask(t)).status).toBe(503);
    expect((await resume(t)).json()).toMatchObject({ mode: "normal" });
    expect((await ask(t)).status).toBe(201);
  });

  test("is shut while a check fails, and every failing check is named", async () => {
    const low = readings({ diskFreeShare: 0.5 });
    const t = await door({ vitals: low.vitals });
    await enter(t);
    await recover(t);
    low.set({ diskFreeShare: 0.01, appendP99Ms: 5_000, appends: 100 });
    const refused = await resume(t);
    expect(refused.problem()).toMatchObject({
      code: "checks_failing",
      problems: [
        { message: expect.stringContaining("disk:") },
        { message: expect.stringContaining("append_latency:") },
      ],
    });
    low.set(new Error("no such disk"));
    expect((await resume(t)).problem().problems).toMatchObject([{ message: "readings: cannot be had: no such disk" }]);
    low.set({ diskFreeShare: 0.5 });
    expect((await resume(t)).json()).toMatchObject({ mode: "normal" });
    expect((await t.events()).at(-1)).toMatchObject({
      type: "mode.normal_resumed",
      actor: "root",
      data: { reason: "mended", checks: expect.arrayContaining(["disk: 50 % is free"]) },
    });
  });
});

describe("a reading beyond its limit", () => {
  test.each([
    ["disk", { diskFreeShare: 0.049 }],
    ["append_latency", { appendP99Ms: 2_000, appends: 20 }],
    ["error_rate", { errorShare: 0.06, calls: 20 }],
  ] as const)("(%s) calls an emergency by itself, once", async (trigger, vitals) => {
    const given = readings();
    const t = await door({ vitals: given.vitals });
    await t.clock.advance(20_000);
    expect(await modeOf(t)).toBe("normal");
    given.set(vitals);
    await t.clock.advance(20_000);
    expect(t.bridge.degrade.current()).toMatchObject({ name: "emergency", trigger });
    expect((await t.events()).filter(({ type }) => type.startsWith("mode."))).toHaveLength(1);
  });

  test("throws a recovery back into the emergency", async () => {
    const given = readings();
    const t = await door({ vitals: given.vitals });
    await enter(t);
    await recover(t);
    given.set({ diskFreeShare: 0.01 });
    await t.clock.advance(6_000);
    expect(t.bridge.degrade.current()).toMatchObject({ name: "emergency", trigger: "disk" });
  });

  test("that cannot be had is a fault for the operator, and calls nothing", async () => {
    const given = readings();
    const t = await door({ vitals: given.vitals });
    given.set(new Error("no such disk"));
    await t.clock.advance(6_000);
    expect(t.faults).toMatchObject([{ message: "no such disk" }]);
    expect(await modeOf(t)).toBe("normal");
  });
});
