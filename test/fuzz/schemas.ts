import fc from "fast-check";
import { acceptSchema, acceptSchemaText } from "../../src/schema/accept.ts";
import { checkValue } from "../../src/schema/check.ts";
import type { JsonSchema } from "../../src/schema/node.ts";
import { compilePattern } from "../../src/schema/pattern.ts";
import { anyJson, anyText, type Fuzzed, near, nearObject, pure } from "./fuzzed.ts";

const keywords = [
  "type",
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "$defs",
  "$dynamicRef",
  "$anchor",
  "pattern",
  "patternProperties",
  "enum",
  "const",
  "anyOf",
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "minimum",
  "multipleOf",
  "required",
  "unevaluatedProperties",
  "uniqueItems",
  "contains",
  "format",
  "dependentSchemas",
] as const;

/** Schemas whose keywords mostly have the kind of value that they want, nested and referring to each other. */
const { schema } = fc.letrec<{ readonly schema: unknown; readonly members: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 2, arbitrary: fc.boolean() as fc.Arbitrary<unknown> },
    { weight: 2, arbitrary: fc.constantFrom({ type: "string" }, { type: ["integer", "null"] }, { $ref: "#" }) },
    { weight: 1, arbitrary: fc.record({ $ref: fc.constantFrom("#", "#/$defs/a", "#/properties/a", "#/x", "a") }) },
    { weight: 1, arbitrary: fc.record({ pattern: anyText(20) }) },
    { weight: 2, arbitrary: fc.record({ properties: tie("members"), required: fc.constant(["a"]) }) },
    { weight: 1, arbitrary: fc.record({ items: tie("schema"), uniqueItems: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ allOf: fc.array(tie("schema"), { maxLength: 3 }), $defs: tie("members") }) },
    { weight: 1, arbitrary: fc.record({ oneOf: fc.array(tie("schema"), { maxLength: 3 }), not: tie("schema") }) },
    { weight: 1, arbitrary: nearObject(keywords) as fc.Arbitrary<unknown> },
  ),
  members: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema"), { maxKeys: 3 }) as fc.Arbitrary<unknown>,
}));

const told = (problems: readonly { readonly pointer: unknown; readonly message: unknown }[]): void => {
  for (const { pointer, message } of problems) {
    if (typeof pointer !== "string" || typeof message !== "string") throw new Error("a problem without words");
  }
};

const accepting: Fuzzed = pure("schemas (acceptance)", 12_000, fc.oneof(schema, anyJson(4)), (given) => {
  const accepted = acceptSchema(given);
  if (accepted.ok) return true;
  if (accepted.problems.length === 0) throw new Error("refused without a reason");
  told(accepted.problems);
  return false;
});

const texts: Fuzzed = pure(
  "schemas as text",
  6_000,
  fc.oneof(near('{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}'), anyText(), fc.json()),
  (text) => acceptSchemaText(text).ok,
);

const value = fc.oneof(anyJson(4), nearObject(["a", "b", "c"]) as fc.Arbitrary<unknown>);
const checking: Fuzzed = pure("answers against a schema", 12_000, fc.tuple(schema, value), ([given, answer]) => {
  const accepted = acceptSchema(given);
  if (!accepted.ok) return false;
  const problems = checkValue(accepted.schema as JsonSchema, answer);
  told(problems);
  return problems.length === 0;
});

/** Pieces that backtracking engines choke on, and whatever else. */
const piece = fc.constantFrom(
  ..."a b . \\w \\d \\p{L} [a-z] [^a] (a+)+ (a|a)* (?:x*)* (?=a) \\1 a{2,900} ^ $ | ( ) ? \\b".split(" "),
);
const pattern = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  anyText(24),
);
const text = fc.oneof(
  fc.tuple(fc.constantFrom("a", "ab", "x", "é"), fc.nat({ max: 2_000 })).map(([one, times]) => `${one.repeat(times)}!`),
  anyText(),
);
const patterns: Fuzzed = pure(
  "patterns, and texts against them",
  8_000,
  fc.tuple(pattern, text),
  ([source, matched]) => {
    const compiled = compilePattern(source);
    return compiled.ok && compiled.pattern.test(matched);
  },
);

export const schemas: readonly Fuzzed[] = [accepting, texts, checking, patterns];
