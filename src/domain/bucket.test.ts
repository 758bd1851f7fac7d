import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, capacity, full, take } from "./bucket.ts";

const rate = { perMinute: 10, burst: 3 };

const takeMany = (bucket: Bucket, times: readonly number[]) => {
  let current = bucket;
  return times.map((now) => {
    const taken = take(current, rate, now);
    current = taken.bucket;
    return taken.ok;
  });
};

test("a minute's worth and the burst at once, then one every six seconds", () => {
  const bucket = full(rate, 0);
  expect(takeMany(bucket, Array(14).fill(0)).filter(Boolean)).toHaveLength(13);
  expect(takeMany(bucket, [...Array(13).fill(0), 5_999, 6_000])).toEqual([...Array(13).fill(true), false, true]);
});

test("the refused are told when to come back, and then it works", () => {
  const empty = { tokens: 0.25, at: 1_000 };
  const refused = take(empty, rate, 1_000);
  expect(refused).toMatchObject({ ok: false, retryAfterMs: 4_500 });
  expect(take(empty, rate, 1_000 + 4_499).ok).toBe(false);
  expect(take(empty, rate, 1_000 + 4_500).ok).toBe(true);
});

test("a clock that steps back neither gives nor takes", () => {
  const empty = { tokens: 0, at: 1_000_000 };
  const back = take(empty, rate, 0);
  expect(back).toMatchObject({ ok: false, bucket: { tokens: 0, at: 1_000_000 } });
  expect(take(back.bucket, rate, 1_006_000).ok).toBe(true);
});

test("whatever is tried, no span of time gives more than the bucket and what flowed in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 }), (gaps) => {
      let now = 0;
      const times = gaps.map((gap) => {
        now += gap;
        return now;
      });
      const granted = takeMany(full(rate, 0), times).filter(Boolean).length;
      expect(granted).toBeLessThanOrEqual(capacity(rate) + (now * rate.perMinute) / 60_000);
    }),
  );
});

test("who stays within its rate is never refused", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 6_000, max: 60_000 }), { maxLength: 100 }), (gaps) => {
      let now = 0;
      expect(
        takeMany(
          { tokens: 1, at: 0 },
          gaps.map((gap) => (now += gap)),
        ),
      ).not.toContain(false);
    }),
  );
});
