import type { TSchema } from "typebox";
import type { Problem } from "../../../domain/refusal.ts";
import { escapePointer } from "../input-problems.ts";

/** Where HTTP can put the members of an operation's input. */
export interface Parts {
  readonly method: string;
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Undefined when there was no body. */
  readonly body: unknown;
  readonly idempotencyKey?: string;
}

export interface MergedInput {
  readonly input: { readonly [member: string]: unknown };
  /** What is wrong with where things stand; whether they fit is the operation's business. */
  readonly problems: readonly Problem[];
}

/** What of an operation decides how its input is read. */
export interface InputForm {
  readonly input: TSchema;
  readonly http: { readonly status: 200 | 201 };
}

/**
 * One input from path, query (GET) or body (everything else), and headers. A member that is given twice with different
 * values is a problem and never a silent choice; text from path and query becomes what the schema says it is.
 */
export const mergeInput = (op: InputForm, parts: Parts): MergedInput => {
  const problems: Problem[] = [];
  const members = new Map<string, { readonly value: unknown; readonly from: string }>();
  const put = (name: string, value: unknown, from: string): void => {
    const known = members.get(name);
    if (known === undefined) members.set(name, { value, from });
    else if (!isSame(known.value, value)) {
      problems.push({ pointer: pointerTo(name), message: `differs between the ${known.from} and the ${from}` });
    }
  };
  const properties = propertiesOf(op.input);
  const text = (name: string, value: unknown): unknown => coerce(properties[name], value);

  for (const [name, value] of Object.entries(parts.params)) put(name, text(name, value), "path");
  for (const [name, value] of Object.entries(parts.query)) {
    if (parts.method === "GET") put(name, text(name, value), "query");
    else problems.push({ pointer: pointerTo(name), message: "is in the query, and belongs in the body" });
  }
  if (isObject(parts.body)) {
    for (const [name, value] of Object.entries(parts.body)) put(name, value, "body");
  } else if (parts.body !== undefined) {
    problems.push({ pointer: "", message: "the body must be a JSON object" });
  }
  if (parts.idempotencyKey !== undefined) {
    if (Object.hasOwn(properties, "key")) put("key", unquoted(parts.idempotencyKey), "header Idempotency-Key");
    else if (op.http.status === 201) {
      // Everything else is safe to repeat as it is. To ignore a key here would be a promise that is not kept.
      problems.push({ pointer: "", message: "this operation takes no Idempotency-Key: repeating it does it again" });
    }
  }
  const input = Object.fromEntries(Array.from(members, ([name, { value }]) => [name, value]));
  return { input, problems };
};

/** Texts from a query as one object, in the types of `schema`. */
export const readQuery = (schema: TSchema, query: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const properties = propertiesOf(schema);
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, coerce(properties[name], value)]));
};

interface Property {
  readonly type?: unknown;
  readonly items?: Property;
}

const propertiesOf = (schema: TSchema): Readonly<Record<string, Property>> =>
  (schema as { readonly properties?: Readonly<Record<string, Property>> }).properties ?? {};

/** JSON's own spelling of a number: nothing that `Number` also takes, such as "", "0x10" or " 1". */
const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** What does not look like its type stays text, so that the check says what is wrong with it. */
const coerce = (property: Property | undefined, value: unknown): unknown => {
  const type = property?.type;
  if (type === "array") return (Array.isArray(value) ? value : [value]).map((item) => coerce(property?.items, item));
  if (typeof value !== "string") return value;
  if (type === "integer" || type === "number") return number.test(value) ? Number(value) : value;
  if (type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return value;
};

const pointerTo = (name: string): string => `/${escapePointer(name)}`;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Only a body can hold more than text, numbers and lists of them, and it cannot name one member twice. */
const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** The draft standard wants a quoted string (RFC 9651), most clients send it bare: both are the same key. */
const unquoted = (header: string): string =>
  /^"[\x20-\x7e]*"$/.test(header) ? header.slice(1, -1).replace(/\\(["\\])/g, "$1") : header;
