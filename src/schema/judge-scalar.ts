import { equal } from "./equal.ts";
import { formatSteps, hasFormat } from "./format.ts";
import { INSTRUCTION_CHARS_PER_STEP } from "./limits.ts";
import { isMultiple, MULTIPLE_STEPS } from "./multiple.ts";
import { type Allowed, type NumberRules, type SchemaNode, type StringRules, TYPES } from "./node.ts";
import type { Pattern } from "./pattern.ts";
import { counted } from "./problem.ts";
import { type Run, report, spend } from "./run.ts";

export const reportType = (node: SchemaNode, bits: number, pointer: string, run: Run): false => {
  if (node.types === 0) return report(run, pointer, "false", () => "is not expected here");
  return report(
    run,
    pointer,
    "type",
    () => `must be ${typeNames(node.types).join(" or ")}, not ${typeNames(bits).at(-1)}`,
  );
};

const typeNames = (bits: number): string[] =>
  Object.entries(TYPES)
    .filter(([, bit]) => bits & bit)
    .map(([name]) => name);

export const judgeAllowed = (choices: readonly Allowed[], value: unknown, pointer: string, run: Run): boolean => {
  let fits = true;
  for (const allowed of choices) {
    if (typeof value !== "object" || value === null ? allowed.scalars.has(value) : isAmong(allowed, value, run))
      continue;
    fits = report(run, pointer, allowed.keyword, () => `must be ${allowed.told}`);
  }
  return fits;
};

const isAmong = (allowed: Allowed, value: object, run: Run): boolean => {
  spend(run, allowed.weight);
  return allowed.others.some((choice) => equal(choice, value));
};

export const judgeString = (rules: StringRules, text: string, pointer: string, run: Run): boolean => {
  const { minLength, maxLength, pattern, format } = rules;
  let fits = true;
  if (minLength !== undefined && lengthBelow(text, minLength))
    fits = report(run, pointer, "minLength", () => `must have at least ${counted(minLength, "character")}`);
  if (maxLength !== undefined && !lengthBelow(text, maxLength + 1))
    fits = report(run, pointer, "maxLength", () => `must have at most ${counted(maxLength, "character")}`);
  if (pattern !== undefined && !matches(pattern, text, run))
    fits = report(run, pointer, "pattern", () => `must match ${pattern.source}`);
  if (format !== undefined) spend(run, formatSteps(format, text));
  if (format !== undefined && !hasFormat(format, text))
    fits = report(run, pointer, "format", () => `must be a valid ${format}`);
  return fits;
};

/** Pays for the match before making it: RE2 takes at most one step per instruction and character. */
export const matches = (pattern: Pattern, text: string, run: Run): boolean => {
  spend(run, Math.ceil((pattern.instructions * text.length) / INSTRUCTION_CHARS_PER_STEP));
  return pattern.test(text);
};

/** Whether a text has fewer than `limit` code points, counting only if its UTF-16 length leaves it open. */
const lengthBelow = (text: string, limit: number): boolean => {
  if (text.length < limit) return true;
  if (text.length >= limit * 2) return false;
  let points = text.length;
  for (let i = 0; i < text.length - 1 && points >= limit; i++) {
    const isPair = (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) {
      points--;
      i++;
    }
  }
  return points < limit;
};

export const judgeNumber = (rules: NumberRules, value: number, pointer: string, run: Run): boolean => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = rules;
  let fits = true;
  if (minimum !== undefined && value < minimum)
    fits = report(run, pointer, "minimum", () => `must be at least ${minimum}`);
  if (maximum !== undefined && value > maximum)
    fits = report(run, pointer, "maximum", () => `must be at most ${maximum}`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    fits = report(run, pointer, "exclusiveMinimum", () => `must be more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    fits = report(run, pointer, "exclusiveMaximum", () => `must be less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined) spend(run, MULTIPLE_STEPS);
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    fits = report(run, pointer, "multipleOf", () => `must be a multiple of ${multipleOf}`);
  return fits;
};
