import { identity, weight } from "./equal.ts";
import { readPattern } from "./keyword-pattern.ts";
import { count, list, number, text } from "./keyword-value.ts";
import { type Allowed, numberRules, type SchemaNode, stringRules, TYPES, type TypeName } from "./node.ts";
import { type Read, wrong } from "./reading.ts";

const type: Read = (place) => {
  const named = Array.isArray(place.value) ? place.value : [place.value];
  if (named.length === 0 || new Set(named).size !== named.length || !named.every(isTypeName))
    return wrong(place, `is one of ${Object.keys(TYPES).join(", ")}, or a list of different ones`);
  place.node.types = named.reduce((bits: number, name: TypeName) => bits | TYPES[name], 0);
};

const isTypeName = (name: unknown): name is TypeName => typeof name === "string" && Object.hasOwn(TYPES, name);

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

const pattern: Read = (place) => {
  if (typeof place.value !== "string") return wrong(place, "is a text");
  const compiled = readPattern(place, place.pointer, place.value);
  if (compiled !== undefined) stringRules(place.node).pattern = compiled;
};

const multipleOf: Read = (place) => {
  if (typeof place.value === "number" && place.value > 0) numberRules(place.node).multipleOf = place.value;
  else wrong(place, "is a number above 0");
};

/** Keywords about any value, texts and numbers. */
export const SCALAR_KEYWORDS: readonly (readonly [string, Read])[] = [
  ["type", type],
  ["enum", list((node, choices) => allow(node, "enum", choices))],
  ["const", ({ node, value }) => allow(node, "const", [value])],
  ["minLength", count((node, limit) => (stringRules(node).minLength = limit))],
  ["maxLength", count((node, limit) => (stringRules(node).maxLength = limit))],
  ["pattern", pattern],
  ["format", text((node, format) => (stringRules(node).format = format))],
  ["minimum", number((node, limit) => (numberRules(node).minimum = limit))],
  ["maximum", number((node, limit) => (numberRules(node).maximum = limit))],
  ["exclusiveMinimum", number((node, limit) => (numberRules(node).exclusiveMinimum = limit))],
  ["exclusiveMaximum", number((node, limit) => (numberRules(node).exclusiveMaximum = limit))],
  ["multipleOf", multipleOf],
];
