import type { Json } from "../../domain/json.ts";
import { canonical } from "../../signing/canonical.ts";
import type { Term, Test } from "./how.ts";

/** Raw evidence does not have what the policy asks for. Caught by `recompute`, never seen outside. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

/** The value at an RFC 6901 pointer; undefined where there is none. Own members only. */
export const valueAt = (document: unknown, pointer: string): Json | undefined => {
  let value = document;
  for (const name of tokensOf(pointer)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as { readonly [name: string]: unknown })[name];
  }
  return value as Json | undefined;
};

/** A policy has some hundred pointers, each looked up for thousands of rows: taking one apart costs more than using it. */
const tokensOf = (pointer: string): readonly string[] => {
  const known = taken.get(pointer);
  if (known !== undefined) return known;
  const parts = pointer === "" ? [] : pointer.slice(1).split("/");
  const tokens = parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (taken.size >= POINTERS_MAX) taken.clear();
  taken.set(pointer, tokens);
  return tokens;
};

const POINTERS_MAX = 1_000;
const taken = new Map<string, readonly string[]>();

export const evaluate = (term: Term, row: unknown): Json | undefined => {
  if ("at" in term) return valueAt(row, term.at);
  if ("is" in term) return term.is;
  if ("minus" in term) {
    const [from, what] = [evaluate(term.minus[0], row), evaluate(term.minus[1], row)];
    return typeof from === "number" && typeof what === "number" ? from - what : undefined;
  }
  if ("ms" in term) return millis(evaluate(term.ms, row));
  if ("number" in term) return decimal(evaluate(term.number, row));
  return lengthOf(evaluate(term.length, row));
};

export const numberOf = (term: Term, row: unknown, where: string): number => {
  const value = evaluate(term, row);
  if (typeof value !== "number" || !Number.isFinite(value)) throw new NotThere(`${where} is not a number`);
  return value;
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const millis = (value: Json | undefined): number | undefined => {
  if (typeof value !== "string" || !RFC3339.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
};

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,3})?$/;

const decimal = (value: Json | undefined): number | undefined =>
  typeof value === "string" && DECIMAL.test(value) ? Number(value) : undefined;

const lengthOf = (value: Json | undefined): number | undefined => {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
};

export const allHold = (tests: readonly Test[], row: unknown): boolean => tests.every((test) => holds(test, row));

const holds = ([left, operator, right]: Test, row: unknown): boolean => {
  const [a, b] = [evaluate(left, row), evaluate(right, row)];
  switch (operator) {
    case "eq":
      return same(a, b);
    case "ne":
      return !same(a, b);
    case "lt":
      return areNumbers(a, b) && (a as number) < (b as number);
    case "le":
      return areNumbers(a, b) && (a as number) <= (b as number);
    case "gt":
      return areNumbers(a, b) && (a as number) > (b as number);
    case "ge":
      return areNumbers(a, b) && (a as number) >= (b as number);
    case "in":
      return Array.isArray(b) && b.some((item) => same(a, item));
    case "has":
      if (typeof a === "string") return typeof b === "string" && a.includes(b);
      return Array.isArray(a) && a.some((item) => same(b, item));
  }
};

const areNumbers = (a: unknown, b: unknown): boolean => typeof a === "number" && typeof b === "number";

/** The same JSON value. What is not there equals nothing, itself included. */
export const same = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === undefined || b === undefined) return false;
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return canonical(a) === canonical(b);
};
