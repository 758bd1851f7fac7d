import { MAX_PROBLEMS } from "./limits.ts";
import type { SchemaNode } from "./node.ts";
import type { Problem } from "./problem.ts";

/** A schema being read. */
export type Reading = {
  readonly document: unknown;
  /** Every subschema read so far. */
  readonly nodes: SchemaNode[];
  /** `$ref`s met, to be linked once all else is read. */
  readonly references: Reference[];
  readonly problems: Problem[];
  /** RE2 instructions of the patterns met so far. */
  instructions: number;
  /** Reads the subschema at a pointer. */
  readonly read: (schema: unknown, pointer: string) => SchemaNode;
};

export type Reference = { readonly from: SchemaNode; readonly target: string; readonly pointer: string };

/** A keyword where it stands. */
export type Place = {
  readonly reading: Reading;
  readonly node: SchemaNode;
  readonly name: string;
  readonly value: unknown;
  readonly pointer: string;
};

/** Checks a keyword's value and keeps what it says in the node. */
export type Read = (place: Place) => void;

export const complain = (reading: Reading, pointer: string, keyword: string, message: string): void => {
  if (reading.problems.length < MAX_PROBLEMS) reading.problems.push({ pointer, keyword, message });
};

export const wrong = ({ reading, pointer, name }: Place, message: string): void =>
  complain(reading, pointer, name, message);
