import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exampleSpec } from "../../../../test/ops/tree.ts";
import { alertNames } from "../alert/catalogue.ts";
import { effectiveAlerts } from "../alert/effective.ts";
import { runbooks } from "./catalogue.ts";
import { renderRunbooks, sections } from "./markdown.ts";

/** After a change that is meant: `UPDATE_GOLDEN=1 vitest run --project int src/ops/monitoring/runbook`. */
const folder = new URL("../../../../docs/runbooks/", import.meta.url).pathname;
const { UPDATE_GOLDEN } = process.env;
const pages = renderRunbooks(exampleSpec("empty"));

describe("docs/runbooks", () => {
  it("holds exactly what the runbooks in the code say", () => {
    if (UPDATE_GOLDEN === "1") {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of pages) writeFileSync(join(folder, name), text);
    }
    expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
    for (const [name, text] of pages) expect(readFileSync(join(folder, name), "utf8"), name).toBe(text);
  });

  it("has a page for every alert, and none for an alert that is no more", () => {
    expect(Object.keys(runbooks).sort()).toEqual([...alertNames].sort());
  });

  it.each([...alertNames])("%s has every section, filled, in order", (name) => {
    const text = pages.get(`${name}.md`) ?? "";
    const parts = text.split(/^## /m).slice(1);
    expect(parts.map((part) => part.split("\n")[0])).toEqual([...sections]);
    for (const part of parts) expect(part.split("\n").slice(1).join("").trim().length, part).toBeGreaterThan(15);
  });

  it("is where every alert's link leads", () => {
    for (const { name, annotations } of effectiveAlerts(exampleSpec("empty")))
      expect([name, pages.has((annotations["runbook_url"] ?? "").split("/").at(-1) ?? "")]).toEqual([name, true]);
  });

  it("links only to pages that exist", () => {
    const links = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)]+\.md)\)/g)].map(([, to]) => [page, to] as const),
    );
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter(([, to]) => !pages.has(to ?? ""))).toEqual([]);
  });
});
