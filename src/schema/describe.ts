import type { Field, FieldKind, Option, Scalar } from "./field.ts";
import type { JsonSchema } from "./node.ts";

export type Described =
  | { readonly flat: true; readonly fields: readonly Field[] }
  /** Not a form: to be answered as JSON. `reason` says what a form could not show. */
  | { readonly flat: false; readonly reason: string };

/** A member of an answer: one input, or something that has parts of its own. */
export type Member = {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly required: boolean;
  readonly schema: JsonSchema;
} & ({ readonly field: Field } | { readonly field?: never });

/**
 * The form that a schema describes, for people at a terminal and for MCP clients: an object whose members are texts,
 * numbers, yes or no, one choice, or several. `schema` is one that `acceptSchema` accepted.
 */
export const fieldsOf = (schema: JsonSchema): Described => {
  const described = membersOf(schema);
  if (!described.ok) return notFlat(described.reason);
  const fields: Field[] = [];
  for (const { name, field } of described.members) {
    if (field === undefined) return notFlat(`${JSON.stringify(name)} is not a simple value`);
    fields.push(field);
  }
  return { flat: true, fields };
};

/** The members of an object that can be filled in one by one; the `reason` why it cannot be otherwise. */
export const membersOf = (
  schema: JsonSchema,
): { readonly ok: true; readonly members: readonly Member[] } | { readonly ok: false; readonly reason: string } => {
  if (typeof schema === "boolean") return whole("any value is an answer");
  if (schema["type"] !== "object") return whole("the answer is not an object");
  const beyond = Object.keys(schema).find((keyword) => BEYOND_A_FORM.has(keyword));
  if (beyond !== undefined) return whole(`${beyond} relates members to one another`);
  const properties = (schema["properties"] ?? {}) as { readonly [name: string]: JsonSchema };
  const required = (schema["required"] ?? []) as readonly string[];
  const unnamed = required.find((name) => !Object.hasOwn(properties, name));
  if (unnamed !== undefined) return whole(`${JSON.stringify(unnamed)} is required but not described`);
  const members = Object.entries(properties).map(([name, member]) => memberOf(name, member, required.includes(name)));
  return members.length === 0 ? whole("no member is described") : { ok: true, members };
};

/** An answer that is one simple value and no object, as if it were the only member of one. */
export const onlyMember = (schema: JsonSchema): Member => memberOf("answer", schema, true);

const memberOf = (name: string, schema: JsonSchema, required: boolean): Member => {
  const kind = kindOf(schema);
  const common = { ...told(name, typeof schema === "boolean" ? {} : schema), required, schema };
  if (kind === undefined || typeof schema === "boolean") return common;
  return { ...common, field: { ...kind, ...common, default: schema["default"] } };
};

const whole = (reason: string) => ({ ok: false, reason }) as const;
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
