import { describe, expect, it } from "vitest";
import { type Signal, seriesOf, signals, violations } from "./signal.ts";

const all: readonly Signal[] = Object.values(signals);

describe("the list of signals", () => {
  it("names every metric once", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it("keeps to Prometheus' naming: counters end in _total, times in _seconds, nothing else borrows a suffix", () => {
    const wrong = all.filter(
      ({ name, type, unit }) =>
        !/^[a-z][a-z0-9_]*$/.test(name) ||
        (type === "counter") !== name.endsWith("_total") ||
        (unit === "seconds") !== name.endsWith("_seconds") ||
        /_(count|sum|bucket)$/.test(name),
    );
    expect(wrong).toEqual([]);
  });

  it("never labels by agent, session or elicitation", () => {
    const labels = all.flatMap((signal) => Object.keys(signal.labels));
    expect(labels.filter((label) => /agent|session|elicitation|id$/.test(label))).toEqual([]);
  });

  it("stays small: fewer than 500 series with every label value seen", () => {
    const series = all.map((signal) => {
      const sets = seriesOf(signal as Signal & { labels: Record<string, readonly string[]> }).length;
      return signal.type === "histogram" ? sets * (signal.buckets.length + 3) : sets;
    });
    expect(series.reduce((sum, n) => sum + n, 0)).toBeLessThan(500);
  });

  it("has the promised limits of 300 and 500 ms as boundaries of the bridge's own time, and ascending bounds everywhere", () => {
    expect(signals.bridgeOverhead.buckets).toEqual(expect.arrayContaining([0.3, 0.5]));
    for (const signal of all)
      if (signal.type === "histogram") expect([...signal.buckets].sort((a, b) => a - b)).toEqual(signal.buckets);
  });
});

describe("seriesOf", () => {
  it("gives every combination of closed labels", () => {
    const sets = seriesOf(signals.deliveries);
    expect(sets).toHaveLength(6 * 2 * 2);
    expect(sets).toContainEqual({ via: "hook", result: "failed", arm: "canary" });
  });

  it("gives one empty set for a signal without labels", () => {
    expect(seriesOf(signals.logEvents)).toEqual([{}]);
  });

  it("gives a violation only with its own severity", () => {
    expect(seriesOf(signals.securityViolations)).toHaveLength(Object.keys(violations).length);
    expect(seriesOf(signals.securityViolations)).toContainEqual({ type: "replay_attack", severity: "critical" });
  });

  it("gives nothing where a label is open", () => {
    expect(seriesOf(signals.build)).toEqual([]);
  });
});
