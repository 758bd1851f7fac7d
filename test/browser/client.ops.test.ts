import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Receipt } from "../../src/client/index.ts";
import { type Folder, folder } from "../support/processes.ts";
import { builtClient } from "./built-client.ts";
import { launchChromium } from "./chromium.ts";

let f: Folder;
let site: Awaited<ReturnType<typeof builtClient>>;
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
  site = await builtClient();
  f = folder();
  const bridge = f.start("serve", "--port", "0", "--json", "--allow-origin", site.origin);
  await bridge.printed(/"url":"[^"]+"/);
  for (const name of ["alice", "bob", "carol"]) await f.run("agent", "add", name);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  site?.close();
  await f?.cleanUp();
});

const credential = (name: string): object => JSON.parse(readFileSync(join(f.data, "agents", `${name}.json`), "utf8"));

type Client = typeof import("../../src/client/browser.ts");
declare global {
  interface Window {
    /** What the page has imported. */
    readonly lighthouse: Client;
  }
}

/** A page that has the built client at hand. */
const open = async (origin = site.origin): Promise<Page> => {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => window.lighthouse !== undefined);
  return page;
};

test("the built client in a page asks and answers over WebSocket, and signs with WebCrypto", async () => {
  const [asking, answering] = [await open(), await open()];
  await answering.evaluate(async (bob) => {
    const client = await window.lighthouse.connect({ credential: bob as never });
    void client.answerWith((question) => ({ port: question.message.length }));
  }, credential("bob"));

  const outcome = await asking.evaluate(async (alice) => {
    const client = await window.lighthouse.connect({ credential: alice as never });
    const schema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] } as const;
    const asked = await client.ask({ to: "bob", message: "Which port?", schema });
    client.close();
    return asked;
  }, credential("alice"));
  expect(outcome).toMatchObject({ status: "accepted", content: { port: 11 }, answer: { signatures: [{}] } });

  // Node's client at the other end sees the same page as live, and the log verifies what WebCrypto signed.
  const other = await f.run("ask", "bob", "Port?", "--as", "carol", "--json");
  expect(other.json<object>()).toMatchObject({ status: "accepted", content: { port: 5 } });
  const receipt = (await f.run("receipt", outcome.id, "--as", "alice", "--json")).json<Receipt>();
  expect(receipt.steps.map(({ what }) => what)).toEqual(["asked", "offered", "accepted"]);
  expect((await f.run("log", "verify")).code).toBe(0);
  await Promise.all([asking.close(), answering.close()]);
});

test("a page of an origin that was not allowed gets no connection", async () => {
  const page = await open(site.origin.replace("127.0.0.1", "localhost"));
  const said = await page.evaluate(
    (alice) =>
      window.lighthouse.connect({ credential: alice as never }).then(
        () => "connected",
        (error: { readonly kind?: string }) => error.kind,
      ),
    credential("alice"),
  );
  expect(said).toBe("unreachable");
  await page.close();
});
