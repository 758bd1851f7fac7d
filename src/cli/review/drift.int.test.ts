import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { specFrom, writeTree } from "../../../test/ops/tree.ts";
import { renderAll } from "../../ops/monitoring/render.ts";
import { driftOf } from "./monitoring-ports.ts";

const folder = mkdtempSync(join(tmpdir(), "lighthouse-drift-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what a product keeps for itself is no drift; a rule that nobody rendered is", async () => {
  const spec = specFrom("");
  writeTree(folder, renderAll(spec));
  mkdirSync(join(folder, "prometheus/wal"), { recursive: true });
  writeFileSync(join(folder, "prometheus/wal/00000000"), "samples");
  writeFileSync(join(folder, "prometheus/queries.active"), "");
  const kept = await driftOf(spec, folder)();
  expect(kept.found).toEqual(kept.expected);
  writeFileSync(join(folder, "prometheus/rules/more.yml"), "groups: []\n");
  const { expected, found } = await driftOf(spec, folder)();
  expect(Object.keys(found).filter((path) => !(path in expected))).toEqual(["prometheus/rules/more.yml"]);
});
