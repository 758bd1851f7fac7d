import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptSchema, acceptSchemaText } from "./accept.ts";
import { checkValue } from "./check.ts";
import { MAX_PROBLEMS, MAX_SCHEMA_BYTES, MAX_SCHEMA_DEPTH, MAX_SUBSCHEMAS } from "./limits.ts";

/** The problems as «pointer keyword», which is what a caller acts on; messages are for people. */
const problems = (schema: unknown): readonly string[] => {
  const result = acceptSchema(schema);
  return result.ok ? [] : result.problems.map(({ pointer, keyword }) => `${pointer} ${keyword}`);
};

const nest = (levels: number): unknown => {
  let schema: unknown = {};
  for (let i = 0; i < levels; i += 2) schema = { properties: { x: schema } };
  return schema;
};

describe("a schema is accepted", () => {
  it("when it is a flat form, a tree, true or false", () => {
    for (const schema of [
      { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"], additionalProperties: false },
      { $ref: "#/$defs/node", $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } } },
      { $schema: "https://json-schema.org/draft/2020-12/schema", $id: "https://a.example/q", title: "q" },
      { "x-hint": { anything: [1] }, definitions: { a: {} }, properties: { b: { $ref: "#/definitions/a" } } },
      true,
      false,
      {},
    ])
      expect(problems(schema)).toEqual([]);
  });

  it("with a hash that every spelling of it shares, and no other schema", () => {
    const one = acceptSchemaText('{"type":"object","required":["a"]}');
    const two = acceptSchemaText('{ "required": ["a"], "type": "object" }');
    const jcs = canonicalize({ required: ["a"], type: "object" }) ?? "";
    const hash = createHash("sha256").update(jcs).digest("base64url");
    expect(one).toMatchObject({ ok: true, hash });
    expect(two).toMatchObject({ ok: true, hash });
    expect(acceptSchema({ type: "object", required: ["b"] })).not.toMatchObject({ hash });
  });

  it("once: the same text gives the same acceptance, whoever sends it", () => {
    const schema = { type: "string", title: "seen twice" };
    const first = acceptSchema(schema);
    expect(acceptSchemaText(JSON.stringify(schema))).toBe(first);
    expect(acceptSchema({ ...schema })).toBe(first);
  });

  it("without what is known of it passing to an altered copy", () => {
    const accepted = acceptSchema({ type: "string", title: "original" });
    if (!accepted.ok || typeof accepted.schema === "boolean") throw new Error("refused");
    expect(checkValue(accepted.schema, 1)).toHaveLength(1);
    expect(checkValue({ ...accepted.schema, type: "number" }, 1)).toHaveLength(0);
    expect(JSON.stringify(accepted.schema)).toBe('{"type":"string","title":"original"}');
  });

  it("as a copy, so that its sender can change nothing afterwards", () => {
    const schema = { type: "string" };
    const result = acceptSchema(schema);
    schema.type = "number";
    expect(result).toMatchObject({ ok: true, schema: { type: "string" } });
  });
});

