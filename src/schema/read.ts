import { KEYWORDS } from "./keyword.ts";
import { MAX_SUBSCHEMAS } from "./limits.ts";
import { anything, nothing, type SchemaNode } from "./node.ts";
import { below, type Problem } from "./problem.ts";
import { complain, type Reading } from "./reading.ts";
import { linkReferences } from "./reference.ts";

/**
 * Reads a schema once, keyword by keyword: checks it against the 2020-12 meta-schema (every problem at once, pointers
 * into the schema) and leaves a tree of nodes that `judge.ts` walks. No code is generated, so nothing leaks and a
 * schema seen for the first time costs little more than one seen before.
 */
export const readSchema = (
  document: unknown,
): { readonly ok: true; readonly root: SchemaNode } | { readonly ok: false; readonly problems: readonly Problem[] } => {
  const reading: Reading = {
    document,
    nodes: [],
    references: [],
    problems: [],
    instructions: 0,
    read: (schema, pointer) => readNode(reading, schema, pointer),
  };
  const root = readNode(reading, document, "");
  if (reading.references.length > 0) linkReferences(reading);
  return reading.problems.length === 0 ? { ok: true, root } : { ok: false, problems: reading.problems };
};

const readNode = (reading: Reading, schema: unknown, pointer: string): SchemaNode => {
  const node = schema === false ? nothing(pointer) : anything(pointer);
  reading.nodes.push(node);
  if (typeof schema === "boolean") return node;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    complain(reading, pointer, "type", "a schema is an object, true or false");
    return node;
  }
  if (reading.nodes.length > MAX_SUBSCHEMAS) {
    if (reading.nodes.length === MAX_SUBSCHEMAS + 1)
      complain(reading, pointer, "limit", `more than ${MAX_SUBSCHEMAS} subschemas`);
    return node;
  }
  const keywords = schema as { readonly [keyword: string]: unknown };
  for (const name of Object.keys(keywords)) {
    const read = KEYWORDS.get(name);
    // Unknown keywords are annotations, as the specification has it.
    if (read !== undefined) read({ reading, node, name, value: keywords[name], pointer: below(pointer, name) });
  }
  return node;
};
