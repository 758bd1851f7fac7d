import { describe, expect, it } from "vitest";
import type { DrillResult } from "../drill.ts";
import { type DrillRun, evidenceLines, evidenceOf } from "./evidence.ts";
import { drillAlerts } from "./scenarios.ts";

type Result = DrillRun["results"][number];
const result = (alert: string, more: Partial<DrillResult> = {}): Result => ({
  name: "something is broken",
  alert,
  ms: { seen: 100, firing: 900, told: 900, page: 1_000, message: 1_000, quiet: 2_000, resolved: 2_500 },
  at: { breach: 10_000, relief: 20_000 },
  passed: true,
  failures: [],
  pageWithinSeconds: 3,
  ...more,
});
const run = (seconds: number, results: readonly Result[]): DrillRun => ({
  drillId: "d",
  environment: "staging",
  startedAt: 0,
  finishedAt: seconds * 1000,
  receivers: "nobody",
  results,
});
const all = drillAlerts.map((alert) => result(alert));

describe("the verdict of a drill", () => {
  it("is passed when every alert is, and all five took no longer than a minute together", () => {
    expect(evidenceOf(run(60, all))).toMatchObject({
      passed: true,
      suite: { seconds: 60, within_seconds: 60, passed: true },
    });
  });

  it("is not passed when one page came too late", () => {
    const late = result("BridgeDown", { passed: false, failures: ["page: after 7.0 s, more than 5 s"] });
    const evidence = evidenceOf(run(50, [...all.slice(0, 4), late]));
    expect(evidence).toMatchObject({ passed: false, suite: { passed: true } });
    expect(evidenceLines(evidence, [late]).join("\n")).toContain("page: after 7.0 s, more than 5 s");
  });

  it("is not passed when all of it took more than a minute, and says so", () => {
    const evidence = evidenceOf(run(61, all));
    expect(evidence).toMatchObject({ passed: false, suite: { passed: false } });
    expect(evidenceLines(evidence, all).at(-1)).toBe("all of it took 61.0 s, within 60 s are wanted: more than 60 s");
  });

  it("has no such target for a drill of some, and is no pass for a drill of none", () => {
    expect(evidenceOf(run(99, all.slice(0, 1)))).toMatchObject({ passed: true, suite: { within_seconds: null } });
    expect(evidenceOf(run(1, [])).passed).toBe(false);
  });

  it("shows each target beside the page that it is for", () => {
    const [head = "", line = ""] = evidenceLines(evidenceOf(run(9, all.slice(0, 1))), all.slice(0, 1))
      .join("\n")
      .split("\n");
    expect(head.trim().split(/\s+/)).toEqual([
      "alert",
      "seen",
      "firing",
      "told",
      "page",
      "within",
      "message",
      "quiet",
      "resolved",
    ]);
    expect(line).toMatch(/^SecurityViolationCritical +0\.10 +0\.90 +0\.90 +1\.00 +3\.00 +1\.00 +2\.00 +2\.50 {2}ok$/);
  });
});
