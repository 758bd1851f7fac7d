/** What the runner writes about one check. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

export interface Row {
  readonly scenario: string;
  readonly on: Server;
  readonly passed: number;
  readonly notApplicable: number;
  readonly failed: number;
  /** Recommendations that are not followed. */
  readonly warned: number;
  readonly result: "passed" | "partly" | "not applicable" | "failed";
  /** Why something does not apply, or what failed. */
  readonly reasons: readonly string[];
}

/** What a scenario ran against: `lighthouse serve` as it is, or the same transport with the runner's fixtures added. */
export type Server = "bridge" | "fixtures";

/** What neither has, and hence does not say that it has. A scenario about it cannot pass or fail. */
const withoutCapability: readonly (readonly [RegExp, string])[] = [
  [/^logging-|^tools-call-with-logging$/, "no logging is offered (deprecated in 2026-07-28)"],
  [/^resources-(un)?subscribe$/, "no subscription is offered: a notification wakes nobody"],
  [
    /^tools-call-(elicitation|sampling)$|^elicitation-sep/,
    "2025-11-25 clients get no session (decisions/0006), and without one a server cannot ask them",
  ],
  [/^http-custom-header-/, "no tool mirrors an argument in a header (x-mcp-header)"],
  [
    /^server-session-|^server-sse-/,
    "2025-11-25 clients get no session (decisions/0006), so there is none to resume or end",
  ],
  [/^tasks-status-notifications$/, "the runner skips it until it is written anew"],
];

/** What the bridge itself does not have; the fixtures do. */
const onlyFixtures: readonly (readonly [RegExp, string])[] = [
  [/^prompts-|^input-required-result-non-tool-request$/, "no prompts are offered"],
  [/^completion-/, "no completion is offered"],
  [/^resources-(read|templates)/, "needs the runner's own resource test://…"],
  [/^caching$/, "no prompts are offered, and resources are templates only"],
];

/** A check that asked for a tool of the runner's own, by its name, and one that says itself that it could not be made. */
const needsFixture =
  /no tool "(test_\w+|slow_compute|greet|failing_job|protocol_error_job|confirm_delete|multi_input)"|Tool 'json_schema_2020_12_tool' not found/;
const untested = /^Not testable|^Prerequisite failed|fixture from Check \d unavailable/;
/**
 * Rounds and tasks of a fixture tool, whose absence the runner reports in words of its own or, where an error was
 * expected, not at all: what passes here without the tool proves nothing.
 */
const fixtureScenario = /^input-required-result-(?!unsupported-methods)|^tasks-/;

export const judge = (scenario: string, checks: readonly Check[], on: Server): Row => {
  const reasons = new Set<string>();
  let [passed, notApplicable, failed, warned] = [0, 0, 0, 0];
  for (const { id, status, errorMessage = "" } of checks) {
    if (status === "SUCCESS") passed++;
    if (status === "SUCCESS" || status === "INFO") continue;
    const why = whyNotApplicable(scenario, errorMessage, on);
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
  const isEmpty = passed === 0 || (on === "bridge" && fixtureScenario.test(scenario));
  if (isEmpty && reasons.size === 0) {
    reasons.add(
      passed === 0
        ? (lackingIn(scenario, on) ?? "the runner checked nothing")
        : "needs a tool of the runner's own: passes without it",
    );
  }
  // Every scenario has a check of the wire's form; where nothing else passed, its own matter was not tested.
  const result = resultOf(failed, notApplicable + warned, isEmpty ? 0 : passed);
  return { scenario, on, passed, notApplicable, failed, warned, result, reasons: [...reasons] };
};

const resultOf = (failed: number, open: number, passed: number): Row["result"] => {
  if (failed > 0) return "failed";
  if (passed > 0 && open === 0) return "passed";
  return passed <= 1 ? "not applicable" : "partly";
};

const whyNotApplicable = (scenario: string, message: string, on: Server): string | undefined => {
  const lacking = lackingIn(scenario, on);
  if (lacking !== undefined) return lacking;
  if (on === "fixtures" || message === "") return undefined;
  const isTheirs = needsFixture.test(message) || untested.test(message) || fixtureScenario.test(scenario);
  return isTheirs ? "needs a tool of the runner's own" : undefined;
};

const lackingIn = (scenario: string, on: Server): string | undefined =>
  [...withoutCapability, ...(on === "bridge" ? onlyFixtures : [])].find(([of]) => of.test(scenario))?.[1];

/** A scenario is judged on the bridge as it is, and with the fixtures only where it needs them. A failure is one anyway. */
export const merged = (bridge: readonly Row[], fixtures: readonly Row[]): readonly Row[] =>
  bridge.map((row) => {
    const other = fixtures.find(({ scenario }) => scenario === row.scenario);
    if (other === undefined || row.result === "failed") return row;
    if (other.result === "failed") return other;
    const better = rank[row.result] - rank[other.result] || other.passed - row.passed;
    return better > 0 ? other : row;
  });

const rank: Readonly<Record<Row["result"], number>> = { passed: 0, partly: 1, "not applicable": 2, failed: 3 };

export const table = (runner: string, all: readonly (readonly [string, readonly Row[]])[]): string => {
  const lines = [
    `MCP conformance of /mcp by ${runner}.`,
    "Written by `node test/mcp/conformance.ts`; `--check` tells when it is due.",
    "",
    "on: `bridge` is `lighthouse serve` as it is; `fixtures` is the same transport with the runner's own tools, resources",
    "and prompts added (test/mcp/fixtures), where a scenario needs them. passed: every check did. partly: every check that",
    "applies did. not applicable: it is about something that Lighthouse does not offer, with the reason.",
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
      `${"scenario".padEnd(46)} ${"on".padEnd(8)} ${"result".padEnd(15)}  ok n/a fail warn  reason`,
    );
    for (const { scenario, on, result, passed, notApplicable, failed, warned, reasons } of rows) {
      const numbers = `${[passed, notApplicable].map((n) => String(n).padStart(3)).join(" ")} ${[failed, warned].map((n) => String(n).padStart(4)).join(" ")}`;
      lines.push(
        `${scenario.padEnd(46)} ${on.padEnd(8)} ${result.padEnd(15)}${numbers}   ${reasons.join("; ")}`.trimEnd(),
      );
    }
  }
  return `${lines.join("\n")}\n`;
};
