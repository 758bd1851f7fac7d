import { MAX_PROBLEMS } from "./limits.ts";
import type { SchemaNode } from "./node.ts";
import { below, type Problem } from "./problem.ts";

/**
 * One check under way. Without `problems` the walk stops at the first thing that is wrong and builds no pointers; a
 * value that fails is walked a second time with them, so that only wrong answers pay for their explanation.
 */
export type Run = {
  stepsLeft: number;
  depth: number;
  problems: Problem[] | undefined;
  /** Judges one subschema: the way back to the start of the recursion. */
  readonly judge: (node: SchemaNode, value: unknown, pointer: string, run: Run, seen: Evaluated | undefined) => boolean;
};

/** Members and items of one value that a passing subschema has spoken about: what `unevaluated…` leaves out. */
export type Evaluated = { readonly keys: Set<string>; readonly items: Set<number> };

export const nothingEvaluated = (): Evaluated => ({ keys: new Set(), items: new Set() });

export const merge = (into: Evaluated, from: Evaluated): void => {
  for (const key of from.keys) into.keys.add(key);
  for (const item of from.items) into.items.add(item);
};

/** Thrown to leave a walk whose steps are used up; caught in `check.ts` and told as a Problem. */
export const OUT_OF_STEPS = new Error("out of steps");

export const spend = (run: Run, steps: number): void => {
  run.stepsLeft -= steps;
  if (run.stepsLeft < 0) throw OUT_OF_STEPS;
};

/** Notes a problem if anybody listens. Always false, so that a judgement can end with it. */
export const report = (run: Run, pointer: string, keyword: string, message: () => string): false => {
  if (run.problems !== undefined && run.problems.length < MAX_PROBLEMS)
    run.problems.push({ pointer, keyword, message: message() });
  return false;
};

/** Judges a member or an item. `keyword` names who lets nothing stand there, if that is what the subschema says. */
export const judgeBelow = (
  run: Run,
  node: SchemaNode,
  value: unknown,
  pointer: string,
  key: string | number,
  keyword: string,
): boolean => {
  if (run.problems === undefined) return run.judge(node, value, "", run, undefined);
  const place = below(pointer, key);
  if (node.types === 0) return report(run, place, keyword, () => "is not expected here");
  return run.judge(node, value, place, run, undefined);
};
