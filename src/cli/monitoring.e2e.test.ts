import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { folder } from "../../test/support/processes.ts";

const place = folder();
afterAll(place.cleanUp);

test("init, render, render --check: drift is found and named", async () => {
  expect((await place.run("monitoring", "init")).code).toBe(0);
  expect((await place.run("monitoring", "init")).code).toBe(2);
  expect((await place.run("monitoring", "render")).code).toBe(0);
  expect(readFileSync(join(place.cwd, "monitoring/prometheus/prometheus.yml"), "utf8")).toContain("scrape_configs");
  expect((await place.run("monitoring", "render", "--check")).code).toBe(0);
  appendFileSync(join(place.cwd, "monitoring/compose.yml"), "# by hand\n");
  writeFileSync(join(place.cwd, "monitoring/stray.txt"), "");
  const drifted = await place.run("monitoring", "render", "--check", "--json");
  expect(drifted.code).toBe(2);
  expect(drifted.json<{ drift: string[] }>().drift).toEqual(["compose.yml", "stray.txt"]);
});

test("every problem of a bad file at once, with its line and what to do", async () => {
  writeFileSync(join(place.cwd, "bad.yaml"), "promethius: 1\ngrafana: {enabled: yes please}\n");
  const said = await place.run("monitoring", "render", "--file", "bad.yaml", "--json");
  expect(said.code).toBe(2);
  expect(said.json<{ problems: { line: number; path: string }[] }>().problems.map((p) => [p.line, p.path])).toEqual([
    [1, "/promethius"],
    [2, "/grafana/enabled"],
  ]);
});

test("a runbook in the terminal, and the list when there is no such alert", async () => {
  expect((await place.run("runbook", "ElicitationP99LatencyHigh")).out).toContain("## Diagnosis");
  const unknown = await place.run("runbook", "NoSuchAlert");
  expect(unknown.code).toBe(2);
  expect(unknown.out).toContain("ElicitationP99LatencyHigh");
});
