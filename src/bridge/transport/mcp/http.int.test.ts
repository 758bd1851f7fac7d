import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { generations, type McpClient, mcpClient } from "../../../../test/support/mcp-clients.ts";
import { type OpenDoors, openDoors } from "../../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { until } from "../../../../test/support/until.ts";
import { tools } from "./tools.ts";

let doors: OpenDoors;
let alice: TestAgent;
let bob: TestAgent;
const open: McpClient[] = [];

beforeEach(async () => {
  doors = await openDoors();
  alice = await doors.register("alice");
  bob = await doors.register("bob", ["agent"], { expertise: ["releases"] });
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
  await doors.shut();
  expect(doors.faults).toEqual([]);
});

const join = async (generation: (typeof generations)[number], as: TestAgent): Promise<McpClient> => {
  const client = await mcpClient(generation, { url: `${doors.url}/mcp`, headers: as.headers });
  open.push(client);
  return client;
};
const schema = { type: "object", properties: { ship: { type: "boolean" } }, required: ["ship"] };
const offers = async (id: string) =>
  (await doors.events()).flatMap((event) =>
    event.stream === `elicitation/${id}` && event.type === "elicitation.offered" ? [event.data.via] : [],
  );

describe.each(generations)("a client of %s over HTTP", (generation) => {
  test("is offered every tool, each with a schema for what goes in and what comes out", async () => {
    const { client } = await join(generation, alice);
    const listed = await client.listTools();
    expect(listed.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
    for (const { inputSchema, outputSchema } of listed.tools) {
      expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: "object" });
    }
  });

  test("asks, waits in vain without losing the handle, and gets the answer over minutes", async () => {
    const mine = await join(generation, alice);
    const asked = await mine.tool("lighthouse_ask", { to: "bob", message: "Ship?", schema });
    expect(asked.value).toMatchObject({ status: "asked", reach: { state: "never_seen" }, repeated: false });
    const { id } = asked.value as { id: string };

    const vain = mine.tool("lighthouse_wait", { id, waitMs: 40_000 });
    await until(() => doors.bridge.deliver.presence.agents() === 1);
    await doors.clock.advance(40_000);
    expect((await vain).value).toMatchObject({ id, ended: false });

    await doors.clock.advance(120_000);
    const then = mine.tool("lighthouse_wait", { id });
    await until(() => doors.bridge.deliver.presence.agents() === 1);
    const answer = bob.sign(bob.offer(id), { action: "accept", content: { ship: true } });
    const theirs = await join(generation, bob);
    const answered = await theirs.tool("lighthouse_answer", { id, action: "accept", signed: answer });
    expect(answered).toMatchObject({ isError: false, value: { status: "accepted" } });
    const { value, text } = await then;
    expect(value).toMatchObject({ ended: true, status: "accepted", content: { data: { ship: true } } });
    expect(value.content.provenance).toMatchObject({ from: "bob", verified: expect.stringContaining("signed") });
    expect(text).toContain('"ship": true');
  });

  test("gets every problem of its arguments as a result that it can mend, and refusals with code and remedy", async () => {
    const mine = await join(generation, alice);
    const wrong = await mine.tool("lighthouse_ask", { to: "b b", timeoutMs: 1, color: "red" });
    expect(wrong.isError).toBe(true);
    expect(wrong.value.error).toMatchObject({ code: "invalid_input" });
    expect(wrong.value.error.problems.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
      ["/color", "/message", "/timeoutMs", "/to"].sort(),
    );
    const nobody = await mine.tool("lighthouse_ask", { to: "zoe", message: "?" });
    expect(nobody).toMatchObject({ isError: true, value: { error: { code: "agent_unknown" } } });
    expect(nobody.text).toContain("Nothing was queued");
    expect((await doors.events()).filter(({ type }) => type === "elicitation.asked")).toEqual([]);
  });

  test("that answers with content is told that nobody signs for it, and the question stays open", async () => {
    const id = await doors.ask("alice", "bob", { schema });
    const theirs = await join(generation, bob);
    const answered = await theirs.tool("lighthouse_answer", { id, action: "accept", content: { ship: true } });
    expect(answered).toMatchObject({ isError: true, value: { error: { code: "unsigned" } } });
    expect(answered.text).toContain("lighthouse mcp");
    expect(doors.bridge.elicitations.find(id)?.state.status).toBe("open");
  });

  test("whose signed content does not fit gets the problems with pointers, and may mend it", async () => {
    const id = await doors.ask("alice", "bob", { schema });
    const theirs = await join(generation, bob);
    const bad = bob.sign(bob.offer(id), { action: "accept", content: { ship: "yes" } });
    const refused = await theirs.tool("lighthouse_answer", { id, action: "accept", signed: bad });
    expect(refused.value.error).toMatchObject({ code: "content_invalid", problems: [{ pointer: "/ship" }] });
    const good = bob.sign(bob.offer(id), { action: "accept", content: { ship: false } });
    expect((await theirs.tool("lighthouse_answer", { id, action: "accept", signed: good })).isError).toBe(false);
  });

  test("finds questions beside any other result, once, and each is then on record as offered via mcp", async () => {
    const theirs = await join(generation, bob);
    const id = await doors.ask("alice", "bob", { message: "Are you there?" });
    const listed = await theirs.tool("lighthouse_agents");
    expect(listed.value).toMatchObject({ you: "bob", pending: { waiting: 1, questions: [{ id, from: "alice" }] } });
    expect(listed.text).toContain("Are you there?");
    await until(async () => (await offers(id)).length === 1);
    expect(await offers(id)).toEqual(["mcp"]);
    expect((await theirs.tool("lighthouse_agents")).value.pending).toBeUndefined();
    await theirs.tool("lighthouse_inbox");
    await theirs.tool("lighthouse_inbox");
    expect(await offers(id)).toEqual(["mcp"]);
  });

  test("is counted as nobody who could be woken, even while it waits", async () => {
    const theirs = await join(generation, bob);
    const waiting = theirs.tool("lighthouse_inbox", { waitMs: 5_000 });
    await until(() => doors.bridge.deliver.presence.agents() === 1);
    expect(doors.bridge.deliver.reach("bob").state).not.toBe("reachable");
    const id = await doors.ask("alice", "bob");
    expect((await waiting).value.questions).toMatchObject([{ id }]);
  });

  test("that waits when its agent is suspended is told that and why, at once", async () => {
    const theirs = await join(generation, bob);
    const waiting = theirs.tool("lighthouse_inbox", { waitMs: 30_000 });
    await until(() => doors.bridge.deliver.presence.agents() === 1);
    const root = await doors.register("root", ["admin"]);
    await doors.call({ url: "/v1/agents/bob/suspend", as: root, body: { reason: "it floods" } });
    const { isError, value } = await waiting;
    expect([isError, value.error]).toMatchObject([true, { code: "agent_suspended", detail: "it floods" }]);
  });

  test("reads an elicitation and its receipt as resources, and nobody else's", async () => {
    const id = await doors.ask("alice", "bob");
    const { client } = await join(generation, alice);
    const uris = [`lighthouse://elicitation/${id}`, `lighthouse://elicitation/${id}/receipt`];
    const read = await Promise.all(uris.map((uri) => client.readResource({ uri })));
    const [view, receipt] = read.map(({ contents }) => JSON.parse((contents[0] as { text: string }).text));
    expect(view).toMatchObject({ id, status: "asked", question: { message: "which one?" } });
    expect(receipt).toMatchObject({ elicitation: id, steps: [{ what: "asked" }] });
    const eve = await join(generation, await doors.register("eve"));
    await expect(eve.client.readResource({ uri: uris[0] as string })).rejects.toThrow(/not yours/);
  });
});
