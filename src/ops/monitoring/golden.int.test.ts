import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { renderAll } from "./render.ts";
import { problemText } from "./spec/problem.ts";
import { readSpec } from "./spec.ts";

/**
 * A monitoring.yaml in, a tree of files out, compared whole. After a change that is meant:
 * `UPDATE_GOLDEN=1 vitest run --project int src/ops/monitoring/golden.int.test.ts`, then read the difference.
 */
const golden = new URL("../../../test/golden/monitoring/", import.meta.url).pathname;
const { UPDATE_GOLDEN } = process.env;

const filesBelow = (folder: string): ReadonlyMap<string, string> => {
  const paths = existsSync(folder) ? globSync("**/*", { cwd: folder }).sort() : [];
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
};

const renderedFrom = (folder: string): ReadonlyMap<string, string> => {
  const reading = readSpec(readFileSync(join(folder, "monitoring.yaml"), "utf8"));
  if (!reading.ok) throw new Error(reading.problems.map((each) => problemText("monitoring.yaml", each)).join("\n"));
  return renderAll(reading.spec);
};

describe.each(["empty", "seed", "full"])("the %s monitoring.yaml", (name) => {
  const folder = join(golden, name);
  const tree = join(folder, "rendered");

  it("renders exactly the files that were agreed on", () => {
    const rendered = renderedFrom(folder);
    if (UPDATE_GOLDEN === "1") {
      rmSync(tree, { recursive: true, force: true });
      for (const [path, text] of rendered) {
        mkdirSync(dirname(join(tree, path)), { recursive: true });
        writeFileSync(join(tree, path), text);
      }
    }
    const agreed = filesBelow(tree);
    expect([...rendered.keys()], `paths below ${relative(process.cwd(), tree)}`).toEqual([...agreed.keys()]);
    for (const [path, text] of rendered) expect(text, path).toBe(agreed.get(path));
  });

  it("renders the same twice", () => {
    expect(renderedFrom(folder)).toEqual(renderedFrom(folder));
  });
});
