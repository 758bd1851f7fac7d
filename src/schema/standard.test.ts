import { describe, expect, expectTypeOf, it } from "vitest";
import type { InferSchema } from "./infer.ts";
import { type InferStandard, isStandardJsonSchema, jsonSchemaOf, type StandardJsonSchema } from "./standard.ts";

/** As a validation library makes them; libraries built on functions exist too. */
const library = (json: unknown): StandardJsonSchema<{ ok: boolean }> => ({
  "~standard": {
    version: 1,
    vendor: "test",
    jsonSchema: { input: ({ target }) => (target === "draft-2020-12" ? json : undefined) },
  },
});

describe("the JSON Schema of a question", () => {
  it("is asked from an object that speaks Standard JSON Schema", () => {
    expect(jsonSchemaOf(library({ type: "object" }))).toEqual({ type: "object" });
    expect(jsonSchemaOf(Object.assign(() => 1, library({ type: "null" })))).toEqual({ type: "null" });
  });

  it("is a plain JSON Schema as it stands", () => {
    const schema = { type: "string" } as const;
    expect(jsonSchemaOf(schema)).toBe(schema);
    expect(jsonSchemaOf(true)).toBe(true);
    for (const other of [
      null,
      undefined,
      1,
      {},
      { "~standard": { version: 1 } },
      { "~standard": { version: 2, jsonSchema: {} } },
    ])
      expect(isStandardJsonSchema(other)).toBe(false);
  });

  it("tells TypeScript what an answer is", () => {
    const schema = {
      type: "object",
      properties: {
        ok: { type: "boolean" },
        tags: { type: "array", items: { type: "string" } },
        level: { enum: ["low", "high"] },
      },
      required: ["ok"],
    } as const;
    type Answer = InferSchema<typeof schema>;
    expectTypeOf<Answer["ok"]>().toEqualTypeOf<boolean>();
    expectTypeOf<Answer["tags"]>().toEqualTypeOf<string[] | undefined>();
    expectTypeOf<Answer["level"]>().toEqualTypeOf<"low" | "high" | undefined>();
    expectTypeOf<InferStandard<StandardJsonSchema<{ ok: boolean }>>>().toEqualTypeOf<{ ok: boolean }>();
  });
});
