import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { attacks } from "../../src/review/attack/list.ts";
import { disabled } from "./control.ts";
import { altered, sourceUrl } from "./sabotage.ts";
import { attackTable } from "./table.ts";

describe("a build with a control off", () => {
  test.each(disabled.map(({ control, sabotage }) => [control, sabotage] as const))(
    "%s: its text is in the source, once",
    (_control, sabotage) => {
      for (const one of sabotage) expect(() => altered(sourceUrl(one.file), [one])).not.toThrow();
    },
  );

  test("names attacks that there are", () => {
    const ids = new Set(attacks.map(({ id }) => id));
    expect(disabled.flatMap(({ reddens }) => reddens).filter((id) => !ids.has(id))).toEqual([]);
  });

  test("is there for every attack", () => {
    const shown = new Set(disabled.flatMap(({ reddens }) => reddens));
    expect(attacks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  test("ends the process when its text is not there, or twice", () => {
    const file = "src/signing/jws.ts";
    const url = sourceUrl(file);
    expect(() => altered(url, [{ file, find: "no such text", replace: "" }])).toThrow(/stale: .* 0 times/);
    expect(() => altered(url, [{ file, find: "const ", replace: "" }])).toThrow(/stale: .* \d+ times and not once/);
  });
});

test("docs/attacks.md says what there is", () => {
  const written = readFileSync(new URL("../../docs/attacks.md", import.meta.url), "utf8");
  expect(written).toBe(attackTable(attacks, disabled));
});
