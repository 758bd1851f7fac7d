import { identity, weight } from "./equal.ts";
import { MAX_SCHEMA_INSTRUCTIONS } from "./limits.ts";
import {
  type Allowed,
  type ArrayRules,
  type InPlaceRules,
  type NumberRules,
  type ObjectRules,
  type SchemaNode,
  type StringRules,
  TYPES,
  type TypeName,
} from "./node.ts";
import { compilePattern, type Pattern } from "./pattern.ts";
import { below } from "./problem.ts";
import { complain, type Place } from "./reading.ts";

/** The only dialect that is read. A schema that names none is taken for it. */
export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

type Read = (place: Place) => void;

const readTypes: Read = (place) => {
  const names = Array.isArray(place.value) ? place.value : [place.value];
  if (names.length === 0 || new Set(names).size !== names.length || !names.every(isTypeName)) {
    wrong(place, `is one of ${Object.keys(TYPES).join(", ")}, or a list of different ones`);
    return;
  }
  place.node.types = names.reduce((bits: number, name: TypeName) => bits | TYPES[name], 0);
};

const isTypeName = (name: unknown): name is TypeName => typeof name === "string" && Object.hasOwn(TYPES, name);

const readEnum: Read = (place) => {
  if (!Array.isArray(place.value)) wrong(place, "is a list");
  else allow(place.node, "enum", place.value);
};

const readConst: Read = ({ node, value }) => allow(node, "const", [value]);

const allow = (node: SchemaNode, keyword: Allowed["keyword"], choices: readonly unknown[]): void => {
  const told =
    choices.length > MAX_TOLD_CHOICES ? `one of ${choices.length} choices` : choices.map(identity).join(", ");
  const others = choices.filter((choice) => typeof choice === "object" && choice !== null) as object[];
  const allowed: Allowed = {
    keyword,
    scalars: new Set(choices.filter((choice) => typeof choice !== "object" || choice === null)),
    others,
    weight: weight(others),
    told: told.length > MAX_TOLD_CHARS ? `${told.slice(0, MAX_TOLD_CHARS)}…` : told,
  };
  node.allowed = node.allowed === undefined ? [allowed] : [...node.allowed, allowed];
};

/** Choices, and characters of them, that a message repeats. */
const MAX_TOLD_CHOICES = 20;
const MAX_TOLD_CHARS = 200;

const readText: Read = (place) => {
  if (typeof place.value !== "string") wrong(place, "is a text");
};

const readFlag: Read = (place) => {
  if (typeof place.value !== "boolean") wrong(place, "is true or false");
};

const readList: Read = (place) => {
  if (!Array.isArray(place.value)) wrong(place, "is a list");
};

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

const readStringCount =
  (name: "minLength" | "maxLength"): Read =>
  (place) => {
    if (isCount(place.value)) place.node.string = { ...place.node.string, [name]: place.value } satisfies StringRules;
    else wrong(place, "is a whole number from 0");
  };

const readArrayCount =
  (name: "minItems" | "maxItems" | "minContains" | "maxContains"): Read =>
  (place) => {
    if (isCount(place.value)) place.node.array = { ...place.node.array, [name]: place.value } satisfies ArrayRules;
    else wrong(place, "is a whole number from 0");
  };

const readObjectCount =
  (name: "minProperties" | "maxProperties"): Read =>
  (place) => {
    if (isCount(place.value)) place.node.object = { ...place.node.object, [name]: place.value } satisfies ObjectRules;
    else wrong(place, "is a whole number from 0");
  };

const readBound =
  (name: Exclude<keyof NumberRules, "multipleOf">): Read =>
  (place) => {
    if (typeof place.value === "number") place.node.number = { ...place.node.number, [name]: place.value };
    else wrong(place, "is a number");
  };

const readMultipleOf: Read = (place) => {
  if (typeof place.value === "number" && place.value > 0)
    place.node.number = { ...place.node.number, multipleOf: place.value };
  else wrong(place, "is a number above 0");
};

