import { readPattern } from "./keyword-pattern.ts";
import {
  count,
  flag,
  isNameList,
  isObject,
  names,
  readSchemaMap,
  schema,
  schemaMap,
  schemas,
} from "./keyword-value.ts";
import { arrayRules, objectRules, type SchemaNode } from "./node.ts";
import type { Pattern } from "./pattern.ts";
import { below } from "./problem.ts";
import { complain, type Read, wrong } from "./reading.ts";

const patternProperties: Read = (place) => {
  const rules: [Pattern, SchemaNode][] = [];
  for (const [source, node] of readSchemaMap(place)) {
    const pattern = readPattern(place, below(place.pointer, source), source);
    if (pattern !== undefined) rules.push([pattern, node]);
  }
  objectRules(place.node).patternProperties = rules;
};

const dependentRequired: Read = (place) => {
  if (!isObject(place.value)) return wrong(place, "is an object of lists of different texts");
  const rules: [string, readonly string[]][] = [];
  for (const [key, needed] of Object.entries(place.value)) {
    if (isNameList(needed)) rules.push([key, needed]);
    else complain(place.reading, below(place.pointer, key), place.name, "is a list of different texts");
  }
  objectRules(place.node).dependentRequired = rules;
};

/** Keywords about arrays and objects. */
export const STRUCTURE_KEYWORDS: readonly (readonly [string, Read])[] = [
  ["prefixItems", schemas((node, items) => (arrayRules(node).prefixItems = items))],
  ["items", schema((node, item) => (arrayRules(node).items = item))],
  ["contains", schema((node, item) => (arrayRules(node).contains = item))],
  ["minContains", count((node, limit) => (arrayRules(node).minContains = limit))],
  ["maxContains", count((node, limit) => (arrayRules(node).maxContains = limit))],
  ["minItems", count((node, limit) => (arrayRules(node).minItems = limit))],
  ["maxItems", count((node, limit) => (arrayRules(node).maxItems = limit))],
  ["uniqueItems", flag((node, unique) => (arrayRules(node).uniqueItems = unique))],
  ["properties", schemaMap((node, members) => (objectRules(node).properties = new Map(members)))],
  ["patternProperties", patternProperties],
  ["additionalProperties", schema((node, member) => (objectRules(node).additionalProperties = member))],
  ["propertyNames", schema((node, name) => (objectRules(node).propertyNames = name))],
  ["required", names((node, needed) => (objectRules(node).required = needed))],
  ["dependentRequired", dependentRequired],
  ["minProperties", count((node, limit) => (objectRules(node).minProperties = limit))],
  ["maxProperties", count((node, limit) => (objectRules(node).maxProperties = limit))],
  ["unevaluatedItems", schema((node, item) => (node.unevaluatedItems = item))],
  ["unevaluatedProperties", schema((node, member) => (node.unevaluatedProperties = member))],
];
