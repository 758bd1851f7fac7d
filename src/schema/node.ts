import type { Pattern } from "./pattern.ts";

/** A JSON Schema 2020-12 document, as JSON. Checked by `acceptSchema` before anything else looks at it. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A subschema that has been read: keywords grouped by the type of value they speak about. Built only by `read.ts`. */
export type SchemaNode = {
  /** Where it stands in the schema. */
  readonly pointer: string;
  /** Bits of `TYPES`; a value passes if it shares one. 0 is the schema `false`. */
  types: number;
  /** `enum` and `const`; a value must be in each. */
  allowed: readonly Allowed[] | undefined;
  string: StringRules | undefined;
  number: NumberRules | undefined;
  array: ArrayRules | undefined;
  object: ObjectRules | undefined;
  inPlace: InPlaceRules | undefined;
  unevaluatedItems: SchemaNode | undefined;
  unevaluatedProperties: SchemaNode | undefined;
};

export type Allowed = {
  readonly keyword: "enum" | "const";
  /** Texts, numbers, booleans and null: one look-up, however long the enum. */
  readonly scalars: ReadonlySet<unknown>;
  readonly others: readonly object[];
  /** Values inside `others`: what comparing with them all costs, in steps. */
  readonly weight: number;
  /** How the choice is told to people. */
  readonly told: string;
};

export type StringRules = { minLength?: number; maxLength?: number; pattern?: Pattern; format?: string };

export type NumberRules = {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
};

export type ArrayRules = {
  prefixItems?: readonly SchemaNode[];
  items?: SchemaNode;
  contains?: SchemaNode;
  minContains?: number;
  maxContains?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
};

export type ObjectRules = {
  properties?: ReadonlyMap<string, SchemaNode>;
  patternProperties?: readonly (readonly [Pattern, SchemaNode])[];
  additionalProperties?: SchemaNode;
  propertyNames?: SchemaNode;
  required?: readonly string[];
  dependentRequired?: readonly (readonly [string, readonly string[]])[];
  minProperties?: number;
  maxProperties?: number;
};

/** Subschemas that speak about the same value as the one they stand in. */
export type InPlaceRules = {
  ref?: SchemaNode;
  allOf?: readonly SchemaNode[];
  anyOf?: readonly SchemaNode[];
  oneOf?: readonly SchemaNode[];
  not?: SchemaNode;
  condition?: SchemaNode;
  whenTrue?: SchemaNode;
  whenFalse?: SchemaNode;
  dependentSchemas?: readonly (readonly [string, SchemaNode])[];
};

/** The rules of a node for one type of value, there to be added to. */
export const stringRules = (node: SchemaNode): StringRules => {
  node.string ??= {};
  return node.string;
};
export const numberRules = (node: SchemaNode): NumberRules => {
  node.number ??= {};
  return node.number;
};
export const arrayRules = (node: SchemaNode): ArrayRules => {
  node.array ??= {};
  return node.array;
};
export const objectRules = (node: SchemaNode): ObjectRules => {
  node.object ??= {};
  return node.object;
};
export const inPlaceRules = (node: SchemaNode): InPlaceRules => {
  node.inPlace ??= {};
  return node.inPlace;
};

export const TYPES = { null: 1, boolean: 2, object: 4, array: 8, number: 16, string: 32, integer: 64 } as const;
export const ANY_TYPE = 127;
export type TypeName = keyof typeof TYPES;

/** The bits of a JSON value's types: 1.0 is both a number and an integer. */
export const typeBits = (value: unknown): number => {
  switch (typeof value) {
    case "string":
      return TYPES.string;
    case "number":
      return Number.isInteger(value) ? TYPES.number | TYPES.integer : TYPES.number;
    case "boolean":
      return TYPES.boolean;
    case "object":
      if (value === null) return TYPES.null;
      return Array.isArray(value) ? TYPES.array : TYPES.object;
    default:
      // Not a JSON value (undefined, a function): no schema but `true` may take it, and that one never asks.
      return 0;
  }
};

export const anything = (pointer: string): SchemaNode => ({
  pointer,
  types: ANY_TYPE,
  allowed: undefined,
  string: undefined,
  number: undefined,
  array: undefined,
  object: undefined,
  inPlace: undefined,
  unevaluatedItems: undefined,
  unevaluatedProperties: undefined,
});

export const nothing = (pointer: string): SchemaNode => ({ ...anything(pointer), types: 0 });
