import type { SchemaNode } from "./node.ts";
import { type Evaluated, judgeBelow, type Run, spend } from "./run.ts";

/** Judges the members and items that nothing else in this schema has spoken about, and marks them as spoken about. */
export const judgeUnevaluated = (
  node: SchemaNode,
  value: unknown,
  pointer: string,
  run: Run,
  seen: Evaluated,
): boolean => {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value))
    return node.unevaluatedItems === undefined || judgeItems(node.unevaluatedItems, value, pointer, run, seen);
  const members = value as Record<string, unknown>;
  return (
    node.unevaluatedProperties === undefined || judgeMembers(node.unevaluatedProperties, members, pointer, run, seen)
  );
};

const judgeItems = (
  rest: SchemaNode,
  items: readonly unknown[],
  pointer: string,
  run: Run,
  seen: Evaluated,
): boolean => {
  let fits = true;
  spend(run, items.length);
  for (let i = 0; i < items.length; i++) {
    if (seen.items.has(i)) continue;
    fits = judgeBelow(run, rest, items[i], pointer, i, "unevaluatedItems") && fits;
    if (!fits && run.problems === undefined) return false;
    seen.items.add(i);
  }
  return fits;
};

const judgeMembers = (
  rest: SchemaNode,
  members: Record<string, unknown>,
  pointer: string,
  run: Run,
  seen: Evaluated,
): boolean => {
  let fits = true;
  for (const key of Object.keys(members)) {
    spend(run, 1);
    if (seen.keys.has(key)) continue;
    fits = judgeBelow(run, rest, members[key], pointer, key, "unevaluatedProperties") && fits;
    if (!fits && run.problems === undefined) return false;
    seen.keys.add(key);
  }
  return fits;
};
