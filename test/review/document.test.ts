import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plans } from "../../src/review/probe/load.ts";
import { BEGIN, END, probesTable } from "./probes-table.ts";

const text = readFileSync(new URL("../../docs/review.md", import.meta.url), "utf8");

test("docs/review.md has the table of the probes as they are: `node docs/write-review.ts` brings it up to date", () => {
  expect(text.split(BEGIN)[1]?.split(END)[0]?.trim()).toBe(probesTable());
});

test("the loads in docs/review.md are the ones that run", () => {
  for (const [profile, { perSecond, warmup, count }] of Object.entries(plans)) {
    const seconds = Math.round((warmup + count) / perSecond);
    expect(text).toContain(`| \`${profile}\` | ${perSecond} | ${count.toLocaleString("en")} | ${seconds} s |`);
  }
});
