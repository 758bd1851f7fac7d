import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policy, reviewed, type Scene } from "../../test/support/review-scene.ts";
import { assemble, type Inputs, type SignedRun } from "./certificate/assemble.ts";
import { provenEvents } from "./certificate/facts.ts";
import { certificateShape, type Predicate, verdicts } from "./certificate/statement.ts";
import { problemsOf } from "./shape/problems.ts";

const scenes: readonly Scene[] = [
  reviewed({ samples: 400 }),
  reviewed({ samples: 1_000 }),
  reviewed({ samples: 1_000, alerts: false, condition: "owned" }),
  reviewed({ samples: 1_000, alerts: false, condition: "waived" }),
  reviewed({ samples: 1_000, alerts: false, condition: "open" }),
  reviewed({ samples: 1_000, condition: "claimed" }),
  reviewed({ samples: 1_000, decisions: { sec: "object" } }),
  reviewed({ samples: 1_000, decisions: { dev: "silent" } }),
];

/** The signatures over the inputs are checked elsewhere; here inputs are as good as signed. */
const inputsOf = (scene: Scene): Inputs => {
  const proven = provenEvents(scene.inputs.log, scene.trust.logs);
  if (!proven.ok) throw new Error("a scene that does not hold");
  const runs = scene.issued.predicate.inputs.map(
    ({ name, digest }): SignedRun => ({ name, sha256: digest.sha256, run: scene.run }),
  );
  return { ...scene.inputs, runs, events: proven.events };
};

const rank = (verdict: Predicate["verdict"]): number => verdicts.indexOf(verdict);

interface Gaps {
  readonly results: readonly number[];
  readonly files: readonly number[];
  readonly events: readonly number[];
  readonly reviewers: readonly number[];
  readonly runs: readonly number[];
}

const without = <T>(items: readonly T[], gone: readonly number[]): readonly T[] =>
  items.filter((_, i) => !gone.some((g) => g % Math.max(1, items.length) === i));

const lessOf = (inputs: Inputs, gaps: Gaps): Inputs => ({
  ...inputs,
  runs: without(inputs.runs, gaps.runs).map((signed) => ({
    ...signed,
    run: { ...signed.run, results: without(signed.run.results, gaps.results) },
  })),
  evidence: new Map(without([...inputs.evidence], gaps.files)),
  events: without(inputs.events, gaps.events),
  reviewers: without(inputs.reviewers, gaps.reviewers),
});

const some = fc.array(fc.nat(1_000), { maxLength: 3 });

describe("the judge", () => {
  test("never finds better for having less: results, evidence, events of the log, reviewers or runs", () => {
    const whole = scenes.map((scene) => inputsOf(scene));
    const verdicts = whole.map((inputs) => assemble(inputs).verdict);
    expect(new Set(verdicts).size).toBe(3);
    fc.assert(
      fc.property(
        fc.nat(scenes.length - 1),
        fc.record({
          results: some,
          files: some,
          events: some,
          reviewers: some,
          runs: fc.array(fc.nat(9), { maxLength: 1 }),
        }),
        (n, gaps) => {
          const less = assemble(lessOf(whole[n] as Inputs, gaps));
          expect(rank(less.verdict)).toBeGreaterThanOrEqual(rank(verdicts[n] as Predicate["verdict"]));
        },
      ),
      { numRuns: 600 },
    );
  });

  test("makes NO-GO of nothing", () => {
    const inputs = inputsOf(scenes[1] as Scene);
    const nothing = { ...inputs, runs: [], evidence: new Map(), events: [], reviewers: [] };
    expect(assemble(nothing).verdict).toBe("NO-GO");
    expect(assemble({ ...nothing, policy: { ...policy, checks: [] } }).verdict).toBe("NO-GO");
    expect(assemble({ ...inputs, policy: { ...policy, checks: [] } }).verdict).toBe("NO-GO");
  });

  test("whatever it makes of whatever is there fits the published schema", () => {
    fc.assert(
      fc.property(
        fc.nat(scenes.length - 1),
        fc.record({ results: some, files: some, events: some, reviewers: some, runs: some }),
        (n, gaps) => {
          const predicate = assemble(lessOf(inputsOf(scenes[n] as Scene), gaps));
          expect(problemsOf(certificateShape.properties.predicate, predicate)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("no certificate that fits the schema", () => {
  const { predicate } = (scenes[1] as Scene).issued;
  const problems = (check: object) =>
    problemsOf(certificateShape.properties.predicate, { ...predicate, checks: [check] });

  test("has a pass or a failure without evidence and a number, or a number for what was not run", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("pass", "fail", "not-run", "waived", "skipped", "excellent"),
        fc.subarray(["measurements", "evidence", "reason", "waiver", "underlying", "selfTest"]),
        fc.subarray(["measurements", "evidence"]),
        (state, members, emptied) => {
          const passed = predicate.checks[0] as (typeof predicate.checks)[number] & {
            measurements: object[];
            evidence: object[];
          };
          const { id, title, section, severity, probe, startedAt, endedAt } = passed;
          const all: Readonly<Record<string, unknown>> = {
            measurements: passed.measurements,
            evidence: passed.evidence,
            reason: { kind: "error", detail: "" },
            waiver: { condition: "co_1", by: "a", reason: "", until: passed.endedAt },
            underlying: { state: "not-run", reason: { kind: "error", detail: "" } },
            selfTest: { sabotage: "x", evidence: passed.evidence },
          };
          const check: Record<string, unknown> = { id, title, section, severity, probe, startedAt, endedAt, state };
          for (const member of members) check[member] = emptied.includes(member) ? [] : all[member];
          if (problems(check).length > 0) return;
          const has = (member: string): boolean => ((check[member] as unknown[] | undefined) ?? []).length > 0;
          const isMeasured = has("measurements") && has("evidence");
          expect(isMeasured).toBe(state === "pass" || state === "fail");
          expect(["pass", "fail", "not-run", "waived"]).toContain(state);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
