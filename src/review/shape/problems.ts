import type { Problem } from "../../domain/refusal.ts";
import type { Defs, Shape } from "./shape.ts";

/** Problems told at once; more would not help whoever has to mend them. */
export const PROBLEMS_MAX = 64;

/**
 * Everything that keeps a value from fitting a shape, each with a JSON Pointer; nothing when it fits. Of an `anyOf` of
 * objects it tells the problems of the alternative that fits best.
 */
export const problemsOf = (shape: Shape, value: unknown, defs: Defs = {}): readonly Problem[] =>
  look(shape, value, "", defs).slice(0, PROBLEMS_MAX);

const look = (shape: Shape, value: unknown, pointer: string, defs: Defs): readonly Problem[] => {
  if (shape.$ref !== undefined) return look(referred(shape.$ref, defs), value, pointer, defs);
  if (shape.anyOf !== undefined) return closest(shape.anyOf, value, pointer, defs);
  if (!isOf(shape, value)) return [{ pointer, message: `must be ${nameOf(shape)}` }];
  if (typeof value === "string") return ofText(shape, value, pointer);
  if (typeof value === "number") return ofNumber(shape, value, pointer);
  if (Array.isArray(value)) return ofArray(shape, value, pointer, defs);
  return typeof value === "object" && value !== null && shape.properties !== undefined
    ? ofObject(shape, value as Members, pointer, defs)
    : [];
};

type Members = { readonly [name: string]: unknown };

const referred = (ref: string, defs: Defs): Shape => {
  const found = defs[ref.slice("#/$defs/".length)];
  if (found === undefined) throw new Error(`no definition ${ref}`);
  return found;
};

/** The alternative whose fixed words (`state`, `kind` …) fit is the one that was meant. */
const closest = (shapes: readonly Shape[], value: unknown, pointer: string, defs: Defs): readonly Problem[] => {
  let best: readonly Problem[] | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const shape of shapes) {
    const problems = look(shape, value, pointer, defs);
    if (problems.length === 0) return problems;
    const score = problems.length + (fixedWordsFit(shape, value) ? 0 : PROBLEMS_MAX);
    if (score < bestScore) [best, bestScore] = [problems, score];
  }
  return best ?? [{ pointer, message: "fits nothing" }];
};

const fixedWordsFit = ({ properties = {} }: Shape, value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(properties).every(
    ([name, { enum: words }]) => words?.length !== 1 || words[0] === (value as Members)[name],
  );

const isOf = ({ type }: Shape, value: unknown): boolean => {
  if (type === undefined) return value !== undefined;
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
};

const nameOf = ({ type }: Shape): string => {
  if (type === undefined) return "there";
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
};

const ofText = ({ enum: words, pattern, minLength = 0, maxLength }: Shape, value: string, pointer: string) => {
  if (words !== undefined && !words.includes(value))
    return [{ pointer, message: `must be one of ${words.map((w) => JSON.stringify(w)).join(", ")}` }];
  if (value.length < minLength) return [{ pointer, message: `must have at least ${minLength} characters` }];
  if (maxLength !== undefined && value.length > maxLength)
    return [{ pointer, message: `must have at most ${maxLength} characters` }];
  if (pattern !== undefined && !compiled(pattern).test(value)) return [{ pointer, message: `must match ${pattern}` }];
  return value.isWellFormed() ? [] : [{ pointer, message: "must be well-formed text" }];
};

/** Patterns are ours alone and few. */
const compiled = (pattern: string): RegExp => {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known;
};
const patterns = new Map<string, RegExp>();

const ofNumber = ({ minimum, maximum }: Shape, value: number, pointer: string): readonly Problem[] => {
  if (minimum !== undefined && value < minimum) return [{ pointer, message: `must be at least ${minimum}` }];
  if (maximum !== undefined && value > maximum) return [{ pointer, message: `must be at most ${maximum}` }];
  return [];
};

const ofArray = (shape: Shape, value: readonly unknown[], pointer: string, defs: Defs): readonly Problem[] => {
  const { items, minItems = 0, maxItems } = shape;
  if (value.length < minItems) return [{ pointer, message: `must have at least ${minItems} item(s)` }];
  if (maxItems !== undefined && value.length > maxItems)
    return [{ pointer, message: `must have at most ${maxItems} item(s)` }];
  if (items === undefined) return [];
  const problems: Problem[] = [];
  for (let i = 0; i < value.length && problems.length < PROBLEMS_MAX; i++)
    problems.push(...look(items, value[i], `${pointer}/${i}`, defs));
  return problems;
};

const ofObject = (shape: Shape, value: Members, pointer: string, defs: Defs): readonly Problem[] => {
  const { properties = {}, required = [], additionalProperties } = shape;
  const problems: Problem[] = [];
  for (const name of required)
    if (!Object.hasOwn(value, name)) problems.push({ pointer: `${pointer}/${token(name)}`, message: "is missing" });
  for (const [name, item] of Object.entries(value)) {
    if (problems.length >= PROBLEMS_MAX) break;
    const at = `${pointer}/${token(name)}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) problems.push(...look(known, item, at, defs));
    else if (additionalProperties === false) problems.push({ pointer: at, message: "is not a known member" });
  }
  return problems;
};

/** One token of an RFC 6901 pointer. */
export const token = (name: string): string => name.slice(0, 128).replaceAll("~", "~0").replaceAll("/", "~1");
