import { afterEach, describe, expect, it, vi } from "vitest";
import { exampleSpec, specFrom } from "../../../test/ops/tree.ts";
import { renderAll } from "./render.ts";
import { readSpec } from "./spec.ts";

afterEach(() => vi.unstubAllEnvs());

/** Every variable that a spec names as the place of a secret. */
const variablesIn = (spec: object): readonly string[] =>
  [...JSON.stringify(spec).matchAll(/\$\{([A-Z_][A-Z0-9_]*)\}/g)].map(([, name]) => name as string);

describe("secrets", () => {
  it.each(["seed", "full"] as const)(
    "are in no file rendered from the %s monitoring.yaml, whatever the environment holds",
    (name) => {
      const spec = exampleSpec(name);
      const variables = new Set(variablesIn(spec));
      expect(variables.size).toBeGreaterThan(3);
      for (const variable of variables) vi.stubEnv(variable, `canary-${variable.toLowerCase()}`);
      const files = renderAll(spec);
      for (const [path, text] of files) expect(text.toLowerCase(), path).not.toContain("canary-");
    },
  );

  it("written into the file in clear are refused, and the refusal does not repeat them", () => {
    const reading = readSpec(`
alerting:
  pagerduty: { routing_key: R0UTINGKEYCANARY0000000000000000 }
exporters:
  datadog: { api_key: canaryapikeycanaryapikeycanary12 }
`);
    expect(reading.ok).toBe(false);
    expect(JSON.stringify(reading).toLowerCase()).not.toContain("canary");
  });
});

it("a vendor that is switched off has no file: none of them is on by default", () => {
  const paths = [...renderAll(specFrom("")).keys()];
  expect(
    paths.filter((path) =>
      /^(cloudwatch|datadog|newrelic|pagerduty|slack|otel|jaeger|logstash|elasticsearch)\//.test(path),
    ),
  ).toEqual([]);
});