describe("a schema is refused", () => {
  it("with every problem at once, each where it stands", () => {
    expect(
      problems({
        type: "strnig",
        required: ["a", "a"],
        properties: { "a/b": { minLength: -1 }, "c~d": { pattern: "(" }, e: 7 },
        items: [{}],
        anyOf: [],
        additionalItems: false,
      }),
    ).toEqual([
      "/type type",
      "/required required",
      "/properties/a~1b/minLength minLength",
      "/properties/c~0d/pattern pattern",
      "/properties/e type",
      "/items type",
      "/anyOf anyOf",
      "/additionalItems additionalItems",
    ]);
  });

  it.each([
    ["type", ["string", "string"]],
    ["type", []],
    ["type", "date"],
    ["enum", "a"],
    ["multipleOf", 0],
    ["minimum", "1"],
    ["maxItems", 1.5],
    ["uniqueItems", "yes"],
    ["pattern", 1],
    ["format", 1],
    ["required", "a"],
    ["dependentSchemas", []],
    ["properties", []],
    ["patternProperties", null],
    ["prefixItems", []],
    ["allOf", {}],
    ["title", 1],
    ["description", {}],
    ["deprecated", "no"],
    ["examples", {}],
    ["$comment", 1],
    ["$defs", []],
    ["$schema", "http://json-schema.org/draft-07/schema#"],
    ["$dynamicRef", "#x"],
    ["$recursiveRef", "#"],
    ["dependencies", {}],
    ["$ref", 1],
    ["$ref", "https://example.com/schema.json"],
    ["$ref", "other.json#/a"],
    ["$ref", "#anchor"],
    ["$ref", "#/$defs/missing"],
    ["$ref", "#/%E0%A4%A"],
    ["$ref", "file:///etc/passwd"],
  ])("when %s is %j", (keyword, value) => {
    expect(problems({ [keyword]: value })).toEqual([`/${keyword} ${keyword}`]);
  });

  it("when a dependentRequired names one member wrongly, there", () => {
    expect(problems({ dependentRequired: { a: ["b"], c: "d" } })).toEqual(["/dependentRequired/c dependentRequired"]);
  });

  it("when $id stands below the root, where it would move what references mean", () => {
    expect(problems({ properties: { a: { $id: "https://b.example" } } })).toEqual(["/properties/a/$id $id"]);
  });

  it("when a reference comes back to the same value", () => {
    expect(problems({ $ref: "#" })).toEqual([" $ref"]);
    expect(problems({ $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } } })).toHaveLength(1);
    expect(
      problems({ $defs: { a: { not: { $ref: "#/$defs/b" } }, b: { if: { $ref: "#/$defs/a" } } }, $ref: "#/$defs/a" }),
    ).toHaveLength(1);
    expect(problems({ properties: { next: { $ref: "#" } } })).toEqual([]);
  });

  it("when a reference leads to something that is no schema", () => {
    expect(problems({ const: 7, $defs: { a: { $ref: "#/const" } } })).toEqual(["/const type"]);
    expect(problems({ $ref: "#/examples/0", examples: [{ type: "nope" }] })).toEqual(["/examples/0/type type"]);
  });

  it("when it is too large, too deep or of too many parts", () => {
    expect(problems({ $comment: "é".repeat(MAX_SCHEMA_BYTES / 2) })).toEqual([" limit"]);
    expect(problems(nest(MAX_SCHEMA_DEPTH - 2))).toEqual([]);
    expect(problems(nest(MAX_SCHEMA_DEPTH + 2))).toEqual([" limit"]);
    expect(problems({ const: JSON.parse("[".repeat(1_000) + "]".repeat(1_000)) })).toEqual([" limit"]);
    const many = { anyOf: Array.from({ length: MAX_SUBSCHEMAS + 10 }, () => ({})) };
    expect(problems(many)).toEqual([`/anyOf/${MAX_SUBSCHEMAS - 1} limit`]);
  });

  it("with no more problems than anybody would read", () => {
    expect(problems({ anyOf: Array.from({ length: 200 }, () => 7) })).toHaveLength(MAX_PROBLEMS);
  });

  it("when it is not JSON, or not a schema", () => {
    const cycle: Record<string, unknown> = {};
    cycle["a"] = cycle;
    for (const value of [undefined, cycle, 1n, () => 1, Symbol("s")]) expect(problems(value)).toEqual([" type"]);
    for (const value of [null, 1, "x", []]) expect(problems(value)).toEqual([" type"]);
    expect(acceptSchemaText("{")).toMatchObject({ ok: false });
    expect(problems({ title: "\ud800" })).toEqual([" type"]);
  });

  it("when a key is __proto__, which nobody could sign", () => {
    expect(acceptSchemaText('{"properties":{"__proto__":{"type":"string"}}}')).toMatchObject({ ok: false });
  });
});

describe("acceptSchema", () => {
  it("never throws, whatever it is given", () => {
    const keyword = fc.constantFrom(
      "type",
      "$ref",
      "properties",
      "items",
      "pattern",
      "enum",
      "allOf",
      "if",
      "required",
    );
    const near = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.jsonValue(),
        fc.dictionary(keyword, tie("any"), { maxKeys: 3 }),
        fc.array(tie("any"), { maxLength: 2 }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.oneof(fc.anything(), near), (schema) => void acceptSchema(schema)),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => void acceptSchemaText(text)));
  });
});
