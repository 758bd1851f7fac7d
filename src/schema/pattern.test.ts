import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

/** Any UTF-16 unit, lone surrogates included: fast-check's own "binary" takes three seconds to set up. */
const codeUnit = fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit));

const matches = (source: string, text: string): boolean => {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(`${source} ${compiled.reason}`);
  return compiled.pattern.test(text);
};
const reason = (source: string): string => {
  const compiled = compilePattern(source);
  return compiled.ok ? "compiled" : compiled.reason;
};

describe("a pattern that takes V8's engine for ever", () => {
  it.each(["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^([a-z]+)*$", "(a*)*b", "^(.*a){12}$", "(x+x+)+y"])(
    "%s is answered for 50,000 characters",
    (source) => {
      // That this test ends at all is the proof: one backtracking engine on one of these texts would not.
      expect(matches(source, `${"a".repeat(50_000)}!`)).toBe(false);
    },
  );
});

describe("a pattern means what ECMA-262 says", () => {
  /** Pieces of the syntax, put together at random, against texts of the characters that they tell apart. */
  const atom = fc.constantFrom(
    ...["a", "b", ".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\.", "\\/", "\\-", "\\x41", "\\u0041", "\\u{1F5FC}"],
    ...["\\ud83d\\uddfc", "\\cJ", "\\0", "\\t", "\\n", "\\r", "\\v", "\\f", "é", "🗼", "\\p{L}", "\\P{L}"].map(
      (x) => x,
    ),
    ...["\\p{Letter}", "\\p{gc=Nd}", "\\p{Script=Greek}", "\\p{Lu}", "[abc]", "[^abc]", "[a-c\\d]", "[\\s]", "[^\\s]"],
    ...[
      "[\\S]",
      "[\\S\\d]",
      "[\\w.-]",
      "[[:alpha:]",
      "[\\b]",
      "[]",
      "[^]",
      "[\\]]",
      "[\\p{L}\\p{N}]",
      "[^\\p{L}]",
      "[-a]",
    ],
    ...[
      "\\p{Alphabetic}",
      "\\p{Lowercase}",
      "\\P{White_Space}",

      "\\p{Any}",
      "\\p{Emoji}",
      "\\p{sc=Cyrillic}",
    ],
    ...["\\p{LC}", "\\p{General_Category=Uppercase_Letter}", "\\p{punct}", "[\\p{Sc}\\p{Mn}]", "\\p{Zs}", "\\p{Cc}"],
    ...["[\\u0000-\\u001f]", "[\\u{1F5FC}é]", "[.]", "[$^]", "\\^", "\\$", "\\(", "\\\\", " "],
  );
  const pattern = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      atom,
      fc
        .tuple(atom, fc.constantFrom("*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{1,}", "{0,1}?"))
        .map((p) => p.join("")),
      fc.tuple(tie("any"), tie("any")).map((p) => p.join("")),
      fc.tuple(tie("any"), tie("any")).map((p) => p.join("|")),
      tie("any").map((inner) => `(${inner})`),
      tie("any").map((inner) => `(?:${inner})*`),
      tie("any").map((inner) => `(?<name>${inner})`),
      tie("any").map((inner) => `^${inner}`),
      tie("any").map((inner) => `${inner}$`),
      tie("any").map((inner) => `\\b${inner}\\B`),
    ),
  })).any as fc.Arbitrary<string>;
  const unit = fc.constantFrom(..."abcA1.-_[]:\\^$()/ é🗼ΩЖ\u00a0\ufeff\u2028\n\r\t\v\b\0\u0300");

  it("as V8 does, for patterns put together at random", () => {
    const isValid = (source: string): boolean => {
      try {
        return new RegExp(source, "u") !== undefined;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        pattern.filter(isValid),
        fc.array(fc.string({ unit, maxLength: 5 }), { minLength: 8, maxLength: 8 }),
        (source, texts) => {
          for (const text of texts) {
            const expected = new RegExp(source, "u").test(text);
            expect([source, text, matches(source, text)]).toEqual([source, text, expected]);
          }
        },
      ),
      { numRuns: 500 },
    );
  }, 30_000);

  it("for what people write", () => {
    expect(matches("^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$", "someone@example.com")).toBe(true);
    expect(matches("^\\d{4}-\\d{2}-\\d{2}$", "2026-11-24")).toBe(true);
    expect(matches("^(?<major>0|[1-9]\\d*)\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?$", "1.20.3-rc.1")).toBe(true);
    expect(matches("^\\S+$", "a\u00a0b")).toBe(false);
  });
});

describe("a pattern is refused", () => {
  it.each([
    ["(?=a)", "lookaround"],
    ["(?<!a)b", "lookaround"],
    ["(a)\\1", "back-reference"],
    ["(?<n>a)\\k<n>", "back-reference"],
    ["(", "not a regular expression"],
    ["\\Q", "not a regular expression"],
    ["a{1001}", "instructions"],
    ["a".repeat(513), "longer than"],
    ["\\ud800", "surrogate"],
    ["\\p{Script_Extensions=Greek}", "Unicode property"],
    ["\\p{Script=Old_Nonsense}", "not a regular expression"],
  ])("%s, with the reason", (source, why) => {
    expect(reason(source)).toContain(why);
  });

  it("or compiled, and never throws", () => {
    fc.assert(fc.property(fc.string({ unit: codeUnit, maxLength: 40 }), (source) => void compilePattern(source)));
    const syntax = fc.string({ unit: fc.constantFrom(..."()[]{}|*+?^$.\\,-:=!<>aQuxpkbdsw019"), maxLength: 20 });
    fc.assert(
      fc.property(syntax, (source) => void compilePattern(source)),
      { numRuns: 2_000 },
    );
  });
});

describe("a compiled pattern", () => {
  it("goes on answering rightly while its memory is given back and others crowd it out", () => {
    const compiled = compilePattern("^[ab]*a[ab]{8}$");
    if (!compiled.ok) throw new Error(compiled.reason);
    for (let i = 0; i < 400; i++) {
      compilePattern(`^other${i}$`);
      const text = i.toString(2).padStart(12, "0").replaceAll("0", "a").replaceAll("1", "b");
      expect(compiled.pattern.test(text)).toBe(/^[ab]*a[ab]{8}$/u.test(text));
    }
  });
});
