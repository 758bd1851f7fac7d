import { whyNot } from "../../review/mend.ts";
import type { ProbeTold } from "../../review/probe/run.ts";
import type { ReviewStep } from "../../review/run.ts";
import type { Act } from "../command.ts";
import { printableLine } from "../printable.ts";
import { table } from "../table.ts";
import type { Conducted } from "./conduct.ts";

/** What a review says while it runs, and in the end. */

export const onProbe = (
  told: ProbeTold,
  terminal: Act["terminal"],
  progress: ReturnType<Act["terminal"]["progress"]>,
): void => {
  switch (told.step) {
    case "begins":
      return;
    case "goes on":
      return progress.step(told.done, told.total);
    case "ended": {
      progress.done();
      const took = `${(told.ms / 1000).toFixed(1)} s`;
      terminal.note(
        told.found === "ran"
          ? `  probed ${told.probe} (${took})`
          : `  not run: ${told.probe}: ${told.found.detail} (${told.found.kind})`,
      );
    }
  }
};

export const onStep = (step: ReviewStep, { note }: Act["terminal"]): void => {
  switch (step.step) {
    case "probed":
      return note(
        `${step.outcomes.filter(({ state }) => state === "pass").length} of ${step.outcomes.length} checks pass`,
      );
    case "conditions":
      for (const why of step.refused) note(`  stays open: ${why}`);
      return;
    case "not asking":
      return note(`reviewers are not asked: ${step.because}`);
    case "asking":
      return note(step.reviewers.length === 0 ? "no reviewer is registered" : `asking ${step.reviewers.join(", ")}`);
    case "asked":
      for (const { reviewer, came } of step.asked)
        note(`  ${reviewer.agent}: ${came.how === "answered" ? "answered" : came.why}`);
  }
};

export const documentOf = ({ predicate, bundle: _, ...rest }: Conducted) => ({
  verdict: predicate.verdict,
  ...rest,
  validUntil: predicate.validUntil,
  reasons: predicate.reasons,
  checks: predicate.checks.map(({ id, severity, state }) => ({ id, severity, state })),
});

const colours = { GO: "green", CONDITIONAL: "yellow", "NO-GO": "red" } as const;
const states = { pass: "green", waived: "yellow", fail: "red", "not-run": "red" } as const;

export const toldOf = (
  { predicate, certificate, sha256, left }: Conducted,
  terminal: Act["terminal"],
): readonly string[] => [
  ...foundOf(predicate, terminal),
  "",
  `Certificate ${sha256}`,
  `  in ${certificate}, valid until ${predicate.validUntil}`,
  ...(left.length === 0 ? [] : [terminal.style("red", `These agents could not be revoked: ${left.join(", ")}.`)]),
];

/** The checks, the verdict, and why it is that. */
export const foundOf = (
  { verdict, checks, reasons }: Conducted["predicate"],
  { style }: Act["terminal"],
): readonly string[] => {
  const [heading = "", ...rows] = table(
    ["", "severity", "check", "what was found"],
    checks.map((check) => [
      check.state,
      check.severity,
      check.id,
      check.state === "pass" ? check.title : printableLine(whyNot(check), FOUND_CHARS_MAX),
    ]),
  );
  return [
    heading,
    ...rows.map((row, i) => {
      const state = checks[i]?.state ?? "not-run";
      return `${style(states[state], state)}${row.slice(state.length)}`;
    }),
    "",
    style(colours[verdict], verdict),
    ...reasons.map(({ detail }) => `  ${detail}`),
  ];
};

const FOUND_CHARS_MAX = 100;
