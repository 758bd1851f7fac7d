import type { Field, FieldKind, Option, Scalar } from "./field.ts";
import type { JsonSchema } from "./node.ts";

export type Described =
  | { readonly flat: true; readonly fields: readonly Field[] }
  /** Not a form: to be answered as JSON. `reason` says what a form could not show. */
  | { readonly flat: false; readonly reason: string };

/**
 * The form that a schema describes, for people at a terminal and for MCP clients: an object whose members are texts,
 * numbers, yes or no, one choice, or several. `schema` is one that `acceptSchema` accepted.
 */
export const fieldsOf = (schema: JsonSchema): Described => {
  if (typeof schema === "boolean") return notFlat("any value is an answer");
  if (schema["type"] !== "object") return notFlat("the answer is not an object");
  const beyond = Object.keys(schema).find((keyword) => BEYOND_A_FORM.has(keyword));
  if (beyond !== undefined) return notFlat(`${beyond} relates members to one another`);
  const properties = (schema["properties"] ?? {}) as { readonly [name: string]: JsonSchema };
  const required = (schema["required"] ?? []) as readonly string[];
  const fields: Field[] = [];
  for (const [name, member] of Object.entries(properties)) {
    const kind = kindOf(member);
    if (kind === undefined || typeof member === "boolean")
      return notFlat(`${JSON.stringify(name)} is not a simple value`);
    fields.push({
      ...kind,
      ...told(name, member),
      required: required.includes(name),
      default: member["default"],
      schema: member,
    });
  }
  const unnamed = required.find((name) => !Object.hasOwn(properties, name));
  if (unnamed !== undefined) return notFlat(`${JSON.stringify(unnamed)} is required but not described`);
  return fields.length === 0 ? notFlat("no member is described") : { flat: true, fields };
};

const notFlat = (reason: string): Described => ({ flat: false, reason });

const BEYOND_A_FORM: ReadonlySet<string> = new Set([
  ...["$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas", "enum", "const"],
  ...["minProperties", "maxProperties", "patternProperties", "propertyNames"],
]);

const told = (name: string, member: Keywords) => ({
  name,
  title: text(member["title"]) ?? name,
  description: text(member["description"]),
});

type Keywords = Exclude<JsonSchema, boolean>;

const kindOf = (member: JsonSchema): FieldKind | undefined => {
  if (typeof member === "boolean") return undefined;
  const options = optionsOf(member);
  if (options !== undefined) return { kind: "choice", options };
  if (Object.keys(member).some((keyword) => COMBINING.has(keyword))) return undefined;
  const count = (keyword: string) => number(member[keyword]);
  switch (member["type"]) {
    case "string":
      return {
        kind: "text",
        format: text(member["format"]),
        minLength: count("minLength"),
        maxLength: count("maxLength"),
      };
    case "number":
    case "integer":
      return {
        kind: "number",
        integer: member["type"] === "integer",
        minimum: count("minimum"),
        maximum: count("maximum"),
      };
    case "boolean":
      return { kind: "boolean" };
    case "array": {
      const items = member["items"] as JsonSchema | undefined;
      const choices = items === undefined || typeof items === "boolean" ? undefined : optionsOf(items);
      if (choices === undefined) return undefined;
      return { kind: "choices", options: choices, minItems: count("minItems"), maxItems: count("maxItems") };
    }
    default:
      return undefined;
  }
};

const COMBINING: ReadonlySet<string> = new Set(["$ref", "allOf", "anyOf", "oneOf", "not", "if"]);

/** `enum`, `const`, or MCP's titled choice: `oneOf` (`anyOf` in lists) of `{const, title}`. */
const optionsOf = (member: Keywords): readonly Option[] | undefined => {
  const { enum: values, enumNames: labels } = member as { readonly enum?: unknown; readonly enumNames?: unknown };
  if (Array.isArray(values))
    return options(values.map((value, i) => [value, Array.isArray(labels) ? text(labels[i]) : undefined]));
  if ("const" in member) return options([[member["const"], undefined]]);
  const titled = member["oneOf"] ?? member["anyOf"];
  if (!Array.isArray(titled) || !titled.every((each) => typeof each === "object" && "const" in each)) return undefined;
  return options(
    titled.map((each: { readonly const: unknown; readonly title?: unknown }) => [each.const, text(each.title)]),
  );
};

const options = (pairs: readonly (readonly [unknown, string | undefined])[]): readonly Option[] | undefined =>
  pairs.length > 0 && pairs.every(([value]) => typeof value !== "object" || value === null)
    ? pairs.map(([value, label]) => ({ value: value as Scalar, label: label ?? String(value) }))
    : undefined;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
