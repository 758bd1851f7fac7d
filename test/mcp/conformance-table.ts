/** What the runner writes about one check. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

export interface Row {
  readonly scenario: string;
  readonly passed: number;
  readonly notApplicable: number;
  readonly failed: number;
  /** Recommendations that are not followed. */
  readonly warned: number;
  readonly result: "passed" | "partly" | "not applicable" | "failed";
  /** Why something does not apply, or what failed. */
  readonly reasons: readonly string[];
}

/** What Lighthouse does not have, and hence does not say that it has. A scenario about it cannot pass or fail. */
const withoutCapability: readonly (readonly [RegExp, string])[] = [
  [/^prompts-|^input-required-result-non-tool-request$/, "no prompts are offered"],
  [/^completion-/, "no completion is offered"],
  [/^logging-|^tools-call-with-logging$/, "no logging is offered (deprecated in 2026-07-28)"],
  [/^resources-(un)?subscribe$/, "no subscription is offered: a notification wakes nobody"],
  [/^resources-(read|templates)/, "needs the runner's own resource test://…"],
  [/^caching$/, "no prompts are offered, and resources are templates only"],
  [/^tasks-/, "the tasks extension is not offered; every wait has a handle instead"],
];

/** A check that asked for a tool of the runner's own, by its name, and one that says itself that it could not be made. */
const needsFixture =
  /no tool "(test_\w+|slow_compute|greet|failing_job|protocol_error_job|confirm_delete|multi_input)"|Tool 'json_schema_2020_12_tool' not found/;
const untested = /^Not testable|^Prerequisite failed|fixture from Check \d unavailable/;
/**
 * Rounds of a fixture tool, whose absence the runner reports in words of its own or, where an error was expected, not at
 * all: what passes here without the tool proves nothing.
 */
const fixtureScenario = /^input-required-result-(?!unsupported-methods)/;

export const judge = (scenario: string, checks: readonly Check[]): Row => {
  const reasons = new Set<string>();
  let [passed, notApplicable, failed, warned] = [0, 0, 0, 0];
  for (const { id, status, errorMessage = "" } of checks) {
    if (status === "SUCCESS") passed++;
    if (status === "SUCCESS" || status === "INFO") continue;
    const why = whyNotApplicable(scenario, errorMessage);
    if (why !== undefined) {
      notApplicable++;
      reasons.add(why);
    } else if (status === "FAILURE") {
      failed++;
      reasons.add(`${id}: ${errorMessage}`);
    } else {
      if (status === "WARNING") warned++;
      else notApplicable++;
      reasons.add(`${id}: ${status.toLowerCase()}${errorMessage === "" ? "" : `: ${errorMessage}`}`);
    }
  }
  const isEmpty = passed === 0 || fixtureScenario.test(scenario);
  if (isEmpty && reasons.size === 0) {
    reasons.add(passed === 0 ? "the runner checked nothing" : "needs a tool of the runner's own: passes without it");
  }
  // Every scenario has a check of the wire's form; where nothing else passed, its own matter was not tested.
  const result = resultOf(failed, notApplicable + warned, isEmpty ? 0 : passed);
  return { scenario, passed, notApplicable, failed, warned, result, reasons: [...reasons] };
};

const resultOf = (failed: number, open: number, passed: number): Row["result"] => {
  if (failed > 0) return "failed";
  if (passed > 0 && open === 0) return "passed";
  return passed <= 1 ? "not applicable" : "partly";
};

const whyNotApplicable = (scenario: string, message: string): string | undefined => {
  const lacking = withoutCapability.find(([of]) => of.test(scenario));
  if (lacking !== undefined && message !== "") return lacking[1];
  if (needsFixture.test(message)) return "needs a tool of the runner's own";
  if (untested.test(message)) return "needs a tool of the runner's own";
  if (fixtureScenario.test(scenario) && message !== "") return "needs a tool of the runner's own";
  return undefined;
};

export const table = (runner: string, all: readonly (readonly [string, readonly Row[]])[]): string => {
  const lines = [
    `MCP conformance of /mcp by ${runner}.`,
    "Written by `node test/mcp/conformance.ts`; `--check` tells when it is due.",
    "",
    "passed: every check did. partly: every check that applies did. not applicable: the scenario calls something that",
    "is the runner's own fixture or that Lighthouse does not offer, with the reason; its check of the wire's form passed.",
  ];
  for (const [revision, rows] of all) {
    const count = (result: Row["result"]): number => rows.filter((row) => row.result === result).length;
    const sum = (of: "passed" | "notApplicable" | "failed" | "warned"): number =>
      rows.reduce((n, row) => n + row[of], 0);
    lines.push(
      "",
      `## ${revision}`,
      "",
      `scenarios: ${count("passed")} passed, ${count("partly")} partly, ${count("failed")} failed, ${count("not applicable")} not applicable`,
      `checks:    ${sum("passed")} passed, ${sum("failed")} failed, ${sum("notApplicable")} not applicable, ${sum("warned")} warnings`,
      "",
      `${"scenario".padEnd(46)} ${"result".padEnd(15)}  ok n/a fail warn  reason`,
    );
    for (const { scenario, result, passed, notApplicable, failed, warned, reasons } of rows) {
      const numbers = `${[passed, notApplicable].map((n) => String(n).padStart(3)).join(" ")} ${[failed, warned].map((n) => String(n).padStart(4)).join(" ")}`;
      lines.push(`${scenario.padEnd(46)} ${result.padEnd(15)}${numbers}   ${reasons.join("; ")}`.trimEnd());
    }
  }
  return `${lines.join("\n")}\n`;
};
