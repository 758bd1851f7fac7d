import { expect, test } from "vitest";
import { defaultPlan, planProblems } from "../../domain/rollout-plan.ts";
import { planLines, planText, readPlan } from "./plan.ts";

test("an empty file is the default plan, and that is possible", () => {
  expect(readPlan("", "f")).toEqual({ ok: true, plan: defaultPlan("f") });
  expect(planProblems(defaultPlan("f"))).toEqual([]);
});

test("durations are written as people write them", () => {
  const read = readPlan(
    "steps: [{ percent: 50, soak: 20s }, { percent: 100, soak: 1.5m }]\nanalysis: { every: 500ms }",
    "f",
  );
  expect(read.ok && read.plan.steps).toEqual([
    { percent: 50, soakMs: 20_000 },
    { percent: 100, soakMs: 90_000 },
  ]);
  expect(read.ok && read.plan.analysis.everyMs).toBe(500);
});

test("everything that is impossible is told at once, each with its place", () => {
  const read = readPlan(
    `
steps: [{ percent: 50, soak: 1s }, { percent: 25, soak: 30d }]
analysis: { minSamples: 0, maxHold: 1s, errors: { ok: 0.05, bad: 0.01 }, latency: { over: 250ms }, relative: 1, missed: 0.9 }
triggers: { slow: 7s, window: 1s, errorShare: 1.5, unhealthy: 0 }`,
    "f",
  );
  expect(read.ok ? [] : read.problems.map(({ pointer }) => pointer)).toEqual([
    "/steps/0/soak",
    "/steps/1/percent",
    "/steps/1/soak",
    "/steps/1/percent",
    "/analysis/minSamples",
    "/analysis/maxHold",
    "/analysis/errors/bad",
    "/analysis/latency/over",
    "/analysis/relative",
    "/analysis/missed",
    "/triggers/window",
    "/triggers/errorShare",
    "/triggers/slow",
    "/triggers/unhealthy",
  ]);
});

test("what has not the shape of a plan is told beside what is impossible elsewhere, each under the name that was written", () => {
  const read = readPlan(
    "steps: 5\nanalysis: { evry: 10s, every: soon }\ntriggers: { over: nobody, minAgents: 0 }\ncertificate: maybe",
    "f",
  );
  const problems = read.ok ? [] : read.problems;
  expect(problems.map(({ pointer }) => pointer).sort()).toEqual([
    "/analysis/every",
    "/analysis/evry",
    "/certificate",
    "/steps",
    "/triggers/over",
  ]);
  expect(problems.find(({ pointer }) => pointer === "/analysis/every")?.message).toContain("500ms, 30s, 10m");
  const beside = readPlan("steps: 5\nanalysis: { missed: 0.9 }\ntriggers: { agentFailureShare: 2, minAgents: 0 }", "f");
  expect(beside.ok ? [] : beside.problems.map(({ pointer }) => pointer)).toEqual([
    "/steps",
    "/analysis/missed",
    "/triggers/minAgents",
    "/triggers/agentFailureShare",
  ]);
  expect(readPlan("steps: [", "f").ok).toBe(false);
  expect(readPlan("- 1", "f").ok).toBe(false);
});

test("the same plan has the same text, in whatever order it was written", () => {
  const [a, b] = [
    readPlan("analysis: { minSamples: 7, relative: 3 }", "f"),
    readPlan("analysis: { relative: 3, minSamples: 7 }", "f"),
  ];
  expect(a.ok && b.ok && planText(a.plan) === planText(b.plan)).toBe(true);
});

test("people can read it", () => {
  expect(planLines(defaultPlan("f")).join("\n")).toContain("step 1    5 %  soak 10m");
});
