import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { alerts } from "../../src/ops/monitoring/alert/catalogue.ts";
import { renderAll } from "../../src/ops/monitoring/render.ts";
import { inParallel, run } from "./promtool.ts";
import { specFrom, writeTree } from "./tree.ts";

/**
 * Do the stories hold wherever monitoring.yaml lets a threshold be put? Every alert at the least and at the most of its
 * bounds, waiting ten seconds and an hour, under the strictest promises and the loosest. `node test/ops/bounds.ts`,
 * about three minutes.
 */
const ends = {
  least: { at: 0, held: "10s", error: 0.001, kept: 99.999, latencyMs: 1 },
  most: { at: 1, held: "1h", error: 5, kept: 95, latencyMs: 5000 },
} as const;

const settings = ({ at, held, error, kept, latencyMs }: (typeof ends)["least" | "most"]): string => {
  const rules = alerts.flatMap(({ name, bounds, for: wait }) =>
    bounds === undefined ? [] : [[name, { threshold: bounds[at], ...(wait === "0s" ? {} : { for: held }) }]],
  );
  const target = (metric: string, value: number, unit: "%" | "ms") => ({ name: metric, metric, target: value, unit });
  const targets = [
    target("error_rate", error, "%"),
    target("uptime", kept, "%"),
    target("delivery_rate", kept, "%"),
    target("p99_latency_milliseconds", latencyMs, "ms"),
  ];
  return JSON.stringify({ alerting: { rules: Object.fromEntries(rules) }, sla: { targets } });
};

const folder = mkdtempSync(join(tmpdir(), "lighthouse-bounds-"));
try {
  for (const [name, end] of Object.entries(ends)) {
    const files = renderAll(specFrom(settings(end)));
    writeTree(join(folder, name), files);
    const tests = [...files.keys()].filter((path) => path.startsWith("prometheus/tests/"));
    const told = await inParallel(availableParallelism(), tests, (path) =>
      run("promtool", ["test", "rules", join(folder, name, path)]),
    );
    const wrong = told.filter(({ ok }) => !ok);
    console.log(`${name}: ${told.length - wrong.length} of ${told.length} hold`);
    for (const { text } of wrong) console.log(text);
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
