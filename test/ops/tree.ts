import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Rendered } from "../../src/ops/monitoring/render/rendered.ts";
import { renderAll } from "../../src/ops/monitoring/render.ts";
import { problemText } from "../../src/ops/monitoring/spec/problem.ts";
import type { Spec } from "../../src/ops/monitoring/spec/schema.ts";
import { readSpec } from "../../src/ops/monitoring/spec.ts";

const golden = new URL("../golden/monitoring/", import.meta.url).pathname;

export const specFrom = (text: string): Spec => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(reading.problems.map((each) => problemText("monitoring.yaml", each)).join("\n"));
  return reading.spec;
};

/** The spec of one of the golden examples. */
export const exampleSpec = (name: "empty" | "seed" | "full"): Spec =>
  specFrom(readFileSync(join(golden, name, "monitoring.yaml"), "utf8"));

export const rendered = (name: "empty" | "seed" | "full"): Rendered => renderAll(exampleSpec(name));

export const writeTree = (folder: string, files: Rendered): void => {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};
