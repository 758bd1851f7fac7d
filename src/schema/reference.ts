import { inPlaceRules, type SchemaNode } from "./node.ts";
import { below } from "./problem.ts";
import { complain, type Reading } from "./reading.ts";

/**
 * Gives every `$ref` its target, reading targets that stand where no keyword looks (`#/definitions/…`) on the way,
 * then refuses loops that never go deeper into the value: such a schema asks the same question of the same value again.
 */
export const linkReferences = (reading: Reading): void => {
  const byPointer = new Map(reading.nodes.map((node) => [node.pointer, node]));
  // Reading a target may meet further references, which are appended to the list that is being walked.
  for (const reference of reading.references) {
    const found = find(reading.document, reference.target);
    if (found === undefined) {
      complain(reading, reference.pointer, "$ref", `nothing stands at ${JSON.stringify(reference.target)}`);
      continue;
    }
    const node = byPointer.get(found.pointer) ?? reading.read(found.schema, found.pointer);
    byPointer.set(found.pointer, node);
    inPlaceRules(reference.from).ref = node;
  }
  refuseLoops(reading);
};

/** What a local reference (`#` or `#/…`, percent-encoded) points at, and its pointer in plain spelling. */
const find = (document: unknown, target: string): { schema: unknown; pointer: string } | undefined => {
  let path: string;
  try {
    path = decodeURIComponent(target.slice(1));
  } catch {
    return undefined;
  }
  let [schema, pointer] = [document, ""];
  for (const token of path.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof schema !== "object" || schema === null || !Object.hasOwn(schema, key)) return undefined;
    schema = (schema as { readonly [key: string]: unknown })[key];
    pointer = below(pointer, key);
  }
  return { schema, pointer };
};

const refuseLoops = (reading: Reading): void => {
  const state = new Map<SchemaNode, "open" | "done">();
  for (const start of reading.nodes) {
    // Depth first with a stack of its own: a chain of references may be longer than the call stack is deep.
    const stack: { node: SchemaNode; rest: SchemaNode[] }[] = [];
    const enter = (node: SchemaNode): void => {
      if (state.get(node) === "open") complain(reading, node.pointer, "$ref", "refers to itself for the same value");
      if (state.has(node)) return;
      state.set(node, "open");
      stack.push({ node, rest: inPlace(node) });
    };
    enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next !== undefined) enter(next);
      else state.set((stack.pop() ?? top).node, "done");
    }
  }
};

const inPlace = ({ inPlace: rules }: SchemaNode): SchemaNode[] => {
  if (rules === undefined) return [];
  const { ref, allOf = [], anyOf = [], oneOf = [], not, condition, whenTrue, whenFalse } = rules;
  const dependent = (rules.dependentSchemas ?? []).map(([, node]) => node);
  const single = [ref, not, condition, whenTrue, whenFalse].filter((node) => node !== undefined);
  return [...single, ...allOf, ...anyOf, ...oneOf, ...dependent];
};
