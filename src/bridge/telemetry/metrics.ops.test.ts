import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { manualTime } from "../../../test/support/manual-time.ts";
import { createMetrics } from "./metrics.ts";

it("Prometheus' own lint finds nothing wrong with the names, types and help of what a bridge shows", async () => {
  const build = { version: "1.2.3", revision: "abc", node: "24" };
  const metrics = createMetrics({ clock: manualTime(1_767_571_200_000), build });
  const input = await metrics.text("text/plain");
  // Exits with 3, and says what it is, when there is something; `test/ops/install-servers.sh` installs it.
  expect(execFileSync("promtool", ["check", "metrics"], { input, encoding: "utf8" })).toBe("");
});
