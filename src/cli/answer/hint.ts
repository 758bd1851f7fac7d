import type { Field } from "../../schema/field.ts";

/** What a field takes, in a few words beside its title. */
export const hintOf = (field: Field): string =>
  [
    field.description,
    kindHint(field),
    field.default === undefined ? undefined : `default ${JSON.stringify(field.default)}`,
  ]
    .concat(field.required ? undefined : "may be left out")
    .filter((part) => part !== undefined && part !== "")
    .join("; ");

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
