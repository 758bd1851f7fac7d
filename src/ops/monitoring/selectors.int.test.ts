import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { groupingsOf, selectorsOf } from "../../../test/ops/promql.ts";
import { rendered } from "../../../test/ops/tree.ts";
import { type Label, type Signal, signals } from "../../domain/signal.ts";
import { foreign } from "./foreign.ts";

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}
const rulesOf = (name: "empty" | "full"): readonly Rule[] =>
  [...rendered(name)]
    .filter(([path]) => path.startsWith("prometheus/rules/"))
    .flatMap(([, text]) => (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules));

/** Labels that Prometheus puts on everything it scrapes. */
const everywhere: Readonly<Record<string, Label>> = { job: "open", instance: "open" };

/** What may be asked for under a name: its labels, with their values where they are a closed list. */
const labelsOf = (metric: string, rules: readonly Rule[]): Readonly<Record<string, Label>> | undefined => {
  for (const signal of Object.values(signals) as readonly Signal[]) {
    const suffixes = signal.type === "histogram" ? ["_bucket", "_count", "_sum"] : [""];
    if (!suffixes.some((suffix) => metric === `${signal.name}${suffix}`)) continue;
    const le = signal.type === "histogram" ? { le: [...signal.buckets.map(String), "+Inf"] } : {};
    return { ...everywhere, ...signal.labels, ...(metric.endsWith("_bucket") ? le : {}) };
  }
  const recorded = rules.filter(({ record }) => record === metric);
  if (recorded.length > 0) {
    const slo = recorded.map(({ labels }) => labels?.["slo"]).filter((each) => each !== undefined);
    return slo.length === 0 ? { status: "open" } : { slo };
  }
  const known = foreign[metric];
  return known === undefined ? undefined : Object.fromEntries(known.labels.map((label) => [label, "open"]));
};

const complaints = (rules: readonly Rule[]): readonly string[] =>
  rules.flatMap(({ record, alert, expr }) =>
    selectorsOf(expr).flatMap(({ metric, matchers }) => {
      const where = `${alert ?? record}: ${metric}`;
      const labels = labelsOf(metric, rules);
      if (labels === undefined) return [`${where} is shown by nobody`];
      return matchers.flatMap(({ label, operator, value }) => {
        const values = labels[label];
        if (values === undefined) return [`${where} has no label ${label}`];
        const asked = operator.endsWith("~") ? value.replace("(\\.0)?", "").split("|") : [value];
        return values === "open"
          ? []
          : asked.filter((each) => !values.includes(each)).map((each) => `${where} never has ${label}="${each}"`);
      });
    }),
  );

describe.each(["empty", "full"] as const)("the rules of the %s monitoring.yaml", (name) => {
  const rules = rulesOf(name);

  it("read only what the bridge, or a program named in foreign.ts, shows, by labels and values that it has", () => {
    expect(rules.length).toBeGreaterThan(80);
    expect(complaints(rules)).toEqual([]);
  });

  it("group by labels that something they read has", () => {
    const wrong = rules.flatMap(({ alert, record, expr }) => {
      const has = new Set(selectorsOf(expr).flatMap(({ metric }) => Object.keys(labelsOf(metric, rules) ?? {})));
      return groupingsOf(expr)
        .filter((label) => !has.has(label) && !expr.includes(`"${label}"`))
        .map((label) => `${alert ?? record}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe("the look at selectors", () => {
  const seen = (expr: string) => complaints([{ alert: "A", expr }]);

  it("sees a metric that nobody shows", () => {
    expect(seen("wait_for_messages_latency > 1")).toEqual(["A: wait_for_messages_latency is shown by nobody"]);
  });

  it("sees a label that a metric does not have", () => {
    expect(seen('elicitation_requests_total{from_agent="a"} > 1')).toEqual([
      "A: elicitation_requests_total has no label from_agent",
    ]);
  });

  it("sees a value that a label never has", () => {
    expect(seen('security_violations_total{severity="CRITICAL"} > 0')).toEqual([
      'A: security_violations_total never has severity="CRITICAL"',
    ]);
    expect(seen('rate(lighthouse_bridge_overhead_seconds_bucket{le="0.25"}[5m]) > 0')).toEqual([
      'A: lighthouse_bridge_overhead_seconds_bucket never has le="0.25"',
    ]);
  });
});
