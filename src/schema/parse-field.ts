import { checkValue } from "./check.ts";
import type { Field, Option, Scalar } from "./field.ts";
import { below, type Problem } from "./problem.ts";

/**
 * What a person typed for a field, as the value it stands for; `undefined` leaves the member out. Nothing typed takes
 * the default, or leaves an optional member out. The problem's pointer is the field's place in the whole answer.
 */
export const parseField = (
  field: Field,
  typed: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem } => {
  const text = field.kind === "text" ? typed : typed.trim();
  if (text === "" && field.default !== undefined) return { ok: true, value: field.default };
  if (text === "" && !field.required) return { ok: true, value: undefined };
  if (text === "" && !isMeantEmpty(field)) return wrong(field, "required", "is required");
  const read = readText(field, text);
  if ("expected" in read) return wrong(field, "type", `must be ${read.expected}`);
  const [problem] = checkValue(field.schema, read.value);
  if (problem === undefined) return { ok: true, value: read.value };
  return { ok: false, problem: { ...problem, pointer: below("", field.name) + problem.pointer } };
};

/** A required text may be the empty text unless the schema says otherwise, and a required list the empty one. */
const isMeantEmpty = (field: Field): boolean => field.kind === "text" || field.kind === "choices";

type Read = { readonly value: unknown } | { readonly expected: string };

const readText = (field: Field, text: string): Read => {
  switch (field.kind) {
    case "text":
      return { value: text };
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
        ? { value: Number(text) }
        : { expected: field.integer ? "a whole number" : "a number" };
    case "boolean": {
      const value = YES_OR_NO.get(text.toLowerCase());
      return value === undefined ? { expected: "yes or no" } : { value };
    }
    case "choice": {
      const option = choose(field.options, text);
      return option === undefined ? { expected: oneOf(field.options) } : { value: option.value };
    }
    case "choices": {
      const values: Scalar[] = [];
      for (const part of text.split(",").filter((each) => each.trim() !== "")) {
        const option = choose(field.options, part.trim());
        if (option === undefined) return { expected: `some of ${list(field.options)}, with commas between` };
        values.push(option.value);
      }
      return { value: values };
    }
  }
};

const YES_OR_NO: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "y", "true"].map((word) => [word, true] as const),
  ...["no", "n", "false"].map((word) => [word, false] as const),
]);

/** By its value first, then by its label, capitals or not. */
const choose = (options: readonly Option[], text: string): Option | undefined =>
  options.find(({ value }) => String(value) === text) ??
  options.find(({ label }) => label.toLowerCase() === text.toLowerCase());

const oneOf = (options: readonly Option[]): string => `one of ${list(options)}`;
const list = (options: readonly Option[]): string => options.map(({ label }) => label).join(", ");

const wrong = (field: Field, keyword: string, message: string) =>
  ({ ok: false, problem: { pointer: below("", field.name), keyword, message } }) as const;
