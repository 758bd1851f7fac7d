/** JSON equality as JSON Schema means it: 1 equals 1.0, members in any order. Both are trees of bounded depth. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => equal(item, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]));
};

/** A text that two JSON values share exactly if they are equal. */
export const identity = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return value === 0 ? "0" : (JSON.stringify(value) ?? "");
  if (Array.isArray(value)) return `[${value.map(identity).join(",")}]`;
  const members = value as Record<string, unknown>;
  return `{${Object.keys(members)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${identity(members[key])}`)
    .join(",")}}`;
};

/** Values inside a value, itself included: what comparing it costs. */
export const weight = (value: unknown): number => {
  let sum = 1;
  for (const child of children(value)) sum += weight(child);
  return sum;
};

/**
 * Why a value could not be signed or walked as JSON: nesting beyond `levels`, or the key `__proto__`. Stops at that
 * depth, so it cannot overflow the stack.
 */
export const unfitness = (value: unknown, levels: number): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  if (levels === 0) return "nested too deep";
  if (Object.hasOwn(value, "__proto__")) return "has the key __proto__";
  for (const child of children(value)) {
    const reason = unfitness(child, levels - 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
};

/** `Object.values`, because `for … in` over objects that were just parsed costs four times as much. */
const children = (value: unknown): readonly unknown[] => {
  if (typeof value !== "object" || value === null) return [];
  return Array.isArray(value) ? value : Object.values(value);
};
