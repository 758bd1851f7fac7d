import { describe, expect, it } from "vitest";
import { atRest, manualTime } from "../../../../test/support/manual-time.ts";
import { type BatchOptions, batches } from "./batches.ts";
import type { Sent } from "./sent.ts";

const ok: Sent = { ok: true, rejected: 0 };
const away: Sent = { ok: false, isTransient: true, reason: "nobody there" };
const no: Sent = { ok: false, isTransient: false, reason: "400" };

const rig = (answers: Sent[] = [], more: Partial<BatchOptions<number>> = {}) => {
  const scheduler = manualTime(0);
  const got: (readonly number[])[] = [];
  const told: string[] = [];
  const mine = batches<number>({
    scheduler,
    send: async (items) => {
      got.push(items);
      return answers.shift() ?? ok;
    },
    watch: {
      sent: () => told.push("sent"),
      failed: (reason) => told.push(`failed ${reason}`),
      dropped: (items, reason) => told.push(`dropped ${items} ${reason}`),
    },
    batchMax: 3,
    queueMax: 5,
    delayMs: 100,
    ...more,
  });
  return { scheduler, got, told, mine };
};

describe("batches", () => {
  it("wait for company, but not long", async () => {
    const { scheduler, got, mine } = rig();
    mine.add(1);
    mine.add(2);
    await scheduler.advance(99);
    expect(got).toEqual([]);
    await scheduler.advance(1);
    expect(got).toEqual([[1, 2]]);
  });

  it("leave at once when they are full, in order, one at a time", async () => {
    const { got, mine } = rig([], { queueMax: 100 });
    for (let i = 1; i <= 7; i++) mine.add(i);
    await atRest();
    expect(got).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("are kept while the other side is away, tried again later and later, and arrive in order", async () => {
    const { scheduler, got, told, mine } = rig([away, away]);
    mine.add(1);
    await scheduler.advance(100);
    mine.add(2);
    await scheduler.advance(999);
    expect(got).toHaveLength(1);
    await scheduler.advance(1);
    expect(got).toHaveLength(2);
    await scheduler.advance(2_000);
    expect(got.at(-1)).toEqual([1, 2]);
    expect(told).toEqual(["failed nobody there", "failed nobody there", "sent"]);
    expect(mine.waiting()).toBe(0);
  });

  it("wait as long as they were told to, up to a limit", async () => {
    const { scheduler, got, mine } = rig([
      { ...away, retryAfterMs: 7_000 },
      { ...away, retryAfterMs: 3_600_000 },
    ]);
    mine.add(1);
    await scheduler.advance(100);
    await scheduler.advance(6_999);
    expect(got).toHaveLength(1);
    await scheduler.advance(1);
    expect(got).toHaveLength(2);
    await scheduler.advance(30_000);
    expect(got).toHaveLength(3);
  });

  it("give up the newest when the buffer is full, and say how many", async () => {
    const { told, mine } = rig([away]);
    for (let i = 1; i <= 7; i++) mine.add(i);
    expect(told.filter((each) => each.startsWith("dropped"))).toEqual([
      "dropped 1 the buffer is full",
      "dropped 1 the buffer is full",
    ]);
    expect(mine.waiting()).toBe(5);
  });

  it("give up what will never be taken, and go on with the rest", async () => {
    const { told, got, mine } = rig([no], { queueMax: 100 });
    for (let i = 1; i <= 6; i++) mine.add(i);
    await atRest();
    expect(told).toEqual(["failed 400", "dropped 3 400", "sent"]);
    expect(got.at(-1)).toEqual([4, 5, 6]);
  });

  it("count what the other side would not have although it took the rest", async () => {
    const { told, mine } = rig([{ ok: true, rejected: 2 }]);
    for (let i = 1; i <= 3; i++) mine.add(i);
    await atRest();
    expect(told).toEqual(["sent", "dropped 2 the other side rejected them"]);
  });

  it("are sent when it closes; what cannot be then is counted as lost, and nothing hangs", async () => {
    const fine = rig();
    fine.mine.add(1);
    await fine.mine.close();
    expect(fine.got).toEqual([[1]]);

    const gone = rig([away, away]);
    for (let i = 1; i <= 5; i++) gone.mine.add(i);
    await gone.mine.close();
    expect(gone.told.filter((each) => each.startsWith("dropped")).length).toBeGreaterThan(0);
    expect(gone.mine.waiting()).toBe(0);
    expect(gone.mine.add(9)).toBe(false);
  });
});
