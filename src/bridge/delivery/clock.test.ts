import { describe, expect, test } from "vitest";
import { type TestBridge, testBridge } from "../../../test/support/test-bridge.ts";

const HOUR_MS = 3_600_000;

const withTwo = async (): Promise<TestBridge> => {
  const t = await testBridge();
  await t.register("alice");
  await t.register("bob");
  return t;
};
const isOpen = (t: TestBridge, id: string): boolean => t.bridge.elicitations.find(id)?.state.status === "open";

describe("when the wall clock is set", () => {
  test("back by an hour, a question still expires about when it was meant to, and never before", async () => {
    const t = await withTwo();
    const id = await t.ask("alice", "bob", { timeoutMs: 10_000 });

    t.clock.jump(-HOUR_MS);
    await t.clock.advance(9_999);
    expect(isOpen(t, id)).toBe(true);
    await t.clock.advance(1_200);

    expect(isOpen(t, id)).toBe(false);
    const ends = (await t.events()).filter((event) => event.type === "elicitation.expired");
    expect(ends.map(({ time, data }) => time >= data.deadline)).toEqual([true]);
  });

  test("right, after it was an hour ahead, a question that was asked meanwhile does not wait for that hour", async () => {
    const t = await withTwo();
    t.clock.jump(HOUR_MS);
    const id = await t.ask("alice", "bob", { timeoutMs: 10_000 });

    t.clock.jump(-HOUR_MS);
    const later = await t.ask("alice", "bob", { timeoutMs: 10_000 });
    await t.clock.advance(11_200);

    expect([isOpen(t, id), isOpen(t, later)]).toEqual([false, false]);
  });

  test("back by an hour, the log's time is the wall clock's again within ten", async () => {
    const t = await withTwo();
    t.clock.jump(-HOUR_MS);
    expect(t.bridge.now() - t.clock.now()).toBe(HOUR_MS);

    await t.clock.advance(5 * HOUR_MS);
    expect(t.bridge.now() - t.clock.now()).toBe(HOUR_MS / 2);
    await t.clock.advance(5 * HOUR_MS);
    expect(t.bridge.now()).toBe(t.clock.now());
  });

  test("forward past a deadline, or the machine slept, the question expires within a minute", async () => {
    const t = await withTwo();
    const id = await t.ask("alice", "bob", { timeoutMs: HOUR_MS });

    t.clock.jump(2 * HOUR_MS);
    await t.clock.advance(60_000);

    expect(isOpen(t, id)).toBe(false);
  });
});
