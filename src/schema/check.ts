import { readAccepted } from "./accept.ts";
import { judge } from "./judge.ts";
import { MAX_CHECK_DEPTH, MAX_CHECK_STEPS } from "./limits.ts";
import type { JsonSchema } from "./node.ts";
import type { Problem } from "./problem.ts";
import { OUT_OF_STEPS, type Run } from "./run.ts";

/**
 * What keeps a JSON value from fitting a schema: nothing if it fits, otherwise every problem (at most `MAX_PROBLEMS`)
 * with a pointer into the value. Work is bounded by `MAX_CHECK_STEPS`; beyond that the value counts as not fitting and
 * the one problem has the keyword `limit`.
 *
 * Best given the schema object that `acceptSchema` returned, for which nothing is read again. A schema that
 * `acceptSchema` would refuse is a fault of the caller: a TypeError.
 */
export const checkValue = (schema: JsonSchema, value: unknown): readonly Problem[] => {
  const root = readAccepted(schema);
  const run: Run = { stepsLeft: MAX_CHECK_STEPS, depth: 0, problems: undefined, judge };
  try {
    if (judge(root, value, "", run, undefined)) return NONE;
    const problems: Problem[] = [];
    judge(root, value, "", { stepsLeft: MAX_CHECK_STEPS, depth: 0, problems, judge }, undefined);
    return problems;
  } catch (error) {
    if (error !== OUT_OF_STEPS) throw error;
    return [TOO_MUCH_WORK];
  }
};

const NONE: readonly Problem[] = [];

const TOO_MUCH_WORK: Problem = {
  pointer: "",
  keyword: "limit",
  message: `checking takes over ${MAX_CHECK_STEPS} steps or ${MAX_CHECK_DEPTH} levels: send less, or ask with a simpler schema`,
};
