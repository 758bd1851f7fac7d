import { readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { publishedSchema } from "./published.ts";

/** After a change that is meant: `UPDATE_GOLDEN=1 vitest run --project int src/ops/monitoring/spec`. */
const file = new URL("../../../../docs/monitoring.schema.json", import.meta.url);
const { UPDATE_GOLDEN } = process.env;

const example = (name: string): unknown =>
  parse(readFileSync(new URL(`../../../../test/golden/monitoring/${name}/monitoring.yaml`, import.meta.url), "utf8")) ??
  {};

describe("docs/monitoring.schema.json", () => {
  it("is what the schema in the code says", () => {
    const text = `${JSON.stringify(publishedSchema(), null, 2)}\n`;
    if (UPDATE_GOLDEN === "1") writeFileSync(file, text);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("is JSON Schema 2020-12 to somebody else's validator, and takes our examples", () => {
    const validate = new Ajv2020({ strict: false }).compile(publishedSchema());
    for (const name of ["empty", "seed", "full"])
      expect([name, validate(example(name)), validate.errors]).toEqual([name, true, null]);
  });

  it("lets an editor see an unknown key and a secret in clear", () => {
    const validate = new Ajv2020({ strict: false }).compile(publishedSchema());
    expect(validate({ promethius: {} })).toBe(false);
    expect(validate({ exporters: { datadog: { api_key: "0123456789abcdef" } } })).toBe(false);
  });
});
