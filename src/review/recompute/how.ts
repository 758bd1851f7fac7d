import type { Json } from "../../domain/json.ts";
import { fileName } from "../evidence/descriptor.ts";
import { type Defs, exactly, list, object, oneOf, type Shape } from "../shape/shape.ts";

/**
 * How a number is made from raw evidence, as data: a closed language without loops, small enough to be written a second
 * time from docs/certificate.md. The policy says it, so whoever holds a signing key cannot choose a kinder sum.
 */
export type How =
  /** Upper bound of the quantile `q` at `confidence`, from order statistics; rows that fail `only` count as endless. */
  | {
      readonly kind: "percentile";
      readonly rows: Rows;
      readonly of: Term;
      readonly q: number;
      readonly confidence: number;
      readonly only?: readonly Test[];
    }
  /** Share of rows for which every test holds. */
  | { readonly kind: "ratio"; readonly rows: Rows; readonly that: readonly Test[] }
  | { readonly kind: "count"; readonly rows: Rows; readonly that?: readonly Test[] }
  /** Whether every test holds for every row; false where there is none. */
  | { readonly kind: "all"; readonly rows: Rows; readonly that: readonly Test[] }
  /** Share of rows for which some row of `among` passes; a test sees both, as `[row, other]`. */
  | { readonly kind: "matched"; readonly rows: Rows; readonly among: Rows; readonly that: readonly Test[] }
  | { readonly kind: "max" | "min" | "sum"; readonly rows: Rows; readonly of: Term }
  /** One number, text or truth value of one file. A duration is `{minus: [{ms: end}, {ms: start}]}`. */
  | { readonly kind: "value"; readonly file: string; readonly of: Term }
  /** Whether two places say the same, by their RFC 8785 form. */
  | { readonly kind: "equal"; readonly left: Place; readonly right: Place }
  /** Whether the lines of a file, as leaves, have this RFC 6962 root (base64). */
  | { readonly kind: "merkle"; readonly lines: string; readonly root: Place }
  /** The same where each line is a leaf hash already (base64): a log's root without a word of what the log holds. */
  | { readonly kind: "merkle"; readonly leaves: string; readonly root: Place };

export interface Place {
  readonly file: string;
  /** RFC 6901 pointer. */
  readonly at: string;
}

/**
 * `each`: pointer to an array (or to an object, whose values are the rows) of a JSON file; "" in a file of JSON lines is
 * its lines. With `then`, the rows are what each of those has there: the rules of every group. `zip`: pointers to arrays of one length, which are columns; a row is then an array, and "/0" its first.
 */
export type Rows =
  | { readonly file: string; readonly each: string; readonly then?: string; readonly where?: readonly Test[] }
  | { readonly file: string; readonly zip: readonly string[]; readonly where?: readonly Test[] };

export type Term =
  | { readonly at: string }
  | { readonly is: Json }
  /** Number minus number. */
  | { readonly minus: readonly [Term, Term] }
  /** Milliseconds since 1970 of an RFC 3339 text. */
  | { readonly ms: Term }
  /** Of a decimal text, as Prometheus writes its values. */
  | { readonly number: Term }
  /** Of a text in UTF-16 units, of an array in items, of an object in members. */
  | { readonly length: Term };

export const operators = ["eq", "ne", "lt", "le", "gt", "ge", "in", "has"] as const;
/** `in`: left is an item of right; `has`: left, a text or an array, contains right. A missing place fits no test but `ne`. */
export type Test = readonly [left: Term, operator: (typeof operators)[number], right: Term];

export type Value = number | boolean | string;

const pointer = { type: "string", pattern: "^(/[^/]{0,128}){0,16}$" } as const;
const term = { $ref: "#/$defs/term" } as const;
const tests = list({ $ref: "#/$defs/test" } as const, { min: 1, max: 16 });
const rows = { $ref: "#/$defs/rows" } as const;
const place = exactly({ file: fileName, at: pointer });
const share = { type: "number", minimum: 0.5, maximum: 0.9999 } as const;

export const howDefs: Defs = {
  term: {
    anyOf: [
      exactly({ at: pointer }),
      exactly({ is: {} }),
      exactly({ minus: list(term, { min: 2, max: 2 }) }),
      exactly({ ms: term }),
      exactly({ number: term }),
      exactly({ length: term }),
    ],
  },
  /** [left, operator, right] */
  test: list({ anyOf: [{ $ref: "#/$defs/term" }, oneOf(...operators)] }, { min: 3, max: 3 }),
  rows: {
    anyOf: [
      object({ file: fileName, each: pointer }, { then: pointer, where: tests }),
      object({ file: fileName, zip: list(pointer, { min: 1, max: 16 }) }, { where: tests }),
    ],
  },
};

export const howShape: Shape = {
  anyOf: [
    object({ kind: oneOf("percentile"), rows, of: term, q: share, confidence: share }, { only: tests }),
    exactly({ kind: oneOf("ratio"), rows, that: tests }),
    object({ kind: oneOf("count"), rows }, { that: tests }),
    exactly({ kind: oneOf("all"), rows, that: tests }),
    exactly({ kind: oneOf("matched"), rows, among: rows, that: tests }),
    exactly({ kind: oneOf("max"), rows, of: term }),
    exactly({ kind: oneOf("min"), rows, of: term }),
    exactly({ kind: oneOf("sum"), rows, of: term }),
    exactly({ kind: oneOf("value"), file: fileName, of: term }),
    exactly({ kind: oneOf("equal"), left: place, right: place }),
    exactly({ kind: oneOf("merkle"), lines: fileName, root: place }),
    exactly({ kind: oneOf("merkle"), leaves: fileName, root: place }),
  ],
};
