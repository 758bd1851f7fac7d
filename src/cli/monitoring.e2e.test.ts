import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { exampleSpec } from "../../test/ops/tree.ts";
import { folder } from "../../test/support/processes.ts";
import { effectiveAlerts } from "../ops/monitoring/alert/effective.ts";
import { sections } from "../ops/monitoring/runbook/markdown.ts";

const place = folder();
afterAll(place.cleanUp);

test("init, render, render --check: drift is found and named", async () => {
  expect((await place.run("monitoring", "init")).code).toBe(0);
  expect((await place.run("monitoring", "init")).code).toBe(2);
  expect(readFileSync(join(place.cwd, "monitoring.schema.json"), "utf8")).toContain('"title": "monitoring.yaml"');
  expect((await place.run("monitoring", "render")).code).toBe(0);
  expect(readFileSync(join(place.cwd, "monitoring/prometheus/prometheus.yml"), "utf8")).toContain("scrape_configs");
  expect((await place.run("monitoring", "render", "--check")).code).toBe(0);
  appendFileSync(join(place.cwd, "monitoring/compose.yml"), "# by hand\n");
  writeFileSync(join(place.cwd, "monitoring/stray.txt"), "");
  const drifted = await place.run("monitoring", "render", "--check", "--json");
  expect(drifted.code).toBe(12);
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

test("the link of every rendered alert leads to its runbook, on a bridge at the default address", async () => {
  const bridge = await place.serve();
  const alerts = effectiveAlerts(exampleSpec("empty"));
  expect(alerts.length).toBeGreaterThan(40);
  for (const { name, annotations } of alerts) {
    const link = new URL(annotations["runbook_url"] ?? "");
    // By default it names the bridge where `serve` puts it; this one has another port.
    expect(link.origin).toBe("http://localhost:8765");
    const response = await fetch(`${bridge.url}${link.pathname}`);
    expect([name, response.status, response.headers.get("content-type")]).toEqual([
      name,
      200,
      "text/plain; charset=utf-8",
    ]);
    const text = await response.text();
    for (const section of sections) expect(text, name).toContain(`## ${section}`);
  }
  const index = await (await fetch(`${bridge.url}/runbooks`)).text();
  expect(index).toContain("EmergencyRollback.md");
  expect((await fetch(`${bridge.url}/runbooks/NoSuchAlert.md`)).status).toBe(404);
  await bridge.stop();
});

test.each(["empty", "seed", "full"])("the golden tree of the %s file is what render writes today", async (name) => {
  const golden = new URL(`../../test/golden/monitoring/${name}/`, import.meta.url).pathname;
  const files = ["--file", `${golden}monitoring.yaml`, "--out", `${golden}rendered`];
  const said = await place.run("monitoring", "render", "--check", ...files);
  expect([said.code, said.out]).toEqual([0, expect.stringContaining("are as rendered")]);
});

test("on a machine with nothing of it: up and drill say what to do, and check says what did not run", async () => {
  const bare = folder({ PATH: "/nowhere" });
  const up = await bare.run("monitoring", "up");
  expect(up.code).toBe(2);
  expect(up.err).toContain("docker compose -f monitoring/compose.yml up -d (there is no docker here)");
  expect(up.err).toContain("apt-get install prometheus prometheus-alertmanager");
  expect(readFileSync(join(bare.cwd, "monitoring/compose.yml"), "utf8")).toContain("prom/prometheus:v");
  const check = await bare.run("monitoring", "check", "--json");
  expect(check.code).toBe(0);
  expect(check.json<{ checks: { state: string }[] }>().checks.map(({ state }) => state)).toEqual([
    "pass",
    ...Array.from({ length: 4 }, () => "not run"),
  ]);
  expect((await bare.run("monitoring", "drill")).code).toBe(2);
  await bare.cleanUp();
});
