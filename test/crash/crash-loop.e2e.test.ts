import { join } from "node:path";
import { expect, test } from "vitest";
import { crashLoop } from "./crash-loop.ts";

/** CI runs 50 (`npm run crash`). */
const ROUNDS = 5;

test("kill -9 under load loses nothing that was acknowledged, and doubles nothing", async () => {
  const report = await crashLoop({ rounds: ROUNDS });

  expect(report.broken).toEqual([]);
  expect(report.rounds).toBe(ROUNDS);
  for (const count of [report.asks, report.answers, report.outcomes, report.events]) expect(count).toBeGreaterThan(50);
  // Both ways of delivery were in it, and questions that changed from one to the other.
  for (const count of [report.handedOut, report.rerouted]) expect(count).toBeGreaterThan(0);
  // The arm was withdrawn by the seven steps once, with a kill in the middle of them.
  expect(report.rollbacks).toBe(1);
  expect(report.lostByRollbacks).toBe(0);
  // Every question that was asked has its answer in the end, whatever happened in between.
  expect(report.outcomes).toBe(report.asks);
  expect(report.inLog).toBe(report.asks);
});

test("the loop finds a bridge that acknowledges before it commits", async () => {
  const report = await crashLoop({ rounds: 20, script: join(import.meta.dirname, "hasty-bridge.ts") });

  expect(report.broken.join("\n")).toMatch(/acknowledged .* is not in the log/);
});
