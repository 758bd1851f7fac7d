import { join, resolve } from "node:path";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folder, folder } from "../../../test/support/processes.ts";

const bin = resolve(import.meta.dirname, "../../../bin/lighthouse.js");
const info = { name: "third-party", version: "1.0.0" };
const flat = '{"type":"object","properties":{"ship":{"type":"boolean"}},"required":["ship"]}';

let f: Folder;

beforeAll(async () => {
  f = folder();
  await f.serve();
  // More questions in a minute than the rate of an agent lets through.
  for (const name of ["alice", "bob"]) await f.run("agent", "add", name, "--role", "system");
});
afterAll(() => f.cleanUp());

interface FormAsked {
  readonly mode?: string;
  readonly url?: string;
  readonly message: string;
  readonly requestedSchema: { readonly properties: object };
}
interface Said {
  readonly action: "accept" | "decline" | "cancel";
  readonly content?: Record<string, boolean>;
}
type Answer = (asked: FormAsked) => Said | Promise<Said>;

/** A client whose person does what `person` says; without one, it does not let anybody be asked. */
const bob = async (generation: "v2" | "v1", person?: Answer, url?: Record<string, never>) => {
  const launch = { command: process.execPath, args: [bin, "mcp", "--as", join(f.data, "agents/bob.json")] };
  const capabilities = person === undefined ? {} : { elicitation: { form: {}, ...(url === undefined ? {} : { url }) } };
  if (generation === "v2") {
    const client = new ClientV2(info, { capabilities, versionNegotiation: { mode: "auto" } });
    if (person !== undefined) {
      client.setRequestHandler("elicitation/create", ({ params }) => person(params as never) as never);
    }
    await client.connect(new StdioV2({ ...launch, stderr: "ignore" }));
    return client;
  }
  const client = new ClientV1(info, { capabilities });
  if (person !== undefined)
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params as never) as never);
  await client.connect(new StdioV1({ ...launch, stderr: "ignore" }));
  return client;
};
const ask = async (schema: string): Promise<string> =>
  (await f.run("ask", "bob", "Ship it?", "--as", "alice", "--no-wait", "--json", "--schema", schema)).json<{
    id: string;
  }>().id;
const answer = async (client: ClientV1 | ClientV2, id: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: what the tool says is what is looked at
  (await client.callTool({ name: "lighthouse_answer", arguments: { id, askPerson: true } })) as any;

describe.each(["v2", "v1"] as const)("a person behind a client of the %s SDK", (generation) => {
  test.each([
    { does: "accepts", said: { action: "accept", content: { ship: true } }, becomes: "accepted" },
    { does: "declines", said: { action: "decline" }, becomes: "declined" },
  ] as const)("who $does a form has $becomes the question", async ({ said, becomes }) => {
    const id = await ask(flat);
    const forms: FormAsked[] = [];
    const client = await bob(generation, (asked) => {
      forms.push(asked);
      return said;
    });
    expect((await answer(client, id)).structuredContent).toMatchObject({ id, status: becomes });
    expect(forms).toMatchObject([
      {
        message: expect.stringMatching(/^Agent alice asks[\s\S]*Ship it\?$/),
        requestedSchema: { properties: { ship: { type: "boolean" } } },
      },
    ]);
    await client.close();
  });

  test("who closes it has answered nothing, and the question stays open", async () => {
    const id = await ask(flat);
    const client = await bob(generation, () => ({ action: "cancel" }));
    const closed = await answer(client, id);
    expect(closed.structuredContent.error).toMatchObject({ code: "person_not_asked" });
    expect((await f.run("receipt", id, "--as", "alice", "--json")).out).not.toMatch(/declined|accepted|cancelled/);
    await client.close();
  });

  test("is not asked what is no form, nor through a client that offers nobody", async () => {
    const nested = await ask('{"type":"object","properties":{"a":{"type":"object"}}}');
    const shows = await bob(generation, () => {
      throw new Error("nobody was to be asked");
    });
    expect((await answer(shows, nested)).structuredContent.error).toMatchObject({ code: "person_not_asked" });
    await shows.close();
    const mute = await bob(generation);
    expect((await answer(mute, await ask(flat))).structuredContent.error).toMatchObject({ code: "person_not_asked" });
    await mute.close();
  });
});

/** What the page's script does with the URL that the person opens. */
const atPage = async (url: string, said: object) => {
  const { origin, hash } = new URL(url);
  const post = (path: string, body: object) =>
    fetch(`${origin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const shown = (await (await post("/v1/forms/show", { token: hash.slice(1) })).json()) as { readonly key: string };
  const reply = await post("/v1/forms/say", { key: shown.key, said });
  expect(reply.status).toBe(200);
};
const nestedSchema =
  '{"type":"object","properties":{"plan":{"type":"object","properties":{"ship":{"type":"boolean"}},"required":["ship"]}},"required":["plan"]}';

describe.each(["v2", "v1"] as const)("a person whose client of the %s SDK opens pages", (generation) => {
  test.each([
    { does: "answers", said: { action: "accept", content: { plan: { ship: true } } }, becomes: "accepted" },
    { does: "declines", said: { action: "decline", reason: "not today" }, becomes: "declined" },
  ] as const)("and $does there has $becomes the question, signed by their agent", async ({ said, becomes }) => {
    const id = await ask(nestedSchema);
    const urls: string[] = [];
    const client = await bob(
      generation,
      async ({ mode, url = "" }) => {
        expect(mode).toBe("url");
        urls.push(url);
        await atPage(url, said);
        return { action: "accept" };
      },
      {},
    );
    expect((await answer(client, id)).structuredContent).toMatchObject({ id, status: becomes });
    expect(urls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/form#[\w-]{32}$/)]);
    await client.close();
  });

  test("and closes the page, or does not go there, has answered nothing", async () => {
    const id = await ask(nestedSchema);
    const closes = await bob(
      generation,
      async ({ url = "" }) => {
        await atPage(url, { action: "cancel" });
        return { action: "accept" };
      },
      {},
    );
    expect((await answer(closes, id)).structuredContent.error).toMatchObject({
      code: "person_not_asked",
      detail: expect.stringContaining("closed the page"),
    });
    await closes.close();
    const stays = await bob(generation, () => ({ action: "decline" }), {});
    expect((await answer(stays, id)).structuredContent.error).toMatchObject({
      code: "person_not_asked",
      detail: expect.stringContaining("did not open the page"),
    });
    expect((await f.run("receipt", id, "--as", "alice", "--json")).out).not.toMatch(/declined|accepted|cancelled/);
    await stays.close();
  });
});
