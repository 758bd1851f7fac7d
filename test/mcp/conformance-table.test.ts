import { expect, test } from "vitest";
import { type Check, judge } from "./conformance-table.ts";

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
  expect(judge(scenario, checks).result).toBe(result);
});
