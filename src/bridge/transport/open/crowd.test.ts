import { expect, test } from "vitest";
import { crowd } from "./crowd.ts";

const limits = {
  ...{ strangersPerMinute: 60, strangersBurst: 2, strangersPerMinuteOfAll: 600, strangersBurstOfAll: 0 },
  strangersAtOnceMax: 3,
};
const room = (over: Partial<typeof limits> = {}) => {
  let now = 0;
  const made = crowd({ limits: { ...limits, ...over }, monotonic: () => now });
  return { ...made, wait: (ms: number) => (now += ms) };
};
const come = (r: ReturnType<typeof room>, address: string, times: number): number => {
  let let_in = 0;
  for (let n = 0; n < times; n++) {
    const entered = r.enter(address);
    if (!entered.ok) continue;
    let_in++;
    entered.value();
  }
  return let_in;
};

test("an address that floods locks out itself and nobody else", () => {
  const r = room();
  expect(come(r, "10.0.0.1", 1_000)).toBe(62);
  expect(come(r, "10.0.0.2", 10)).toBe(10);
  r.wait(1_000);
  expect(come(r, "10.0.0.1", 10)).toBe(1);
});

test("a flood from everywhere ends at what all may have together", () => {
  const r = room();
  let let_in = 0;
  for (let n = 0; n < 10_000; n++) let_in += come(r, `10.${n >> 8}.${n & 255}.1`, 1);
  expect(let_in).toBe(600);
  expect(r.addresses()).toBeLessThanOrEqual(4_096);
});

test("there are so many places at once, and who has left has left once", () => {
  const r = room();
  const [first, ...others] = [r.enter("a"), r.enter("b"), r.enter("c")];
  expect(r.enter("d")).toMatchObject({ ok: false, refusal: { code: "rate_limited", retryAfterMs: 100 } });
  if (first?.ok === true) {
    first.value();
    first.value();
  }
  expect(r.enter("d").ok).toBe(true);
  expect(r.enter("e").ok).toBe(false);
  expect(others.every(({ ok }) => ok)).toBe(true);
});

test("addresses of one IPv6 network are one, and one of IPv4 that is written as IPv6 is itself", () => {
  const r = room();
  expect(come(r, "2001:db8:1:2:3:4:5:6", 62)).toBe(62);
  expect(come(r, "2001:db8:1:2:ffff::1", 1)).toBe(0);
  expect(come(r, "2001:db8:1:3::1", 1)).toBe(1);
  expect(come(r, "::ffff:10.0.0.1", 62)).toBe(62);
  expect(come(r, "::ffff:10.0.0.2", 1)).toBe(1);
});
