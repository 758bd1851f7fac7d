import { describe, expect, it } from "vitest";
import { acceptSchema } from "./accept.ts";
import { checkValue } from "./check.ts";
import type { JsonSchema } from "./node.ts";

/** What a check says, or that the schema was not even accepted: the two ways in which an attack may end. */
const outcome = (schema: JsonSchema, value: unknown): string => {
  const accepted = acceptSchema(schema);
  if (!accepted.ok) return `refused: ${accepted.problems[0]?.keyword}`;
  const [problem] = checkValue(accepted.schema, value);
  return problem === undefined ? "fits" : problem.keyword;
};

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = { x: value };
  return value;
};

/** Each definition asks the next one twice: 2^40 questions about one value. */
const doubling = (keyword: "allOf" | "anyOf" | "oneOf"): JsonSchema => {
  const twice = (next: number) => ({ [keyword]: [{ $ref: `#/$defs/d${next}` }, { $ref: `#/$defs/d${next}` }] });
  const defs = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i}`, twice(i + 1)]));
  return { $ref: "#/$defs/d0", $defs: { ...defs, d40: { type: "string" } } };
};

describe("a schema that is meant to exhaust the bridge", () => {
  it("by doubling references about one value, ends at the step limit", () => {
    expect(outcome(doubling("allOf"), "x")).toBe("limit");
    expect(outcome(doubling("oneOf"), "x")).toBe("limit");
    expect(outcome(doubling("anyOf"), 1)).toBe("limit");
  });

  it("by doubling with every level of the value, ends at the step limit", () => {
    const again = { properties: { x: { $ref: "#/$defs/a" } } };
    const schema = { $ref: "#/$defs/a", $defs: { a: { allOf: [again, again] } } };
    expect(outcome(schema, deep(60))).toBe("limit");
    expect(outcome(schema, deep(6))).toBe("fits");
  });

  it("by a chain of references deeper than the call stack, ends at the depth limit", () => {
    const link = (i: number) => [`d${i}`, i === 1_999 ? {} : { $ref: `#/$defs/d${i + 1}` }];
    const chain = { $ref: "#/$defs/d0", $defs: Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => link(i))) };
    expect(outcome(chain, 1)).toBe("limit");
    expect(outcome({ properties: { x: { $ref: "#" } } }, deep(100_000))).toBe("limit");
  });

  it.each([
    ["uniqueItems", { uniqueItems: true }, Array.from({ length: 60_000 }, (_, i) => ({ a: i, b: [i] }))],
    [
      "a choice of large objects",
      { items: { enum: Array.from({ length: 2_000 }, (_, i) => ({ a: i })) } },
      Array.from({ length: 10_000 }, () => ({ a: 1_999 })),
    ],
    [
      "multiples of extreme numbers",
      { items: { multipleOf: 1e-300 } },
      Array.from({ length: 50_000 }, (_, i) => 1e300 + i),
    ],
    ["a slow format", { items: { format: "uri-reference" } }, Array.from({ length: 1_000 }, () => "a".repeat(2_048))],
    [
      "many patterns for many keys",
      { patternProperties: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`^x${i}(a|b)*$`, true])) },
      Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`k${i}`, 1])),
    ],
    ["a very long array", { items: { minimum: 0 } }, Array.from({ length: 200_000 }, () => 1)],
    [
      "nested unevaluated members",
      { allOf: [{ allOf: [{ unevaluatedProperties: {} }], unevaluatedProperties: {} }], unevaluatedProperties: {} },
      Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`k${i}`, 1])),
    ],
    ["a long text for a large pattern", { pattern: "^(?:[ab]*a[ab]{200}|[ab]*b[ab]{200})+$" }, "ab".repeat(25_000)],
  ])("by %s, ends at the step limit", (_, schema, value) => {
    expect(outcome(schema, value)).toBe("limit");
  });

  it("by patterns that expand, is refused before they are compiled", () => {
    expect(outcome({ pattern: `(?:${"ab".repeat(200)}){1000}` }, "x")).toBe("refused: pattern");
    expect(outcome({ pattern: "(((a{30}){30}){30}){30}" }, "x")).toBe("refused: pattern");
    const many = { anyOf: Array.from({ length: 200 }, (_, i) => ({ pattern: `(?:[ab]{1,9}){1,9}${i}` })) };
    expect(outcome(many, "x")).toBe("refused: pattern");
  });

  it("does not shut out honest schemas of some size", () => {
    const row = {
      type: "object",
      properties: { id: { type: "integer" }, name: { type: "string", pattern: "^[a-z ]+$" } },
      required: ["id", "name"],
    };
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: "somebody or other" }));
    expect(outcome({ type: "array", items: row, uniqueItems: true }, rows)).toBe("fits");
    expect(
      outcome(
        { type: "array", items: { type: "string" }, uniqueItems: true },
        rows.map(({ id }) => `${id}`),
      ),
    ).toBe("fits");
  });
});