const readPattern: Read = (place) => {
  if (typeof place.value !== "string") return wrong(place, "is a text");
  const pattern = patternAt(place, place.pointer, place.value);
  if (pattern !== undefined) place.node.string = { ...place.node.string, pattern };
};

const patternAt = ({ reading, name }: Place, pointer: string, source: string): Pattern | undefined => {
  if (reading.instructions > MAX_SCHEMA_INSTRUCTIONS) {
    complain(reading, pointer, name, `the patterns of a schema have at most ${MAX_SCHEMA_INSTRUCTIONS} instructions`);
    return undefined;
  }
  const compiled = compilePattern(source);
  if (!compiled.ok) {
    complain(reading, pointer, name, compiled.reason);
    return undefined;
  }
  reading.instructions += compiled.cost;
  return compiled.pattern;
};

const readFormat: Read = (place) => {
  if (typeof place.value === "string") place.node.string = { ...place.node.string, format: place.value };
  else wrong(place, "is a text");
};

/** A keyword whose value is one schema. */
const subschema = ({ reading, value, pointer }: Place): SchemaNode => reading.read(value, pointer);

/** A keyword whose value is a list of at least one schema. */
const subschemas = (place: Place): SchemaNode[] | undefined => {
  if (!Array.isArray(place.value) || place.value.length === 0) {
    wrong(place, "is a list of at least one schema");
    return undefined;
  }
  return place.value.map((schema, i) => place.reading.read(schema, below(place.pointer, i)));
};

