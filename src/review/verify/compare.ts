import { canonical } from "../../signing/canonical.ts";
import { token } from "../shape/problems.ts";

export interface Difference {
  readonly pointer: string;
  readonly said: unknown;
  /** What follows from the inputs; undefined: nothing. */
  readonly recomputed: unknown;
}

/** Differences told at once. */
export const DIFFERENCES_MAX = 32;

/** Every place in which two JSON values differ, as deep as it can be named. */
export const differences = (said: unknown, recomputed: unknown): readonly Difference[] => {
  const found: Difference[] = [];
  walk(said, recomputed, "", found);
  return found;
};

const walk = (said: unknown, recomputed: unknown, pointer: string, found: Difference[]): void => {
  if (found.length >= DIFFERENCES_MAX || said === recomputed) return;
  if (!areAlike(said, recomputed)) {
    found.push({ pointer, said, recomputed });
    return;
  }
  const [a, b] = [said as Members, recomputed as Members];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
    walk(own(a, name), own(b, name), `${pointer}/${token(name)}`, found);
};

type Members = { readonly [name: string]: unknown };

const own = (members: Members, name: string): unknown => (Object.hasOwn(members, name) ? members[name] : undefined);

const areAlike = (a: unknown, b: unknown): boolean =>
  typeof a === "object" &&
  typeof b === "object" &&
  a !== null &&
  b !== null &&
  Array.isArray(a) === Array.isArray(b) &&
  // Lists of another length differ as a whole: naming each shifted item would say nothing.
  (!Array.isArray(a) || a.length === (b as readonly unknown[]).length);

/** A value in a sentence. */
export const shown = (value: unknown): string => {
  if (value === undefined) return "nothing";
  const text = canonical(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};
