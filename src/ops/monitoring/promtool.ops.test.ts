import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { costOf, inParallel, run, type Stories } from "../../../test/ops/promtool.ts";
import { rendered, writeTree } from "../../../test/ops/tree.ts";
import { alertNames } from "./alert/catalogue.ts";

const examples = ["empty", "seed", "full"] as const;
const trees = Object.fromEntries(examples.map((name) => [name, rendered(name)]));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-rules-"));
  for (const name of examples) writeTree(join(folder, name), trees[name] ?? new Map());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The long ones first, so that no processor is left alone with one at the end. */
const testsOf = (name: string): readonly string[] =>
  [...(trees[name] ?? new Map<string, string>())]
    .filter(([path]) => path.startsWith("prometheus/tests/"))
    .map(([path, text]) => ({ path, cost: costOf(parse(text) as Stories) }))
    .sort((a, b) => b.cost - a.cost)
    .map(({ path }) => path);

describe.each(examples)("what the %s monitoring.yaml renders", (name) => {
  it("is taken by Prometheus: settings and rules", async () => {
    const said = await run("promtool", [
      "check",
      "config",
      "--syntax-only",
      join(folder, name, "prometheus/prometheus.yml"),
    ]);
    expect(said).toMatchObject({ ok: true });
    for (const path of (trees[name] ?? new Map<string, string>()).keys())
      if (path.startsWith("prometheus/rules/"))
        expect(await run("promtool", ["check", "rules", "--lint=all", join(folder, name, path)])).toMatchObject({
          ok: true,
        });
  });

  it("is taken by Alertmanager", async () => {
    expect(await run("amtool", ["check-config", join(folder, name, "alertmanager/alertmanager.yml")])).toMatchObject({
      ok: true,
    });
  });
});

describe("every alert", () => {
  it("has a file of stories", () => {
    const proven = testsOf("full").map((path) => path.replace(/^.*\/|(-[0-9]+s)?\.yml$/g, ""));
    const left = alertNames.filter((alert) => !proven.includes(alert));
    // Switched off in that example; proven from the empty file.
    expect(left).toEqual(["RateLimitViolationsHigh"]);
    expect(testsOf("empty").join()).toContain("RateLimitViolationsHigh");
  });

  it("fires in time, stays silent and resolves", { timeout: 600_000 }, async () => {
    const told = await inParallel(cpus().length, testsOf("empty"), (path) => testRules("empty", path));
    expect(told.length).toBeGreaterThan(40);
    expect(told.filter(({ ok }) => !ok).map(({ text }) => text)).toEqual([]);
  });

  it("does so with other thresholds and promises as well, for which other stories are told", {
    timeout: 600_000,
  }, async () => {
    const others = testsOf("full").filter((path) => trees["full"]?.get(path) !== trees["empty"]?.get(path));
    expect(others.length).toBeGreaterThan(10);
    const told = await inParallel(cpus().length, others, (path) => testRules("full", path));
    expect(told.filter(({ ok }) => !ok).map(({ text }) => text)).toEqual([]);
  });
});

const testRules = (name: string, path: string) => run("promtool", ["test", "rules", join(folder, name, path)]);
