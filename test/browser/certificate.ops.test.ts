import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageScript } from "../../src/cli/certificate/page-script.ts";
import { renderHtml } from "../../src/review/render/html.ts";
import { readUnverified } from "../../src/review/verify/read.ts";
import { reviewed } from "../support/review-scene.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), "lighthouse-page-"));
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a certificate's page verifies itself in a browser, from a file, under its own policy; and names what was altered", async () => {
  const scene = reviewed();
  const read = readUnverified(scene.bundle);
  if (!read.ok) throw new Error(read.why);
  const html = renderHtml({ ...read, policy: scene.policy }, Buffer.from(scene.bundle).toString("utf8"), pageScript());
  const [file, trust, evidence] = ["page.html", "trust.json", "evidence"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(trust, JSON.stringify(scene.trustFile));
  mkdirSync(evidence);
  for (const [sha256, bytes] of scene.evidence) writeFileSync(join(evidence, sha256), bytes);

  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.clock.setFixedTime(scene.now);
  const checked = async (text: string): Promise<readonly [outcome: string | null, said: readonly string[]]> => {
    writeFileSync(file, text);
    await page.goto(pathToFileURL(file).href);
    await page.locator("#evidence").setInputFiles(evidence);
    await page.getByText("Choose your trust file.").waitFor();
    await page.locator("#trust").setInputFiles(trust);
    await page.getByText(/^It (holds|does not hold)/).waitFor();
    return [await page.textContent("#outcome"), await page.locator("#said li").allTextContents()];
  };

  const [outcome, said] = await checked(html);
  expect(said).toEqual([]);
  expect(outcome).toMatch(/^It holds, and says GO until .*3 numbers of 3 checks made again/);
  // What is shown was edited, and the certificate in the page was not.
  expect((await checked(html.replace("3 of 3 checks passed", "30 of 30 checks passed")))[1]).toEqual([
    expect.stringMatching(/^altered page: /),
  ]);
  const bytes = [...scene.evidence.keys()][0] ?? "";
  writeFileSync(join(evidence, bytes), "{}");
  const [wrong, lines] = await checked(html);
  expect(wrong).toBe("It does not hold.");
  expect(lines[0]).toMatch(/^evidence-missing line 2#\/predicate\/results\/\d\/evidence\/0: /);
  expect(complaints).toEqual([]);
}, 60_000);
