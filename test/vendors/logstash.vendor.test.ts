import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { rendered } from "../ops/tree.ts";
import { pythonProgram } from "./servers.ts";

/** No Logstash is published where we may take it from: somebody else's grammar of its pipelines, and no more than that. */
const parser =
  "import sys, json; from logstash_pipeline_parser import Pipeline; print(json.dumps(Pipeline(sys.stdin.read()).parse(), default=str))";
const parsed = (input: string) => spawnSync(pythonProgram, ["-c", parser], { input, encoding: "utf8" });

const pipeline = (name: "seed" | "full"): string => rendered(name).get("logstash/pipeline/lighthouse.conf") ?? "";

it.each(["seed", "full"] as const)(
  "the pipeline of the %s monitoring.yaml is one: an input, a filter, an output",
  (name) => {
    const { status, stdout, stderr } = parsed(pipeline(name));
    expect([status, stderr]).toEqual([0, ""]);
    expect((JSON.parse(stdout) as [string, unknown][]).map(([section]) => section)).toEqual([
      "input",
      "filter",
      "output",
    ]);
  },
);

it("a pipeline with a brace too few is none", () => {
  expect(parsed(pipeline("full").replace(/\}\s*$/, "")).status).toBe(1);
});
