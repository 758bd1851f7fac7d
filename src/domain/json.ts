/** JSON as a value, JSON Schema as a literal, and the type that a literal schema describes. No parser, no validator. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The part of JSON Schema that our own event and operation shapes are written in. */
export interface ShapeSchema {
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly description?: string;
  readonly properties?: { readonly [key: string]: ShapeSchema };
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: ShapeSchema;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly ShapeSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** The TypeScript type of a `ShapeSchema` written as a literal, so that a shape is said once. */
export type FromShape<S> = S extends { readonly anyOf: readonly (infer A)[] }
  ? FromShape<A>
  : S extends { readonly enum: readonly (infer V)[] }
    ? V
    : S extends { readonly type: "object"; readonly properties: infer P }
      ? FromProperties<P, S extends { readonly required: infer R extends readonly string[] } ? R[number] : never>
      : S extends { readonly type: "array"; readonly items: infer I }
        ? readonly FromShape<I>[]
        : S extends { readonly type: "string" }
          ? string
          : S extends { readonly type: "number" | "integer" }
            ? number
            : S extends { readonly type: "boolean" }
              ? boolean
              : S extends { readonly type: "null" }
                ? null
                : Json;

type FromProperties<P, R> = {
  readonly [K in keyof P as K extends R ? K : never]: FromShape<P[K]>;
} & { readonly [K in keyof P as K extends R ? never : K]?: FromShape<P[K]> };
