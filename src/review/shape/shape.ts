import type { FromShape as FromDomainShape } from "../../domain/json.ts";

/** As much of JSON Schema 2020-12 as the review's documents are written in. The published schemas are these very values. */
export interface Shape {
  readonly $ref?: string;
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Shape };
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Shape[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** What `$ref: "#/$defs/<name>"` stands for. */
export type Defs = { readonly [name: string]: Shape };

export type FromShape<S> = FromDomainShape<S>;

/** An object with exactly these members, all of them. */
export const exactly = <const P extends { readonly [name: string]: Shape }>(properties: P) =>
  ({
    type: "object",
    properties,
    required: Object.keys(properties) as (keyof P & string)[],
    additionalProperties: false,
  }) as const;

/** An object with these members, and perhaps some of those. */
export const object = <
  const P extends { readonly [name: string]: Shape },
  const O extends { readonly [name: string]: Shape },
>(
  properties: P,
  optional: O,
) =>
  ({
    type: "object",
    properties: { ...properties, ...optional } as P & O,
    required: Object.keys(properties) as (keyof P & string)[],
    additionalProperties: false,
  }) as const;

export const list = <const S extends Shape>(items: S, { min = 0, max = LIST_MAX } = {}) =>
  ({ type: "array", items, minItems: min, maxItems: max }) as const;

export const oneOf = <const V extends readonly string[]>(...values: V) => ({ type: "string", enum: values }) as const;

/** Entries in one list, where nothing tighter is said. */
export const LIST_MAX = 1_000;
const TEXT_CHARS_MAX = 8_192;

export const text = { type: "string", maxLength: TEXT_CHARS_MAX } as const;
export const word = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$" } as const;
export const count = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
export const sha256Hex = { type: "string", pattern: "^[0-9a-f]{64}$" } as const;
/** RFC 3339 in UTC with milliseconds, as `toISOString` writes it: one text for one moment. */
export const moment = {
  type: "string",
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
} as const;
