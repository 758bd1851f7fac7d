import { describe, expect, it } from "vitest";
import { groupingsOf, piecesOf, selectorsOf } from "../../../../test/ops/promql.ts";
import { inSeconds } from "../spec/parts.ts";
import { readSpec } from "../spec.ts";
import { alerts } from "./catalogue.ts";
import { type EffectiveAlert, effectiveAlerts } from "./effective.ts";

const effective = (text: string): readonly EffectiveAlert[] => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return effectiveAlerts(reading.spec);
};
const all = effective("health_checks: { prober: 'localhost:9115' }");
const named = (name: string, of = all) => of.find((alert) => alert.name === name);

describe("the catalogue of alerts", () => {
  it("has the first system's alerts, with their thresholds, waiting times and escalations", () => {
    const first = [
      "P99 Latency High",
      "P99 Latency Critical",
      "Error Rate High",
      "Security Breach",
      "System Down",
      "Rate Limiting",
    ];
    expect(
      alerts
        .filter(({ title }) => first.includes(title))
        .map(({ title, threshold, unit, for: held, severity, team }) => [title, threshold, unit, held, severity, team]),
    ).toEqual([
      ["System Down", undefined, undefined, "1m", "critical", "immediate"],
      ["P99 Latency High", 300, "ms", "5m", "warning", "performance-team"],
      ["P99 Latency Critical", 500, "ms", "2m", "critical", "on-call"],
      ["Error Rate High", 1, "%", "2m", "warning", "on-call"],
      ["Security Breach", undefined, undefined, "0s", "critical", "security-team"],
      ["Rate Limiting", 10, "per second", "2m", "warning", "on-call"],
    ]);
  });

  it("names each once, and by a word that can name a file", () => {
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
    expect(new Set(alerts.map(({ title }) => title)).size).toBe(alerts.length);
    expect(
      alerts
        .filter(({ name }) => !/^([A-Z][a-z0-9]*)+$/.test(name.replaceAll(/[A-Z]+(?=[A-Z]|$)/g, "A")))
        .map(({ name }) => name),
    ).toEqual([]);
  });

  it("links each to a runbook and a dashboard", () => {
    for (const { annotations, name } of all) {
      expect(annotations["runbook_url"]).toBe(`http://localhost:8765/runbooks/${name}.md`);
      expect(annotations["dashboard_url"]).toMatch(/^http:\/\/localhost:3000\/d\/lighthouse-[a-z]+$/);
    }
  });

  it.each(all)("$name compares something, over windows of at least four scrapes", ({ name, expr }) => {
    const pieces = piecesOf(expr);
    const compares = pieces.some(({ kind }) => ["Gtr", "Lss", "Gte", "Lte", "Eql", "Neq"].includes(kind));
    expect(compares || name === "Watchdog").toBe(true);
    const windows = pieces.filter(({ kind }) => kind === "NumberDurationLiteralInDurationContext");
    for (const { text } of windows) expect(inSeconds(text as "5m")).toBeGreaterThanOrEqual(60);
  });

  it.each(all)(
    "$name speaks only of labels that it has, and says something short",
    ({ expr, summary, description }) => {
      const grouped = groupingsOf(expr);
      const has =
        grouped.length > 0
          ? grouped
          : [
              "instance",
              "job",
              ...selectorsOf(expr).flatMap(({ matchers }) => matchers.map(({ label }) => label)),
              "check",
            ];
      const used = [...`${summary} ${description}`.matchAll(/\$labels\.([a-z_]+)/g)].map(([, label = ""]) => label);
      expect(used.filter((label) => !has.includes(label) && !expr.includes(`"${label}"`))).toEqual([]);
      expect(summary.length).toBeLessThan(90);
      expect(summary).toMatch(/\.$/);
      expect(description).toMatch(/[.)]$/);
    },
  );

  it.each(all)("$name is told to fire and to keep quiet", ({ name, proofs }) => {
    const expected = proofs.flatMap(({ expect: each }) => each.map(({ firing }) => firing));
    expect(expected.some((firing) => firing > 0)).toBe(true);
    expect(expected.includes(0) || name === "Watchdog").toBe(true);
  });
});

describe("changes in monitoring.yaml", () => {
  it("reach the rule, its labels and its stories", () => {
    const rules =
      "alerting: { rules: { RateLimitViolationsHigh: { threshold: 99, for: 7m, severity: critical, team: immediate } } }";
    const changed = named("RateLimitViolationsHigh", effective(rules));
    expect(changed).toMatchObject({ for: "7m", labels: { severity: "critical", team: "immediate" } });
    expect(changed?.expr).toContain("> 99");
    expect(JSON.stringify(changed?.proofs)).not.toBe(JSON.stringify(named("RateLimitViolationsHigh")?.proofs));
  });

  it("may be said by an alert's title, and the exact word wins", () => {
    const text = `alerting:
  pagerduty: { alerts: [{ name: P99 Latency High, threshold: 200, escalation_policy: on-call }] }
  rules: { ElicitationP99LatencyHigh: { threshold: 250 } }`;
    expect(named("ElicitationP99LatencyHigh", effective(text))).toMatchObject({
      expr: "p99_latency_milliseconds > 250",
      labels: { team: "on-call" },
    });
  });

  it("leave out an alert that is switched off, and one that needs what is not there", () => {
    expect(named("BridgeDown", effective("alerting: { rules: { BridgeDown: { enabled: false } } }"))).toBeUndefined();
    expect(named("HealthCheckFailing", effective(""))).toBeUndefined();
    expect(named("HealthCheckFailing")).toBeDefined();
  });

  it("shorten every window and every wait for a drill", () => {
    const fast = effective("prometheus: { scrape_interval: 1s }\nalerting: { time_scale: 0.05 }");
    expect(named("BridgeDown", fast)?.for).toBe("3s");
    expect(named("SecurityViolationCritical", fast)?.expr).toContain("[15s]");
  });

  it("move the limits of burn rates with the promise", () => {
    const strict = "sla: { targets: [{ name: e, metric: error_rate, target: 0.01, unit: '%' }] }";
    expect(named("ElicitationErrorBudgetBurnPage", effective(strict))?.expr).toContain("> 0.00144");
    expect(named("ElicitationErrorBudgetBurnPage")?.expr).toContain("> 0.0144");
  });
});
