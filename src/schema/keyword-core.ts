import { flag, list, schema, schemaMap, text } from "./keyword-value.ts";
import { type Read, wrong } from "./reading.ts";

/** The only dialect that is read. A schema that names none is taken for it. */
export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

const dialect: Read = (place) => {
  if (place.value !== DIALECT && place.value !== `${DIALECT}#`)
    wrong(place, `is ${DIALECT}, the only dialect read here`);
};

const id: Read = (place) => {
  if (typeof place.value !== "string") wrong(place, "is a text");
  else if (place.pointer !== "/$id") wrong(place, "may stand only at the root: one schema is one document");
};

const reference: Read = (place) => {
  const { value } = place;
  if (typeof value !== "string") return wrong(place, "is a text");
  if (value !== "#" && !value.startsWith("#/"))
    return wrong(place, "points inside this schema: # or #/$defs/…; nothing is fetched and anchors are not read");
  place.reading.references.push({ from: place.node, target: value, pointer: place.pointer });
};

/** Ignoring these would make a schema laxer than its author meant. */
const notRead =
  (instead: string): Read =>
  (place) =>
    wrong(place, `is not read here: use ${instead}`);

/** Core vocabulary, annotations, and the keywords of older drafts. */
export const CORE_KEYWORDS: readonly (readonly [string, Read])[] = [
  ["$schema", dialect],
  ["$id", id],
  ["$ref", reference],
  ["$defs", schemaMap()],
  ["$comment", text()],
  ["$anchor", text()],
  ["$dynamicAnchor", text()],
  ["$dynamicRef", notRead("$ref")],
  ["$recursiveRef", notRead("$ref")],
  ["additionalItems", notRead("prefixItems and items")],
  ["dependencies", notRead("dependentRequired or dependentSchemas")],
  ["title", text()],
  ["description", text()],
  ["contentEncoding", text()],
  ["contentMediaType", text()],
  ["contentSchema", schema()],
  ["deprecated", flag()],
  ["readOnly", flag()],
  ["writeOnly", flag()],
  ["examples", list()],
];
