import type { InPlaceRules, SchemaNode } from "./node.ts";
import type { Problem } from "./problem.ts";
import { type Evaluated, merge, nothingEvaluated, type Run, report, spend } from "./run.ts";

/** Subschemas that judge the same value again: references, combinations, conditions. */
export const judgeInPlace = (
  rules: InPlaceRules,
  value: unknown,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  const quiet = run.problems === undefined;
  let fits = true;
  for (const node of every(rules, value, run)) {
    fits = run.judge(node, value, pointer, run, seen) && fits;
    if (!fits && quiet) return false;
  }
  if (rules.anyOf !== undefined) fits = judgeAnyOf(rules.anyOf, value, pointer, run, seen) && fits;
  if (!fits && quiet) return false;
  if (rules.oneOf !== undefined) fits = judgeOneOf(rules.oneOf, value, pointer, run, seen) && fits;
  if (!fits && quiet) return false;
  if (rules.not !== undefined && tryOut(rules.not, value, "", run, undefined).fits)
    fits = report(run, pointer, "not", () => "must not match the schema under not");
  if (rules.condition === undefined || (!fits && quiet)) return fits;
  const next = tryOut(rules.condition, value, "", run, seen).fits ? rules.whenTrue : rules.whenFalse;
  return (next === undefined || run.judge(next, value, pointer, run, seen)) && fits;
};

/** All that must hold without conditions: the target of `$ref`, `allOf`, and what present members bring along. */
const every = (rules: InPlaceRules, value: unknown, run: Run): readonly SchemaNode[] => {
  const nodes = rules.ref === undefined ? (rules.allOf ?? []) : [rules.ref, ...(rules.allOf ?? [])];
  if (rules.dependentSchemas === undefined || typeof value !== "object" || value === null || Array.isArray(value))
    return nodes;
  spend(run, rules.dependentSchemas.length);
  return [...nodes, ...rules.dependentSchemas.filter(([key]) => Object.hasOwn(value, key)).map(([, node]) => node)];
};

const judgeAnyOf = (
  nodes: readonly SchemaNode[],
  value: unknown,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  const failed: Problem[][] = [];
  let fits = false;
  for (const node of nodes) {
    const trial = tryOut(node, value, pointer, run, seen);
    if (!trial.fits) failed.push(trial.problems);
    else if (seen === undefined) return true;
    else fits = true;
  }
  return fits || reportNone(run, pointer, "anyOf", failed);
};

const judgeOneOf = (
  nodes: readonly SchemaNode[],
  value: unknown,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  const failed: Problem[][] = [];
  const fitting: number[] = [];
  for (const [i, node] of nodes.entries()) {
    const trial = tryOut(node, value, pointer, run, seen);
    if (trial.fits) fitting.push(i + 1);
    else failed.push(trial.problems);
    if (fitting.length > 1)
      return report(
        run,
        pointer,
        "oneOf",
        () => `must fit exactly one alternative, fits numbers ${fitting.join(" and ")}`,
      );
  }
  return fitting.length === 1 || reportNone(run, pointer, "oneOf", failed);
};

/** Judges without telling anyone: problems go to a list of their own, what was seen counts only if it fits. */
const tryOut = (
  node: SchemaNode,
  value: unknown,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): { readonly fits: boolean; readonly problems: Problem[] } => {
  const listening = run.problems;
  const problems: Problem[] = [];
  run.problems = listening === undefined ? undefined : problems;
  const trialSeen = seen === undefined ? undefined : nothingEvaluated();
  const fits = run.judge(node, value, pointer, run, trialSeen);
  run.problems = listening;
  if (fits && seen !== undefined && trialSeen !== undefined) merge(seen, trialSeen);
  return { fits, problems };
};

/** None fits: says so, then what stands between the value and the alternative that it comes closest to. */
const reportNone = (run: Run, pointer: string, keyword: string, failed: readonly Problem[][]): false => {
  report(
    run,
    pointer,
    keyword,
    () => `must fit ${keyword === "anyOf" ? "at least" : "exactly"} one of ${failed.length} alternatives`,
  );
  const closest = failed.reduce((best, problems) =>
    distance(problems, pointer) < distance(best, pointer) ? problems : best,
  );
  for (const problem of closest) report(run, problem.pointer, problem.keyword, () => problem.message);
  return false;
};

/** A wrong type of the value itself outweighs any number of things wrong inside it. */
const distance = (problems: readonly Problem[], pointer: string): number =>
  problems.some((problem) => problem.keyword === "type" && problem.pointer === pointer)
    ? Number.POSITIVE_INFINITY
    : problems.length;
