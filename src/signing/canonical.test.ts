import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, MAX_NESTING_LEVELS, parseCanonical } from "./canonical.ts";

/** Any UTF-16 unit, lone surrogates included: fast-check's own "binary" takes three seconds to set up. */
const codeUnit = fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit));

const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

describe("canonical", () => {
  it("gives the text of RFC 8785 section 3.2.2", () => {
    const value: unknown = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
        "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(canonical(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("orders members by UTF-16 units, as in RFC 8785 section 3.2.3", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const text = canonical(Object.fromEntries(keys.map((key) => [key, 0])));
    expect(text).toBe(
      `{${["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"].map((key) => `${JSON.stringify(key)}:0`).join()}}`,
    );
  });

  it("orders keys that look like array indices as texts, which is not how an object lists them", () => {
    expect(canonical({ 9: 1, 10: 2, "!": 3 })).toBe('{"!":3,"10":2,"9":1}');
  });

  it.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("writes the double %s of RFC 8785 appendix B as %s", (bits, text) => {
    expect(canonical(Buffer.from(bits, "hex").readDoubleBE())).toBe(text);
  });

  it("says what npm canonicalize says, for any JSON value", () => {
    fc.assert(
      fc.property(plainJson, (value) => canonical(value) === canonicalize(value)),
      { numRuns: 500 },
    );
  });

  it("leaves out members that are undefined", () => {
    expect(canonical({ b: undefined, a: 1, c: { d: undefined } })).toBe('{"a":1,"c":{}}');
  });

  it.each([
    ["NaN", Number.NaN],
    ["an infinity", { a: Number.NEGATIVE_INFINITY }],
    ["undefined", undefined],
    ["a hole", [1, undefined]],
    ["a function", { a: () => 1 }],
    ["a bigint", 1n],
    ["a symbol", [Symbol("s")]],
    ["a Date", { at: new Date(0) }],
    ["a Map", new Map()],
    ["the key __proto__", JSON.parse('{"__proto__":1}')],
    ["a lone surrogate", ["\ud800"]],
    ["a lone surrogate in a key", { "\udc00x": 1 }],
    ["deep nesting", nested(MAX_NESTING_LEVELS + 1)],
  ])("throws a TypeError for %s", (_, value) => {
    expect(() => canonical(value)).toThrow(TypeError);
  });

  it("throws for a cycle instead of running for ever", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(() => canonical(cycle)).toThrow(TypeError);
  });

  it("takes text that only looks like an escaped surrogate", () => {
    expect(canonical({ a: "\\ud800", b: ["\\\\udfff"] })).toBe(String.raw`{"a":"\\ud800","b":["\\\\udfff"]}`);
  });
});

describe("parseCanonical", () => {
  it("reads back whatever canonical wrote", () => {
    fc.assert(
      fc.property(plainJson, (value) => {
        const text = canonical(value);
        const parsed = parseCanonical(text);
        expect(parsed.ok && canonical(parsed.value)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("accepts nesting up to its limit", () => {
    expect(parseCanonical(JSON.stringify(nested(MAX_NESTING_LEVELS)))).toMatchObject({ ok: true });
  });

  it.each([
    ["a repeated key", '{"a":1,"a":1}'],
    ["members out of order", '{"b":1,"a":2}'],
    ["an exponent that is not needed", "1e2"],
    ["a fraction of zero", "1.0"],
    ["minus zero", "-0"],
    ["an integer beyond 2^53", "9007199254740993"],
    ["a number beyond all doubles", "1e400"],
    ["white space", '{"a": 1}'],
    ["a newline at the end", "1\n"],
    ["a byte order mark", "\ufeff1"],
    ["an escape that is not needed", String.raw`"\u0041"`],
    ["an escaped slash", String.raw`"\/"`],
    ["a lone surrogate, escaped", String.raw`"\ud800"`],
    ["a lone surrogate, raw", '"\ud800"'],
    ["an escape in capitals", String.raw`"\u000F"`],
    ["the key __proto__", '{"__proto__":{"admin":true}}'],
    ["nothing", ""],
    ["half an object", '{"a":'],
    ["nesting beyond the limit", "[".repeat(200) + "]".repeat(200)],
    ["nesting beyond every stack", "[".repeat(1_000_000) + "]".repeat(1_000_000)],
    ["a million open brackets", "[".repeat(1_000_000)],
  ])("refuses %s with a reason", (_, text) => {
    const parsed = parseCanonical(text);
    expect(parsed.ok).toBe(false);
    expect(parsed).toHaveProperty("reason", expect.stringMatching(/./));
  });

  it("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: codeUnit }), (text) => void parseCanonical(text)));
    fc.assert(fc.property(fc.json({ stringUnit: codeUnit }), (text) => void parseCanonical(text)));
  });
});

/** JSON values as JSON.parse makes them, keys of every kind but `__proto__`, no lone surrogates, no -0 lost on the way. */
const plainJson = fc
  .jsonValue({ stringUnit: "grapheme", maxDepth: 6 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"));
