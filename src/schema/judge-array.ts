import { identity, weight } from "./equal.ts";
import type { ArrayRules, SchemaNode } from "./node.ts";
import { below, counted } from "./problem.ts";
import { type Evaluated, judgeBelow, type Run, report, spend } from "./run.ts";

export const judgeArray = (
  rules: ArrayRules,
  items: readonly unknown[],
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  const quiet = run.problems === undefined;
  const { prefixItems = [], minItems, maxItems } = rules;
  let fits = true;
  if (minItems !== undefined && items.length < minItems)
    fits = report(
      run,
      pointer,
      "minItems",
      () => `must have at least ${counted(minItems, "item")}, has ${items.length}`,
    );
  if (maxItems !== undefined && items.length > maxItems)
    fits = report(
      run,
      pointer,
      "maxItems",
      () => `must have at most ${counted(maxItems, "item")}, has ${items.length}`,
    );
  if (!fits && quiet) return false;

  for (let i = 0; i < items.length; i++) {
    const node = i < prefixItems.length ? prefixItems[i] : rules.items;
    if (node === undefined) break;
    fits = judgeBelow(run, node, items[i], pointer, i, i < prefixItems.length ? "prefixItems" : "items") && fits;
    if (!fits && quiet) return false;
    seen?.items.add(i);
  }
  if (rules.contains !== undefined) fits = judgeContains(rules, rules.contains, items, pointer, run, seen) && fits;
  if (rules.uniqueItems === true && (fits || !quiet)) fits = judgeUnique(items, pointer, run) && fits;
  return fits;
};

const judgeContains = (
  { minContains = 1, maxContains = Number.POSITIVE_INFINITY }: ArrayRules,
  wanted: SchemaNode,
  items: readonly unknown[],
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  // Items that do not match are no problem each, so nobody listens while they are counted.
  const listening = run.problems;
  run.problems = undefined;
  let found = 0;
  for (let i = 0; i < items.length; i++) {
    if (!run.judge(wanted, items[i], "", run, undefined)) continue;
    found++;
    seen?.items.add(i);
  }
  run.problems = listening;
  if (found < minContains)
    return report(
      run,
      pointer,
      "contains",
      () => `must have at least ${counted(minContains, "matching item")}, has ${found}`,
    );
  if (found > maxContains)
    return report(
      run,
      pointer,
      "maxContains",
      () => `must have at most ${counted(maxContains, "matching item")}, has ${found}`,
    );
  return true;
};

const judgeUnique = (items: readonly unknown[], pointer: string, run: Run): boolean => {
  const firstAt = new Map<unknown, number>();
  let fits = true;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    spend(run, typeof item === "object" ? STEPS_PER_COMPARED_VALUE * weight(item) : 1);
    // Texts stand for themselves behind a mark that no JSON text begins with; everything else by its own JSON text.
    const key = typeof item === "string" ? `s${item}` : identity(item);
    const first = firstAt.get(key);
    if (first === undefined) firstAt.set(key, i);
    else fits = report(run, below(pointer, i), "uniqueItems", () => `must differ from item ${first}`);
    if (!fits && run.problems === undefined) return false;
  }
  return fits;
};

/** Writing an object out to compare it takes 0.7 µs a value, where a step takes 0.1 µs. */
const STEPS_PER_COMPARED_VALUE = 5;
