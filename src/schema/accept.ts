import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { unfitness } from "./equal.ts";
import { MAX_REMEMBERED_SCHEMA_CHARS, MAX_REMEMBERED_SCHEMAS, MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH } from "./limits.ts";
import { anything, type JsonSchema, nothing, type SchemaNode } from "./node.ts";
import type { Problem } from "./problem.ts";
import { readSchema } from "./read.ts";
import { recent } from "./recent.ts";

export type Acceptance =
  | {
      readonly ok: true;
      readonly schema: JsonSchema;
      /** base64url(SHA-256(RFC 8785 text of the schema)): the same for every spelling of one schema. */
      readonly hash: string;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Whether a stranger's schema may bind an answer here, with every reason against it at once (pointers into the schema).
 * Accepted are schemas of 2020-12 that stand for themselves: `$ref` only to `#` or `#/…`, no `$dynamicRef`, no `$id`
 * below the root, patterns that match in linear time, and within the limits of `limits.ts`. Never throws.
 *
 * The returned schema is the bridge's own copy, shared by everyone who sends the same text: do not change it.
 */
export const acceptSchema = (schema: unknown): Acceptance => {
  let text: string | undefined;
  try {
    text = JSON.stringify(schema);
  } catch {
    // Cycles, bigints, or nesting beyond the stack: not what JSON.parse makes of any request of allowed size.
  }
  return text === undefined ? refuse("type", "a schema is an object, true or false, as JSON") : acceptSchemaText(text);
};

/** `acceptSchema` for a schema that is still text; what was judged lately is found again by the text itself. */
export const acceptSchemaText = (text: string): Acceptance => {
  const known = judged.get(text);
  if (known !== undefined) return known;
  const fresh = judgeText(text);
  if (text.length <= MAX_SCHEMA_BYTES) judged.put(text, fresh);
  return fresh;
};

/** The nodes behind a schema that was accepted; accepts it first if need be. */
export const readAccepted = (schema: JsonSchema): SchemaNode => {
  const known = rootOf(schema);
  if (known !== undefined) return known;
  const acceptance = acceptSchema(schema);
  if (!acceptance.ok) throw new TypeError(`not an accepted schema: ${JSON.stringify(acceptance.problems)}`);
  if (typeof acceptance.schema === "boolean") return acceptance.schema ? anything("") : nothing("");
  return rootOf(acceptance.schema) as SchemaNode;
};

const judged = recent<Acceptance>(MAX_REMEMBERED_SCHEMAS, MAX_REMEMBERED_SCHEMA_CHARS);

/**
 * What an accepted schema was read into, kept on the bridge's own copy where no copy of that copy inherits it.
 * A WeakMap would say the same and costs 2 µs more for each new schema, in garbage collection.
 */
const ROOT = Symbol("root");

const rootOf = (schema: JsonSchema): SchemaNode | undefined =>
  typeof schema === "object" ? (schema as { readonly [ROOT]?: SchemaNode })[ROOT] : undefined;

const judgeText = (text: string): Acceptance => {
  if (text.length > MAX_SCHEMA_BYTES || Buffer.byteLength(text) > MAX_SCHEMA_BYTES)
    return refuse("limit", `a schema has at most ${MAX_SCHEMA_BYTES} bytes`);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return refuse("type", "not JSON");
  }
  const unfit = unfitness(schema, MAX_SCHEMA_DEPTH);
  if (unfit !== undefined) return refuse("limit", `${unfit} (at most ${MAX_SCHEMA_DEPTH} levels)`);
  const read = readSchema(schema);
  if (!read.ok) return { ok: false, problems: read.problems };
  const digest = hashOf(schema);
  if (digest === undefined) return refuse("type", "has a lone surrogate, which is not text");
  if (typeof schema === "object" && schema !== null) Object.defineProperty(schema, ROOT, { value: read.root });
  return { ok: true, schema: schema as JsonSchema, hash: digest };
};

const hashOf = (schema: unknown): string | undefined => {
  try {
    return hash("sha256", canonicalize(schema) ?? "", "base64url");
  } catch {
    return undefined;
  }
};

const refuse = (keyword: string, message: string): Acceptance => ({
  ok: false,
  problems: [{ pointer: "", keyword, message }],
});
