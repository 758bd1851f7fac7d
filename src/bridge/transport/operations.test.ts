import { describe, expect, test } from "vitest";
import { openApi } from "./http/openapi.ts";
import { operations } from "./operations.ts";

const propertiesOf = (schema: unknown): Readonly<Record<string, unknown>> =>
  (schema as { readonly properties?: Readonly<Record<string, unknown>> }).properties ?? {};

describe.each(operations)("$name", ({ name, summary, input, http, waitMs }) => {
  test("takes an object of known members and nothing else", () => {
    expect(input).toMatchObject({ type: "object", additionalProperties: false });
  });

  test("finds every member of its path in its input", () => {
    for (const [, member = ""] of http.path.matchAll(/:(\w+)/g))
      expect(Object.keys(propertiesOf(input))).toContain(member);
  });

  test("says how long it may wait exactly if it can be told to, so that waiting calls are counted", () => {
    expect(waitMs !== undefined).toBe("waitMs" in propertiesOf(input));
  });

  test("says what it is for, under a name whose first word has a chapter in the documentation", () => {
    expect(summary).toMatch(/^[A-Z].*[.]$/);
    const { tags } = openApi("1") as unknown as { tags: readonly { name: string }[] };
    expect(tags.map((tag) => tag.name)).toContain(name.split(".")[0]);
  });
});

test("no two operations share a name, or a method and a path", () => {
  const names = operations.map(({ name }) => name);
  const routes = operations.map(({ http }) => `${http.method} ${http.path.replace(/:\w+/g, ":")}`);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(routes).size).toBe(routes.length);
});
