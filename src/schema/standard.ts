import type { JsonSchema } from "./node.ts";

/** A schema object of a validation library, as far as it is needed here: Standard JSON Schema v1 (standardschema.dev). */
export type StandardJsonSchema<Input = unknown> = {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: unknown } | undefined;
    readonly jsonSchema: { readonly input: (options: { readonly target: "draft-2020-12" }) => unknown };
  };
};

/** What an answer is typed as when the question was asked with such an object. */
export type InferStandard<Schema extends StandardJsonSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

export const isStandardJsonSchema = (schema: unknown): schema is StandardJsonSchema => {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return false;
  const standard = (schema as { readonly "~standard"?: { readonly version?: unknown; readonly jsonSchema?: unknown } })[
    "~standard"
  ];
  return standard?.version === 1 && typeof standard.jsonSchema === "object";
};

/**
 * The JSON Schema of a question, from either a JSON Schema or an object of Zod 4.2, ArkType 2.1.28, Valibot (through its
 * adapter) or any other library that speaks Standard JSON Schema. Its input side is taken: an answer is what goes in.
 * Throws what the library throws for a type that JSON Schema cannot say.
 */
export const jsonSchemaOf = (schema: JsonSchema | StandardJsonSchema): JsonSchema =>
  isStandardJsonSchema(schema)
    ? (schema["~standard"].jsonSchema.input({ target: "draft-2020-12" }) as JsonSchema)
    : schema;
