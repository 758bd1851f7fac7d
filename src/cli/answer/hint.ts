import type { Field } from "../../schema/field.ts";

/** What a field takes, in a few words beside its title. */
export const hintOf = (field: Field): string =>
  joined(
    field.description,
    kindHint(field),
    field.default === undefined ? undefined : `default ${JSON.stringify(field.default)}`,
    field.required ? undefined : "may be left out",
  );

/** The same above a menu, which shows what there is to choose from, and that it may be left out. */
export const menuHintOf = (field: Field): string =>
  joined(
    field.description,
    field.kind === "choices" ? range(field.minItems, field.maxItems, "") : undefined,
    field.kind === "choices" && !field.required ? "may be left out" : undefined,
  );

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join("; ");

const kindHint = (field: Field): string | undefined => {
  switch (field.kind) {
    case "text":
      return (
        [field.format, range(field.minLength, field.maxLength, " characters")].filter(Boolean).join(", ") || undefined
      );
    case "number":
      return `${field.integer ? "a whole number" : "a number"}${range(field.minimum, field.maximum, "", ", ")}`;
    case "boolean":
      return "yes or no";
    case "choice":
      return `one of ${field.options.map(({ label }) => label).join(", ")}`;
    case "choices":
      return `some of ${field.options.map(({ label }) => label).join(", ")}`;
  }
};

const range = (from: number | undefined, to: number | undefined, unit: string, before = ""): string => {
  if (from === undefined && to === undefined) return "";
  if (from === undefined) return `${before}at most ${to}${unit}`;
  if (to === undefined) return `${before}at least ${from}${unit}`;
  return `${before}${from} to ${to}${unit}`;
};
