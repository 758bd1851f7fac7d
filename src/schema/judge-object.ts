import { matches } from "./judge-scalar.ts";
import type { ObjectRules } from "./node.ts";
import { below, counted } from "./problem.ts";
import { type Evaluated, judgeBelow, type Run, report, spend } from "./run.ts";

export const judgeObject = (
  rules: ObjectRules,
  object: Record<string, unknown>,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  const quiet = run.problems === undefined;
  let fits = judgeNames(rules, object, pointer, run);
  if (!fits && quiet) return false;
  if (rules.properties !== undefined) {
    spend(run, rules.properties.size);
    for (const [key, node] of rules.properties) {
      if (!Object.hasOwn(object, key)) continue;
      fits = judgeBelow(run, node, object[key], pointer, key, "properties") && fits;
      if (!fits && quiet) return false;
      seen?.keys.add(key);
    }
  }
  const needsEveryKey = rules.patternProperties ?? rules.additionalProperties ?? rules.propertyNames;
  if (needsEveryKey === undefined) return fits;
  for (const key of Object.keys(object)) {
    spend(run, 1);
    fits = judgeKey(rules, object, key, pointer, run, seen) && fits;
    if (!fits && quiet) return false;
  }
  return fits;
};

/** What has to hold for one key whether or not `properties` names it. */
const judgeKey = (
  rules: ObjectRules,
  object: Record<string, unknown>,
  key: string,
  pointer: string,
  run: Run,
  seen: Evaluated | undefined,
): boolean => {
  let fits = true;
  if (rules.propertyNames !== undefined)
    fits = judgeBelow(run, rules.propertyNames, key, pointer, key, "propertyNames");
  let spokenAbout = rules.properties?.has(key) ?? false;
  for (const [pattern, node] of rules.patternProperties ?? []) {
    if (!matches(pattern, key, run)) continue;
    spokenAbout = true;
    fits = judgeBelow(run, node, object[key], pointer, key, "patternProperties") && fits;
    seen?.keys.add(key);
  }
  if (spokenAbout || rules.additionalProperties === undefined) return fits;
  seen?.keys.add(key);
  return judgeBelow(run, rules.additionalProperties, object[key], pointer, key, "additionalProperties") && fits;
};

/** How many members there are and which must be. A missing one is reported where it should stand. */
const judgeNames = (rules: ObjectRules, object: Record<string, unknown>, pointer: string, run: Run): boolean => {
  let fits = true;
  if (rules.required !== undefined) {
    spend(run, rules.required.length);
    for (const key of rules.required) {
      if (!Object.hasOwn(object, key)) fits = report(run, below(pointer, key), "required", () => "is required");
    }
  }
  for (const [key, names] of rules.dependentRequired ?? []) {
    spend(run, 1 + names.length);
    if (!Object.hasOwn(object, key)) continue;
    for (const name of names) {
      if (!Object.hasOwn(object, name))
        fits = report(
          run,
          below(pointer, name),
          "dependentRequired",
          () => `is required beside ${JSON.stringify(key)}`,
        );
    }
  }
  const { minProperties, maxProperties } = rules;
  if (minProperties === undefined && maxProperties === undefined) return fits;
  const size = Object.keys(object).length;
  spend(run, size);
  if (minProperties !== undefined && size < minProperties)
    fits = report(
      run,
      pointer,
      "minProperties",
      () => `must have at least ${counted(minProperties, "member")}, has ${size}`,
    );
  if (maxProperties !== undefined && size > maxProperties)
    fits = report(
      run,
      pointer,
      "maxProperties",
      () => `must have at most ${counted(maxProperties, "member")}, has ${size}`,
    );
  return fits;
};