/** A keyword whose value is an object of schemas. */
const subschemaMap = (place: Place): [string, SchemaNode][] => {
  if (!isObject(place.value)) {
    wrong(place, "is an object of schemas");
    return [];
  }
  return Object.entries(place.value).map(([key, schema]) => [
    key,
    place.reading.read(schema, below(place.pointer, key)),
  ]);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNameList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string") && new Set(value).size === value.length;

const readRequired: Read = (place) => {
  if (isNameList(place.value)) place.node.object = { ...place.node.object, required: place.value };
  else wrong(place, "is a list of different texts");
};

const readDependentRequired: Read = (place) => {
  if (!isObject(place.value)) return wrong(place, "is an object of lists of different texts");
  const rules: [string, readonly string[]][] = [];
  for (const [key, names] of Object.entries(place.value)) {
    if (isNameList(names)) rules.push([key, names]);
    else complain(place.reading, below(place.pointer, key), place.name, "is a list of different texts");
  }
  place.node.object = { ...place.node.object, dependentRequired: rules };
};

const readPatternProperties: Read = (place) => {
  const rules: [Pattern, SchemaNode][] = [];
  for (const [source, node] of subschemaMap(place)) {
    const pattern = patternAt(place, below(place.pointer, source), source);
    if (pattern !== undefined) rules.push([pattern, node]);
  }
  place.node.object = { ...place.node.object, patternProperties: rules };
};

const readRef: Read = (place) => {
  if (typeof place.value !== "string") return wrong(place, "is a text");
  if (place.value !== "#" && !place.value.startsWith("#/"))
    return wrong(place, "points inside this schema: # or #/$defs/…; nothing is fetched and anchors are not read");
  place.reading.references.push({ from: place.node, target: place.value, pointer: place.pointer });
};

const readDialect: Read = (place) => {
  if (place.value !== DIALECT && place.value !== `${DIALECT}#`)
    wrong(place, `is ${DIALECT}, the only dialect read here`);
};

const readId: Read = (place) => {
  if (typeof place.value !== "string") wrong(place, "is a text");
  else if (place.pointer !== "/$id") wrong(place, "may stand only at the root: one schema is one document");
};

const readOldOrOpen =
  (instead: string): Read =>
  (place) =>
    wrong(place, `is not read here: ${instead}`);

const inArray = (place: Place, rules: ArrayRules): void => {
  place.node.array = { ...place.node.array, ...rules };
};
const inObject = (place: Place, rules: ObjectRules): void => {
  place.node.object = { ...place.node.object, ...rules };
};
const here = (place: Place, rules: InPlaceRules): void => {
  place.node.inPlace = { ...place.node.inPlace, ...rules };
};

const readGroup =
  (name: "allOf" | "anyOf" | "oneOf"): Read =>
  (place) => {
    const nodes = subschemas(place);
    if (nodes !== undefined) here(place, { [name]: nodes });
  };

const wrong = ({ reading, pointer, name }: Place, message: string): void => complain(reading, pointer, name, message);

/** Every keyword that is looked at. All of 2020-12 but what needs a second document or a dynamic scope. */
export const KEYWORDS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["$schema", readDialect],
  ["$id", readId],
  ["$ref", readRef],
  ["$defs", (place) => void subschemaMap(place)],
  ["$comment", readText],
  ["$anchor", readText],
  ["$dynamicAnchor", readText],
  ["$dynamicRef", readOldOrOpen("use $ref")],
  ["$recursiveRef", readOldOrOpen("use $ref")],
  ["additionalItems", readOldOrOpen("use prefixItems and items")],
  ["dependencies", readOldOrOpen("use dependentRequired or dependentSchemas")],
  ["type", readTypes],
  ["enum", readEnum],
  ["const", readConst],
  ["minLength", readStringCount("minLength")],
  ["maxLength", readStringCount("maxLength")],
  ["pattern", readPattern],
  ["format", readFormat],
  ["minimum", readBound("minimum")],
  ["maximum", readBound("maximum")],
  ["exclusiveMinimum", readBound("exclusiveMinimum")],
  ["exclusiveMaximum", readBound("exclusiveMaximum")],
  ["multipleOf", readMultipleOf],
  [
    "prefixItems",
    (place) => {
      const nodes = subschemas(place);
      if (nodes !== undefined) inArray(place, { prefixItems: nodes });
    },
  ],
  ["items", (place) => inArray(place, { items: subschema(place) })],
  ["contains", (place) => inArray(place, { contains: subschema(place) })],
  ["minContains", readArrayCount("minContains")],
  ["maxContains", readArrayCount("maxContains")],
  ["minItems", readArrayCount("minItems")],
  ["maxItems", readArrayCount("maxItems")],
  [
    "uniqueItems",
    (place) => {
      readFlag(place);
      if (place.value === true) inArray(place, { uniqueItems: true });
    },
  ],
  ["properties", (place) => inObject(place, { properties: new Map(subschemaMap(place)) })],
  ["patternProperties", readPatternProperties],
  ["additionalProperties", (place) => inObject(place, { additionalProperties: subschema(place) })],
  ["propertyNames", (place) => inObject(place, { propertyNames: subschema(place) })],
  ["required", readRequired],
  ["dependentRequired", readDependentRequired],
  ["minProperties", readObjectCount("minProperties")],
  ["maxProperties", readObjectCount("maxProperties")],
  ["allOf", readGroup("allOf")],
  ["anyOf", readGroup("anyOf")],
  ["oneOf", readGroup("oneOf")],
  ["not", (place) => here(place, { not: subschema(place) })],
  ["if", (place) => here(place, { condition: subschema(place) })],
  ["then", (place) => here(place, { whenTrue: subschema(place) })],
  ["else", (place) => here(place, { whenFalse: subschema(place) })],
  ["dependentSchemas", (place) => here(place, { dependentSchemas: subschemaMap(place) })],
  [
    "unevaluatedItems",
    (place) => {
      place.node.unevaluatedItems = subschema(place);
    },
  ],
  [
    "unevaluatedProperties",
    (place) => {
      place.node.unevaluatedProperties = subschema(place);
    },
  ],
  ["title", readText],
  ["description", readText],
  ["contentEncoding", readText],
  ["contentMediaType", readText],
  ["contentSchema", (place) => void subschema(place)],
  ["deprecated", readFlag],
  ["readOnly", readFlag],
  ["writeOnly", readFlag],
  ["examples", readList],
]);
