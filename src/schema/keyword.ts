import { CORE_KEYWORDS } from "./keyword-core.ts";
import { SCALAR_KEYWORDS } from "./keyword-scalar.ts";
import { STRUCTURE_KEYWORDS } from "./keyword-structure.ts";
import { schema, schemaMap, schemas } from "./keyword-value.ts";
import { inPlaceRules } from "./node.ts";
import type { Read } from "./reading.ts";

/** Keywords whose subschemas judge the same value again. */
const IN_PLACE_KEYWORDS: readonly (readonly [string, Read])[] = [
  ["allOf", schemas((node, all) => (inPlaceRules(node).allOf = all))],
  ["anyOf", schemas((node, any) => (inPlaceRules(node).anyOf = any))],
  ["oneOf", schemas((node, one) => (inPlaceRules(node).oneOf = one))],
  ["not", schema((node, other) => (inPlaceRules(node).not = other))],
  ["if", schema((node, condition) => (inPlaceRules(node).condition = condition))],
  ["then", schema((node, next) => (inPlaceRules(node).whenTrue = next))],
  ["else", schema((node, next) => (inPlaceRules(node).whenFalse = next))],
  ["dependentSchemas", schemaMap((node, dependent) => (inPlaceRules(node).dependentSchemas = dependent))],
];

/** Every keyword that is looked at: all of 2020-12 but what needs a second document or a dynamic scope. */
export const KEYWORDS: ReadonlyMap<string, Read> = new Map([
  ...CORE_KEYWORDS,
  ...SCALAR_KEYWORDS,
  ...STRUCTURE_KEYWORDS,
  ...IN_PLACE_KEYWORDS,
]);
