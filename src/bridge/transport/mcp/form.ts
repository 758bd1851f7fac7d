import type { Offer } from "../../../domain/answer.ts";
import { fieldsOf } from "../../../schema/describe.ts";
import type { Field } from "../../../schema/field.ts";
import type { JsonSchema } from "../../../schema/node.ts";
import type { Form, FormSchema } from "./tool.ts";

export type Asked = Extract<Form, { readonly ok: "ask" }> | { readonly ok: false; readonly why: string };

/**
 * A question as a form for the person at the client. MCP's forms are flat: what does not fit is not bent until it does.
 * Who asks is said before anything that they wrote.
 */
export const formFor = ({ from, message, schema, deadline }: Offer): Asked => {
  const described = fieldsOf(schema as JsonSchema);
  if (!described.flat) return { ok: false, why: described.reason };
  const properties: Record<string, object> = {};
  for (const field of described.fields) {
    const property = propertyOf(field);
    if (property === undefined) return { ok: false, why: `"${field.name}" has choices that are no text` };
    properties[field.name] = property;
  }
  const required = described.fields.filter((field) => field.required).map(({ name }) => name);
  const form: FormSchema = { type: "object", properties, required };
  return { ok: "ask", message: `${asksOf(from, deadline)}:\n\n${message}`, schema: form };
};

/** The same for a page, which shows the question itself. */
export const visitFor = ({ from, deadline }: Offer, url: string): Form => ({
  ok: "visit",
  message: `${asksOf(from, deadline)}. The form for it is on a page of the bridge, which opens once`,
  url,
});

const asksOf = (from: string, deadline: number): string =>
  `Agent ${from} asks, through Lighthouse, for an answer before ${new Date(deadline).toISOString()}`;

const formats: ReadonlySet<string | undefined> = new Set(["email", "uri", "date", "date-time"]);

const propertyOf = (field: Field): object | undefined => {
  const base = given({ title: field.title, description: field.description });
  switch (field.kind) {
    case "text": {
      const { format, minLength, maxLength } = field;
      return {
        ...base,
        type: "string",
        ...given({ format: formats.has(format) ? format : undefined, minLength, maxLength }),
      };
    }
    case "number": {
      const { integer, minimum, maximum } = field;
      return { ...base, type: integer ? "integer" : "number", ...given({ minimum, maximum }) };
    }
    case "boolean":
      return { ...base, type: "boolean" };
    case "choice":
      return textsOf(field) === undefined ? undefined : { ...base, type: "string", enum: textsOf(field) };
    case "choices": {
      const { minItems, maxItems } = field;
      const items = { type: "string", enum: textsOf(field) };
      return textsOf(field) === undefined
        ? undefined
        : { ...base, type: "array", items, ...given({ minItems, maxItems }) };
    }
  }
};

const textsOf = ({
  options,
}: Extract<Field, { readonly kind: "choice" | "choices" }>): readonly string[] | undefined => {
  const values = options.map(({ value }) => value);
  return values.every((value) => typeof value === "string") ? values : undefined;
};

const given = (members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
