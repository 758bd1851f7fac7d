import { judgeArray } from "./judge-array.ts";
import { judgeInPlace } from "./judge-in-place.ts";
import { judgeObject } from "./judge-object.ts";
import { judgeAllowed, judgeNumber, judgeString, reportType } from "./judge-scalar.ts";
import { judgeUnevaluated } from "./judge-unevaluated.ts";
import { MAX_CHECK_DEPTH } from "./limits.ts";
import { type SchemaNode, TYPES, typeBits } from "./node.ts";
import { type Evaluated, merge, nothingEvaluated, OUT_OF_STEPS, type Run, spend } from "./run.ts";

/** Whether the value fits. `seen` is given only where an `unevaluated…` keyword further out wants to know. */
export const judge: Run["judge"] = (node, value, pointer, run, seen) => {
  spend(run, 1);
  if (++run.depth > MAX_CHECK_DEPTH) throw OUT_OF_STEPS;
  const bits = typeBits(value);
  const fits =
    (node.types & bits) === 0
      ? reportType(node, bits, pointer, run)
      : judgeKeywords(node, value, bits, pointer, run, seen);
  run.depth--;
  return fits;
};

const judgeKeywords = (
  node: SchemaNode,
  value: unknown,
  bits: number,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  // A schema with an `unevaluated…` keyword sees what its own subschemas evaluated, not what its neighbours did.
  const leavesOut = node.unevaluatedItems !== undefined || node.unevaluatedProperties !== undefined;
  const own = leavesOut ? nothingEvaluated() : seen;
  const quiet = run.problems === undefined;

  let fits = node.allowed === undefined || judgeAllowed(node.allowed, value, pointer, run);
  if (!fits && quiet) return false;
  fits = judgeByType(node, value, bits, pointer, run, own) && fits;
  if (!fits && quiet) return false;
  if (node.inPlace !== undefined) fits = judgeInPlace(node.inPlace, value, pointer, run, own) && fits;
  if (!leavesOut || own === undefined || (!fits && quiet)) return fits;

  fits = judgeUnevaluated(node, value, pointer, run, own) && fits;
  if (seen !== undefined) merge(seen, own);
  return fits;
};

const judgeByType = (
  node: SchemaNode,
  value: unknown,
  bits: number,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  if (bits === TYPES.string)
    return node.string === undefined || judgeString(node.string, value as string, pointer, run);
  if (bits & TYPES.number) return node.number === undefined || judgeNumber(node.number, value as number, pointer, run);
  if (bits === TYPES.object)
    return node.object === undefined || judgeObject(node.object, value as Record<string, unknown>, pointer, run, seen);
  if (bits === TYPES.array)
    return node.array === undefined || judgeArray(node.array, value as readonly unknown[], pointer, run, seen);
  return true;
};
