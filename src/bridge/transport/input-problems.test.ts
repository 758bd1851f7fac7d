import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { INPUT_LEVELS_MAX, problemsBy } from "./input-problems.ts";

const problemsOf = problemsBy(Type.Object({ text: Type.String(), any: Type.Optional(Type.Unknown()) }));
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

describe("whatever the schema says", () => {
  test("half of a surrogate pair is refused where it stands, in a text and in a name", () => {
    const problems = problemsOf({ text: "\ud800", any: { list: ["a", "\udc00b"], "\ud83d": 1 } });
    expect(problems.map(({ pointer }) => pointer).sort()).toEqual(["/any", "/any/list/1", "/text"]);
    for (const { message } of problems) expect(message).toContain("half of a surrogate pair");
    expect(problemsOf({ text: "🗼", any: { "🗼": ["🗼"] } })).toEqual([]);
  });

  test("nesting ends at its limit, however deep the input is", () => {
    expect(problemsOf({ text: "", any: nested(INPUT_LEVELS_MAX - 1) })).toEqual([]);
    for (const levels of [INPUT_LEVELS_MAX, 5_000, 200_000]) {
      expect(problemsOf({ text: "", any: nested(levels) })).toEqual([
        {
          pointer: `/any${"/0".repeat(INPUT_LEVELS_MAX - 1)}`,
          message: `is nested deeper than ${INPUT_LEVELS_MAX} levels`,
        },
      ]);
    }
  });
});
