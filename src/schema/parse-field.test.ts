import { describe, expect, it } from "vitest";
import { fieldsOf } from "./describe.ts";
import { parseField } from "./parse-field.ts";

const field = (member: object, required = true) => {
  const described = fieldsOf({
    type: "object",
    properties: { "a/b": { ...member } },
    required: required ? ["a/b"] : [],
  });
  const [first] = described.flat ? described.fields : [];
  if (first === undefined) throw new Error("not flat");
  return first;
};

describe("what a person typed", () => {
  it.each([
    [{ type: "string" }, " as typed ", " as typed "],
    [{ type: "string" }, "", ""],
    [{ type: "integer" }, " 42 ", 42],
    [{ type: "integer" }, "1e3", 1_000],
    [{ type: "number" }, "-0.5", -0.5],
    [{ type: "number" }, "+.5", 0.5],
    [{ type: "boolean" }, "Yes", true],
    [{ type: "boolean" }, "n", false],
    [{ enum: ["low", "high"] }, "HIGH", "high"],
    [{ enum: [1, 2] }, "2", 2],
    [{ enum: [true, null] }, "null", null],
    [{ oneOf: [{ const: "r", title: "Red one" }] }, "red ONE", "r"],
    [{ type: "array", items: { enum: ["a", "b"] } }, "b, a,", ["b", "a"]],
    [{ type: "array", items: { enum: ["a"] } }, "", []],
    [{ type: "string", default: "main" }, "", "main"],
  ])("for %j: %j is %j", (member, typed, value) => {
    expect(parseField(field(member), typed)).toEqual({ ok: true, value });
  });

  it("is left out when nothing was typed for an optional member", () => {
    expect(parseField(field({ type: "integer" }, false), " ")).toEqual({ ok: true, value: undefined });
  });

  it.each([
    [{ type: "string", minLength: 1 }, "", "minLength", "must have at least 1 character"],
    [{ type: "string", format: "email" }, "nobody", "format", "must be a valid email"],
    [{ type: "integer" }, "", "required", "is required"],
    [{ type: "integer" }, "4.5", "type", "must be integer, not number"],
    [{ type: "integer" }, "four", "type", "must be a whole number"],
    [{ type: "number" }, "Infinity", "type", "must be a number"],
    [{ type: "number" }, "0x10", "type", "must be a number"],
    [{ type: "number" }, "1e999", "type", "must be a number"],
    [{ type: "number", maximum: 1 }, "2", "maximum", "must be at most 1"],
    [{ type: "boolean" }, "maybe", "type", "must be yes or no"],
    [{ enum: ["low", "high"] }, "middle", "type", "must be one of low, high"],
    [{ type: "array", items: { enum: ["a"] }, minItems: 1 }, "", "minItems", "must have at least 1 item, has 0"],
    [{ type: "array", items: { enum: ["a"] } }, "a,c", "type", "must be some of a, with commas between"],
  ])("for %j: %j is refused by %s", (member, typed, keyword, message) => {
    expect(parseField(field(member), typed)).toEqual({ ok: false, problem: { pointer: "/a~1b", keyword, message } });
  });
});
