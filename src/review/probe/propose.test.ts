import { expect, test } from "vitest";
import { policyDefs, policyShape } from "../policy.ts";
import { problemsOf } from "../shape/problems.ts";
import { providerNames } from "./credentials.ts";
import { probesFrom, products } from "./list.ts";
import type { Logstash } from "./logstash.ts";
import { proposedPolicy } from "./propose.ts";

const probes = probesFrom({
  ...{ url: "", products: products.map(({ name }) => name), logstash: {} as Logstash },
  providers: providerNames,
});

test("what the probes propose is a policy", () => {
  expect(problemsOf(policyShape, JSON.parse(JSON.stringify(proposedPolicy("all", probes))), policyDefs)).toEqual([]);
});

test("no two probes have one id, and no two checks", () => {
  const ids = probes.map(({ id }) => id);
  const checks = probes.flatMap((probe) => probe.checks.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(checks).size).toBe(checks.length);
  expect(checks.length).toBeGreaterThan(15);
});

test("every probe says what it does and what would turn it red", () => {
  for (const { does, sabotage, checks } of probes) {
    expect(does.length).toBeGreaterThan(20);
    expect(sabotage.length).toBeGreaterThan(10);
    expect(checks.length).toBeGreaterThan(0);
  }
});

test("a review without a port for it does not run a probe, and says what is missing", async () => {
  for (const probe of probes.filter(({ id }) =>
    /^(log-integrity|backup-restore|restart|scraping|monitoring-|rendered|runbooks|secrets|channels|credential)/.test(
      id,
    ),
  )) {
    const found = await probe.run({} as never);
    expect([probe.id, found.ran]).toEqual([probe.id, false]);
  }
});
