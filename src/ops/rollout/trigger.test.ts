import { describe, expect, test } from "vitest";
import { defaultPlan } from "../../domain/rollout-plan.ts";
import { type Measurement, noTally } from "./measurement.ts";
import { isCertainlyAbove, triggerOf, type Watched } from "./trigger.ts";

const plan = defaultPlan("f");
const canaryOnly = { ...plan, triggers: { ...plan.triggers, over: "canary" as const } };
const seen = (
  canary: Partial<Measurement["canary"]>,
  {
    stable = {},
    ...more
  }: Partial<Omit<Measurement, "stable">> & { readonly stable?: Partial<Measurement["stable"]> } = {},
): Measurement => ({
  forMs: 10_000,
  violations: 0,
  ...more,
  canary: { ...noTally, ...canary },
  stable: { ...noTally, ...stable },
});
const fired = (measurements: readonly Measurement[], more: Partial<Watched> = {}, by = plan) =>
  triggerOf(by, { measurements, unhealthy: 0, ...more });
const expired = (n: number, of: number) => ({ ended: of, expired: n, failed: n });

describe("in the canary arm", () => {
  test("gross failure fires at once, each kind by its name", () => {
    expect(fired([seen({ ended: 20, failed: 15 })])?.name).toBe("errors");
    expect(fired([seen({ deliveries: 20, undelivered: 15 })])?.name).toBe("delivery");
    expect(fired([seen({ timed: 20, verySlow: 10 })])?.name).toBe("latency");
    expect(fired([seen({}, { violations: 1 })])?.name).toBe("security");
    expect(fired([], { unhealthy: 3 })?.name).toBe("health");
    expect(fired([], { damage: "the log went back" })).toEqual({ name: "integrity", why: "the log went back" });
  });

  test("two of two, or a little above the limit, is not certain", () => {
    expect(fired([seen({ ended: 2, failed: 2 })])).toBeUndefined();
    expect(fired([seen({ ended: 100, failed: 6 })])).toBeUndefined();
    expect(isCertainlyAbove({ bad: 1_000, of: 10_000 }, 0.05)).toBe(true);
  });

  test("what is older than the window counts no more", () => {
    const old = seen({ ended: 100, failed: 90 }, { violations: 1 });
    const good = Array.from({ length: 30 }, () => seen({ ended: 100 }));
    expect(fired([old, ...good.slice(0, 29)])?.name).toBe("security");
    expect(fired([old, ...good])).toBeUndefined();
  });
});

describe("in the whole system", () => {
  test.each([
    ["errors", { ended: 1_000, failed: 150 }],
    ["latency", { timed: 1_000, verySlow: 60 }],
    ["delivery", { deliveries: 1_000, undelivered: 150 }],
  ] as const)("%s fire although the canary arm is sound, unless the plan looks at that alone", (name, stable) => {
    const [sound] = [{ ended: 50, timed: 50, deliveries: 50 }];
    expect(fired([seen(sound, { stable })])).toMatchObject({
      name,
      why: expect.stringContaining("in the whole system"),
    });
    expect(fired([seen(sound, { stable })], {}, canaryOnly)).toBeUndefined();
  });

  test("timeouts a minute fire above ten, in either arm, counted over a minute that was watched", () => {
    const minute = (stable: object) => Array.from({ length: 6 }, () => seen({}, { stable }));
    expect(fired(minute(expired(2, 20)))).toMatchObject({
      name: "timeouts",
      why: expect.stringContaining("12 a minute"),
    });
    expect(fired(minute(expired(1, 20)))).toBeUndefined();
    expect(fired(minute(expired(2, 20)), {}, canaryOnly)).toBeUndefined();
    expect(fired([seen(expired(12, 100))], {}, canaryOnly)?.name).toBe("timeouts");
    // Ten seconds with five of them are no thirty a minute.
    expect(fired([seen({}, { stable: expired(5, 110) })])).toBeUndefined();
  });

  test("timeouts need traffic, and in a busy system to be more than the share that is sound", () => {
    expect(fired([seen({}, { stable: expired(12, 19) })])).toBeUndefined();
    expect(fired([seen({}, { stable: expired(100, 10_000) })])).toBeUndefined();
    expect(fired([seen({}, { stable: expired(200, 10_000) })])?.name).toBe("timeouts");
  });

  test("agents that fail fire above a tenth of those that were asked lately, and of ten at least", () => {
    const census = (failing: number, of: number) => seen({}, { agents: { failing, seen: of } });
    expect(fired([census(3, 20)])).toEqual({ name: "agents", why: "agents: 3 of 20 fail, the limit is 10 %" });
    expect(fired([census(2, 20)])).toBeUndefined();
    expect(fired([census(9, 9)])).toBeUndefined();
    expect(fired([census(3, 20)], {}, canaryOnly)).toBeUndefined();
    // A census is of now: what it said before does not count on.
    expect(fired([census(9, 20), census(0, 20)])).toBeUndefined();
  });
});
