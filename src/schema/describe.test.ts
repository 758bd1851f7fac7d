import { describe, expect, it } from "vitest";
import { fieldsOf } from "./describe.ts";
import type { JsonSchema } from "./node.ts";

const fields = (schema: JsonSchema) => {
  const described = fieldsOf(schema);
  if (!described.flat) throw new Error(described.reason);
  return described.fields;
};

describe("a flat schema is a form", () => {
  it("with one field for each member, in order", () => {
    const schema = {
      type: "object",
      properties: {
        approved: { type: "boolean", title: "Ship it?", description: "All checks are green.", default: false },
        reason: { type: "string", minLength: 1, maxLength: 500 },
        mail: { type: "string", format: "email" },
        score: { type: "number", minimum: 0, maximum: 1 },
        count: { type: "integer" },
        level: { enum: ["low", "high"] },
        stars: { type: "integer", enum: [1, 2, 3] },
      },
      required: ["approved", "level"],
      additionalProperties: false,
    };
    expect(fields(schema)).toMatchObject([
      {
        name: "approved",
        kind: "boolean",
        title: "Ship it?",
        description: "All checks are green.",
        default: false,
        required: true,
      },
      { name: "reason", kind: "text", title: "reason", minLength: 1, maxLength: 500, required: false },
      { name: "mail", kind: "text", format: "email" },
      { name: "score", kind: "number", integer: false, minimum: 0, maximum: 1 },
      { name: "count", kind: "number", integer: true },
      {
        name: "level",
        kind: "choice",
        options: [
          { value: "low", label: "low" },
          { value: "high", label: "high" },
        ],
        required: true,
      },
      { name: "stars", kind: "choice", options: [{ value: 1 }, { value: 2 }, { value: 3 }] },
    ]);
  });

  it("with titled choices as MCP writes them, one or several", () => {
    const titled = [
      { const: "r", title: "Red" },
      { const: "g", title: "Green" },
    ];
    const options = [
      { value: "r", label: "Red" },
      { value: "g", label: "Green" },
    ];
    const schema = {
      type: "object",
      properties: {
        one: { type: "string", oneOf: titled },
        old: { type: "string", enum: ["r", "g"], enumNames: ["Red", "Green"] },
        many: { type: "array", items: { anyOf: titled }, minItems: 1, maxItems: 2 },
        plain: { type: "array", items: { type: "string", enum: ["x"] } },
        fixed: { const: "yes" },
      },
    };
    expect(fields(schema)).toMatchObject([
      { name: "one", kind: "choice", options },
      { name: "old", kind: "choice", options },
      { name: "many", kind: "choices", options, minItems: 1, maxItems: 2 },
      { name: "plain", kind: "choices", options: [{ value: "x", label: "x" }] },
      { name: "fixed", kind: "choice", options: [{ value: "yes", label: "yes" }] },
    ]);
  });
});

describe("a schema that no form can show says why", () => {
  it.each([
    [true, "any value"],
    [{}, "not an object"],
    [{ type: "string" }, "not an object"],
    [{ type: "object" }, "no member"],
    [{ type: "object", properties: { a: { type: "object" } } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { type: ["string", "null"] } } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { type: "array", items: { type: "string" } } } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { $ref: "#/$defs/x" } }, $defs: { x: {} } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { type: "string", not: {} } } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: true } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { enum: [{}] } } }, '"a" is not a simple value'],
    [{ type: "object", properties: { a: { type: "string" } }, required: ["b"] }, '"b" is required but not described'],
    [{ type: "object", properties: { a: { type: "string" } }, anyOf: [{}] }, "anyOf relates"],
    [{ type: "object", properties: { a: { type: "string" } }, minProperties: 1 }, "minProperties relates"],
  ])("%j", (schema, reason) => {
    expect(fieldsOf(schema)).toEqual({ flat: false, reason: expect.stringContaining(reason) });
  });
});
