import { whyNot } from "./mend.ts";
import type { Policy, Tolerance } from "./policy.ts";
import type { Outcome } from "./result.ts";

/** What reviewers read before they decide: every outcome with its number, and what that number is held against. */
export const summaryOf = (policy: Policy, outcomes: readonly Outcome[], core: string): string => {
  const passed = outcomes.filter(({ state }) => state === "pass").length;
  return [
    `Policy ${policy.name}: ${passed} of ${outcomes.length} checks pass.`,
    `You sign for core ${core}: this build, this policy and the evidence below.`,
    "Approve, object or abstain, with your reasons. An objection stops it; silence is not consent.",
    "",
    ...outcomes.map((outcome) => lineOf(policy, outcome)),
  ]
    .join("\n")
    .slice(0, SUMMARY_CHARS_MAX);
};

/** Below what a question may have, with its first line. */
const SUMMARY_CHARS_MAX = 12_000;

const lineOf = (policy: Policy, outcome: Outcome): string => {
  const head = `${outcome.state.padEnd(7)} ${outcome.severity.padEnd(7)} ${outcome.id}`;
  if (outcome.state !== "pass") return `${head}: ${whyNot(outcome)}`;
  const measures = policy.checks.find(({ id }) => id === outcome.id)?.measures ?? [];
  const numbers = outcome.measurements
    .filter(({ value }) => typeof value === "number")
    .map(({ name, value, unit, n }) => {
      const tolerance = measures.find((measure) => measure.name === name)?.tolerance;
      return `${name} ${value} ${unit} of ${n}${tolerance === undefined ? "" : ` (${toleranceInWords(tolerance)})`}`;
    });
  return numbers.length === 0 ? head : `${head}: ${numbers.join(", ")}`;
};

export const toleranceInWords = (tolerance: Tolerance): string => {
  if ("is" in tolerance) return `is ${tolerance.is}`;
  if ("max" in tolerance) return `at most ${tolerance.max}`;
  if ("min" in tolerance) return `at least ${tolerance.min}`;
  return tolerance.between[0] === tolerance.between[1]
    ? `exactly ${tolerance.between[0]}`
    : `${tolerance.between[0]} to ${tolerance.between[1]}`;
};
