import { expect, test } from "vitest";
import { defaultPlan } from "../../domain/rollout-plan.ts";
import { type Measurement, noTally } from "./measurement.ts";
import { isCertainlyAbove, triggerOf } from "./trigger.ts";

const { triggers } = defaultPlan("f");
const seen = (canary: Partial<Measurement["canary"]>, violations = 0): Measurement => ({
  forMs: 10_000,
  canary: { ...noTally, ...canary },
  stable: noTally,
  violations,
});
const fired = (measurements: readonly Measurement[], unhealthy = 0) => triggerOf(triggers, { measurements, unhealthy });

test("gross failure fires at once, each kind by its name", () => {
  expect(fired([seen({ ended: 20, failed: 15 })])?.name).toBe("errors");
  expect(fired([seen({ deliveries: 20, undelivered: 15 })])?.name).toBe("delivery");
  expect(fired([seen({ timed: 20, verySlow: 10 })])?.name).toBe("latency");
  expect(fired([seen({}, 1)])?.name).toBe("security");
  expect(fired([], 3)?.name).toBe("health");
});

test("two of two, or a little above the limit, is not certain", () => {
  expect(fired([seen({ ended: 2, failed: 2 })])).toBeUndefined();
  expect(fired([seen({ ended: 100, failed: 6 })])).toBeUndefined();
  expect(isCertainlyAbove({ bad: 1_000, of: 10_000 }, 0.05)).toBe(true);
});

test("what is older than the window counts no more", () => {
  const old = seen({ ended: 100, failed: 90 }, 1);
  const good = Array.from({ length: 30 }, () => seen({ ended: 100 }));
  expect(fired([old, ...good.slice(0, 29)])?.name).toBe("security");
  expect(fired([old, ...good])).toBeUndefined();
});
