import { certificateShape, probeRunStatementShape, svrShape } from "./certificate/statement.ts";
import { policyDefs, policyShape } from "./policy.ts";
import type { Defs, Shape } from "./shape/shape.ts";
import { trustShape } from "./verify/trust.ts";

/**
 * The JSON Schemas (2020-12) of everything that a second verifier reads, by the file in docs/review/ that holds each. They are
 * the very values that this one checks with.
 */
export const publishedSchemas = (): Readonly<Record<string, object>> => ({
  "certificate.schema.json": schema("Readiness certificate (in-toto Statement)", certificateShape),
  "probe-run.schema.json": schema("Probe run (in-toto Statement)", probeRunStatementShape),
  "svr.schema.json": schema("Simple Verification Result that goes with GO", svrShape),
  "review-policy.schema.json": schema("Review policy", policyShape, policyDefs),
  "trust.schema.json": schema("Trust file", trustShape),
});

const schema = (title: string, shape: Shape, defs?: Defs): object => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title,
  ...shape,
  ...(defs === undefined ? {} : { $defs: defs }),
});

/** As it is committed. */
export const schemaText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
