import type { SchemaNode } from "./node.ts";
import { below } from "./problem.ts";
import { type Place, type Read, wrong } from "./reading.ts";

/** The kinds of value that the meta-schema gives keywords; `keep` puts a right one into the node. */

export const text =
  (keep?: (node: SchemaNode, value: string) => void): Read =>
  (place) => {
    if (typeof place.value === "string") keep?.(place.node, place.value);
    else wrong(place, "is a text");
  };

export const flag =
  (keep?: (node: SchemaNode, value: boolean) => void): Read =>
  (place) => {
    if (typeof place.value === "boolean") keep?.(place.node, place.value);
    else wrong(place, "is true or false");
  };

export const list =
  (keep?: (node: SchemaNode, value: readonly unknown[]) => void): Read =>
  (place) => {
    if (Array.isArray(place.value)) keep?.(place.node, place.value);
    else wrong(place, "is a list");
  };

export const count =
  (keep: (node: SchemaNode, value: number) => void): Read =>
  (place) => {
    if (Number.isInteger(place.value) && (place.value as number) >= 0) keep(place.node, place.value as number);
    else wrong(place, "is a whole number from 0");
  };

export const number =
  (keep: (node: SchemaNode, value: number) => void): Read =>
  (place) => {
    if (typeof place.value === "number") keep(place.node, place.value);
    else wrong(place, "is a number");
  };

export const names =
  (keep: (node: SchemaNode, value: readonly string[]) => void): Read =>
  (place) => {
    if (isNameList(place.value)) keep(place.node, place.value);
    else wrong(place, "is a list of different texts");
  };

export const isNameList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string") && new Set(value).size === value.length;

export const schema =
  (keep?: (node: SchemaNode, value: SchemaNode) => void): Read =>
  ({ reading, node, value, pointer }) => {
    const read = reading.read(value, pointer);
    keep?.(node, read);
  };

export const schemas =
  (keep: (node: SchemaNode, value: readonly SchemaNode[]) => void): Read =>
  (place) => {
    if (!Array.isArray(place.value) || place.value.length === 0)
      return wrong(place, "is a list of at least one schema");
    keep(
      place.node,
      place.value.map((each, i) => place.reading.read(each, below(place.pointer, i))),
    );
  };

export const schemaMap =
  (keep?: (node: SchemaNode, value: readonly (readonly [string, SchemaNode])[]) => void): Read =>
  (place) => {
    const read = readSchemaMap(place);
    keep?.(place.node, read);
  };

export const readSchemaMap = (place: Place): readonly (readonly [string, SchemaNode])[] => {
  if (!isObject(place.value)) {
    wrong(place, "is an object of schemas");
    return [];
  }
  return Object.entries(place.value).map(([key, each]) => [key, place.reading.read(each, below(place.pointer, key))]);
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
