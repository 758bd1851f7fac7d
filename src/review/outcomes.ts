import { standingOf } from "../domain/condition.ts";
import { assess } from "./assess.ts";
import type { ProvenCondition } from "./certificate/conditions.ts";
import type { ProbeResult, ProbeRun } from "./check.ts";
import { momentOf, msOf } from "./digest.ts";
import type { Evidence, ResourceDescriptor } from "./evidence/descriptor.ts";
import type { Policy, PolicyCheck } from "./policy.ts";
import type { Outcome, Reason } from "./result.ts";

/** Clocks of two machines may differ by this much, in milliseconds. */
export const SKEW_MS = 300_000;

/**
 * One outcome for each check that the policy asks for: nothing leaves the list because nobody looked. Of several
 * results for one check the worst counts, so that more can only be worse and less is never better.
 */
export const outcomesOf = (
  policy: Policy,
  runs: readonly ProbeRun[],
  evidence: Evidence,
  conditions: readonly ProvenCondition[],
  now: number,
): readonly Outcome[] =>
  policy.checks.map((check) => {
    const results = runs.flatMap((run) =>
      run.results.filter((one) => one.check === check.id).map((one) => ({ run, one })),
    );
    if (results.length === 0) return notRun(check, undefined, now, "missing", "no run has a result for this check");
    const outcomes = results.map(({ run, one }) => outcomeOf(check, run, one, evidence, now));
    const worst = outcomes.reduce((a, b) => (rank[b.state] < rank[a.state] ? b : a));
    return waived(check, worst, conditions, now);
  });

const rank = { "not-run": 0, fail: 1, waived: 2, pass: 3 } as const;

const outcomeOf = (
  check: PolicyCheck,
  run: ProbeRun,
  result: ProbeResult,
  evidence: Evidence,
  now: number,
): Outcome => {
  if (result.state === "ran") {
    const foreign = misplaced(result, run, now);
    if (foreign !== undefined) return notRun(check, result, now, "foreign", foreign);
    const old = result.evidence.find((file) => msOf(file.annotations.collectedAt) + check.ttlMs < now);
    if (old !== undefined)
      return notRun(check, result, now, "stale", `${old.name} was collected at ${old.annotations.collectedAt}`);
  }
  const assessed = assess(check, result, evidence);
  if (assessed.state === "not-run") return notRun(check, result, now, assessed.reason.kind, assessed.reason.detail);
  if (result.state !== "ran") throw new Error("a number came of what was not run");
  const { selfTest } = result;
  return {
    ...headOf(check, result),
    state: assessed.state,
    measurements: assessed.measurements,
    evidence: result.evidence,
    ...(selfTest === undefined ? {} : { selfTest }),
  };
};

/** Evidence is of the run that brings it: collected while it ran, and not after now. */
const misplaced = (result: Extract<ProbeResult, { state: "ran" }>, run: ProbeRun, now: number): string | undefined => {
  const [from, to] = [msOf(run.startedAt) - SKEW_MS, Math.min(msOf(run.endedAt), now) + SKEW_MS];
  const odd = result.evidence.find((file: ResourceDescriptor) => {
    const at = msOf(file.annotations.collectedAt);
    return !(at >= from && at <= to);
  });
  return odd === undefined ? undefined : `${odd.name} was not collected during the run that it is said to be of`;
};

const headOf = (
  check: PolicyCheck,
  { probe, startedAt, endedAt }: Pick<ProbeResult, "probe" | "startedAt" | "endedAt">,
) => ({
  id: check.id,
  title: check.title,
  section: check.section,
  severity: check.severity,
  probe,
  startedAt,
  endedAt,
});

const notRun = (
  check: PolicyCheck,
  result: ProbeResult | undefined,
  now: number,
  kind: Reason["kind"],
  detail: string,
): Outcome => {
  const at = momentOf(now);
  const probe = { id: check.probe.id, version: check.probe.versionMin };
  const head = headOf(check, result ?? { probe, startedAt: at, endedAt: at });
  return { ...head, state: "not-run", reason: { kind, detail: detail.slice(0, DETAIL_CHARS_MAX) } };
};

const DETAIL_CHARS_MAX = 4_096;

/** A waiver hides nothing: what it covers stays to be seen. It never covers a blocker. */
const waived = (check: PolicyCheck, outcome: Outcome, conditions: readonly ProvenCondition[], now: number): Outcome => {
  if (check.severity === "blocker" || (outcome.state !== "fail" && outcome.state !== "not-run")) return outcome;
  for (const { id, state } of conditions) {
    if (state.status !== "waived" || state.finding.check !== check.id || standingOf(state, now) !== "waived") continue;
    const { by, reason, until } = state.waiver;
    const { id: _, title, section, severity, probe, startedAt, endedAt, ...rest } = outcome;
    return {
      ...{ id: check.id, title, section, severity, probe, startedAt, endedAt },
      state: "waived",
      waiver: { condition: id, by, reason, until: momentOf(until) },
      underlying:
        rest.state === "fail"
          ? { state: "fail", measurements: rest.measurements, evidence: rest.evidence }
          : { state: "not-run", reason: (rest as Extract<Outcome, { state: "not-run" }>).reason },
      ...("selfTest" in rest && rest.selfTest !== undefined ? { selfTest: rest.selfTest } : {}),
    };
  }
  return outcome;
};
