import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { policy, reviewed } from "../../test/support/review-scene.ts";
import { publishedSchemas, schemaText } from "./published.ts";

const payloads = Buffer.from(reviewed().bundle)
  .toString()
  .trimEnd()
  .split("\n")
  .map(
    (line) => JSON.parse(Buffer.from((JSON.parse(line) as { payload: string }).payload, "base64").toString()) as object,
  );
const [certificate, run, svr] = payloads;
const examples: Readonly<Record<string, unknown>> = {
  "certificate.schema.json": certificate,
  "probe-run.schema.json": run,
  "svr.schema.json": svr,
  "review-policy.schema.json": policy,
  "trust.schema.json": reviewed().trustFile,
};

describe.each(Object.entries(publishedSchemas()))("docs/review/%s", (name, schema) => {
  test("is the schema that the verifier checks with: run `node docs/write-review-schemas.ts` when it is not", () => {
    const published = readFileSync(new URL(`../../docs/review/${name}`, import.meta.url), "utf8");
    expect(published).toBe(schemaText(schema));
  });

  test("says the same to another validator, of a good document and of every one with a member less or more", () => {
    const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    const good = examples[name] as Record<string, unknown>;
    expect([fits(good), fits.errors]).toEqual([true, null]);
    expect(fits({ ...good, surplus: 1 })).toBe(false);
    for (const member of Object.keys(good)) {
      if ((schema as { readonly required: readonly string[] }).required.includes(member))
        expect([member, fits({ ...good, [member]: undefined })]).toEqual([member, false]);
    }
  });
});
