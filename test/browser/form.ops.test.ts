import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Lighthouse, readCredential } from "../../src/client/index.ts";
import { type Folder, folder, type Serving } from "../support/processes.ts";
import { launchChromium } from "./chromium.ts";

let f: Folder;
let bridge: Serving;
let browser: Browser;
const clients: Lighthouse[] = [];

const enter = async (name: string): Promise<Lighthouse> => {
  await f.run("agent", "add", name);
  const read = readCredential(readFileSync(join(f.data, "agents", `${name}.json`), "utf8"));
  if (!read.ok) throw new Error(`${name} has no credential`);
  const client = await connect({ credential: read.credential });
  clients.push(client);
  return client;
};
let alice: Lighthouse;
let bob: Lighthouse;

beforeAll(async () => {
  browser = await launchChromium();
  f = folder();
  bridge = await f.serve();
  [alice, bob] = [await enter("alice"), await enter("bob")];
}, 120_000);
afterAll(async () => {
  for (const client of clients) client.close();
  await browser?.close();
  await f?.cleanUp();
});

const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>Ship it?`;
const schema = {
  type: "object",
  properties: {
    plan: {
      type: "object",
      title: "The plan",
      properties: { ship: { type: "boolean" }, when: { type: "string", enum: ["now", "later"] } },
      required: ["ship"],
    },
    steps: {
      type: "array",
      items: {
        type: "object",
        properties: { name: { type: "string" }, minutes: { type: "integer", minimum: 1 } },
        required: ["name"],
      },
    },
    why: {
      oneOf: [
        { type: "string", title: "in words" },
        { type: "number", title: "as a number" },
      ],
    },
  },
  required: ["plan"],
} as const;

/** The form of a question of alice's, opened by the person behind bob. */
const formOf = async (): Promise<{ readonly id: string; readonly page: Page; readonly url: string }> => {
  const { id } = await alice.ask.start({ to: "bob", message: hostile, schema: schema as never });
  const { path } = await bob.operate<{ readonly path: string }>("forms.open", { id });
  const page = await browser.newPage();
  const url = `${bridge.url}${path}`;
  await page.goto(url);
  await page.waitForSelector("form");
  return { id, page, url };
};
const said = (id: string) => bob.operate<object>("forms.wait", { id });

test("a nested question is filled in, mended and answered; what another agent wrote stays text; its URL is spent", async () => {
  const { id, page, url } = await formOf();
  expect(await page.title()).toBe("A question, by way of Lighthouse");
  expect(await page.textContent("pre")).toBe(hostile);
  expect(page.url()).toBe(`${bridge.url}/form`);
  expect(await page.locator("legend").allTextContents()).toEqual(
    expect.arrayContaining(["Your answer *", "The plan *", "steps", "why"]),
  );

  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("minutes").fill("0");
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  const problems = page.getByRole("alert").locator("li");
  await problems.first().waitFor();
  const told = await problems.allTextContents();
  expect(told.map((text) => text.split(" ")[0]).sort()).toEqual(["/plan/ship", "/steps/0/minutes", "/steps/0/name"]);
  expect(await page.getByLabel("minutes").getAttribute("aria-invalid")).toBe("true");

  await page.getByLabel("ship *").selectOption("yes");
  await page.getByLabel("name *").fill("canary");
  await page.getByLabel("minutes").fill("5");
  await page.getByLabel("kind of why").selectOption("as a number");
  await page.locator('[data-pointer="/why"]').fill("3");
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await page.getByRole("heading", { name: "Your answer was taken." }).waitFor();
  expect(await said(id)).toEqual({
    state: "said",
    said: { action: "accept", content: { plan: { ship: true }, steps: [{ name: "canary", minutes: 5 }], why: 3 } },
  });

  const second = await browser.newPage();
  await second.goto(url);
  await second.getByRole("heading", { name: "This form is over." }).waitFor();
  await Promise.all([page.close(), second.close()]);
});

test("a reload keeps the form; to decline takes a reason along; to close answers nothing", async () => {
  const declining = await formOf();
  await declining.page.reload();
  await declining.page.getByLabel("Reason").fill("not on a Friday");
  await declining.page.getByRole("button", { name: "Decline" }).click();
  await declining.page.getByRole("heading", { name: "You declined." }).waitFor();
  expect(await said(declining.id)).toEqual({ state: "said", said: { action: "decline", reason: "not on a Friday" } });
  const closing = await formOf();
  await closing.page.getByRole("button", { name: "Close without answering" }).click();
  await closing.page.getByRole("heading", { name: "Nothing was answered." }).waitFor();
  expect(await said(closing.id)).toEqual({ state: "said", said: { action: "cancel" } });
  for (const { page, id } of [declining, closing]) {
    expect((await alice.get(id)).status).toMatch(/asked|offered/);
    await page.close();
  }
});
