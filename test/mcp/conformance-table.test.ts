import { expect, test } from "vitest";
import { type Check, judge, merged } from "./conformance-table.ts";

const ok: Check = { id: "wire", status: "SUCCESS" };
const bad = (errorMessage: string): Check => ({ id: "x", status: "FAILURE", errorMessage });

test.each([
  { scenario: "tools-list", checks: [ok, ok], result: "passed" },
  { scenario: "tools-list", checks: [ok, bad("schema has no type")], result: "failed" },
  {
    scenario: "tools-call-error",
    checks: [ok, bad('Failed: no tool "test_error_handling"')],
    result: "not applicable",
  },
  // A tool of ours that is missed is a failure, whatever the runner calls it.
  { scenario: "tools-list", checks: [ok, bad('no tool "lighthouse_ask"')], result: "failed" },
  { scenario: "prompts-list", checks: [ok, bad("Method not found")], result: "not applicable" },
  { scenario: "ping", checks: [ok, bad("Method not found")], result: "failed" },
  { scenario: "server-stateless", checks: [ok, ok, bad("Not testable: no tool")], result: "partly" },
  { scenario: "input-required-result-validate-input", checks: [ok, ok], result: "not applicable" },
  { scenario: "server-session-lifecycle", checks: [], result: "not applicable" },
] as const)("$scenario with $checks is $result", ({ scenario, checks, result }) => {
  expect(judge(scenario, checks, "bridge").result).toBe(result);
});

test.each([
  { scenario: "input-required-result-validate-input", checks: [ok, ok], result: "passed" },
  { scenario: "tools-call-error", checks: [ok, bad('Failed: no tool "test_error_handling"')], result: "failed" },
  { scenario: "tools-call-sampling", checks: [ok, bad("no client to ask")], result: "not applicable" },
] as const)("with the fixtures, $scenario with $checks is $result", ({ scenario, checks, result }) => {
  expect(judge(scenario, checks, "fixtures").result).toBe(result);
});

test("what the bridge shows by itself counts, what needs fixtures is judged with them, and no failure is hidden", () => {
  const bridge = [
    judge("ping", [ok, ok], "bridge"),
    judge("tools-call-error", [ok, bad('no tool "test_error_handling"')], "bridge"),
    judge("tools-list", [ok, ok], "bridge"),
    judge("dns-rebinding-protection", [ok, bad("answered")], "bridge"),
  ];
  const fixtures = [
    judge("ping", [ok, ok], "fixtures"),
    judge("tools-call-error", [ok, ok], "fixtures"),
    judge("tools-list", [ok, bad("no order")], "fixtures"),
    judge("dns-rebinding-protection", [ok, ok], "fixtures"),
  ];
  expect(merged(bridge, fixtures).map(({ on, result }) => `${on} ${result}`)).toEqual([
    "bridge passed",
    "fixtures passed",
    "fixtures failed",
    "bridge failed",
  ]);
});
