import { join } from "node:path";
import { expect, test } from "vitest";
import { crashLoop } from "./crash-loop.ts";

test("kill -9 under load loses nothing that was acknowledged, and doubles nothing", async () => {
  const report = await crashLoop({ rounds: 5 });
  expect(report.broken).toEqual([]);
  expect(report.asks).toBeGreaterThan(50);
  expect(report.answers).toBeGreaterThan(50);
  expect(report.events).toBeGreaterThan(50);
});

test("the loop finds a bridge that acknowledges before it commits", async () => {
  const report = await crashLoop({ rounds: 20, script: join(import.meta.dirname, "hasty-bridge.ts") });
  expect(report.broken.join("\n")).toMatch(/acknowledged .* is not in the log/);
});
