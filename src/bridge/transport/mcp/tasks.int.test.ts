import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenDoors, openDoors } from "../../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { TASKS } from "./tasks.ts";

let doors: OpenDoors;
let alice: TestAgent;
let bob: TestAgent;

beforeEach(async () => {
  doors = await openDoors();
  alice = await doors.register("alice");
  bob = await doors.register("bob");
});
afterEach(async () => {
  await doors.shut();
  expect(doors.faults).toEqual([]);
});

/** The wire as it is, with a client's capabilities in every request as 2026-07-28 has it. */
const send = async (as: TestAgent, method: string, params: object, extensions: object = { [TASKS]: {} }) => {
  const { name, taskId = name } = params as { readonly name?: string; readonly taskId?: string };
  const reply = await fetch(`${doors.url}/mcp`, {
    method: "POST",
    headers: {
      ...as.headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(taskId === undefined ? {} : { "mcp-name": taskId }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": { extensions },
        },
      },
    }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what is on the wire is what is looked at
  return (await reply.json()) as any;
};
const wait = (id: string) => ({ name: "lighthouse_wait", arguments: { id, waitMs: 0 } });

describe("a client that declares the tasks extension", () => {
  test("is told that it is there", async () => {
    const { result } = await send(alice, "server/discover", {});
    expect(result.capabilities.extensions).toEqual({ [TASKS]: {} });
  });

  test("gets a task for a wait, whose id is the question's handle, and its end as the wait would have told it", async () => {
    const id = await doors.ask("alice", "bob", { message: "Ship?" });
    const { result: created } = await send(alice, "tools/call", wait(id));
    expect(created).toMatchObject({ resultType: "task", taskId: id, status: "working", ttlMs: null });
    expect(created.statusMessage).toContain("bob may answer until");
    expect((await send(alice, "tasks/get", { taskId: id })).result).toMatchObject({ taskId: id, status: "working" });

    await doors.clock.advance(1_000);
    const signed = bob.sign(bob.offer(id), { action: "accept", content: { ship: true } });
    await send(bob, "tools/call", { name: "lighthouse_answer", arguments: { id, action: "accept", signed } });
    const { result: ended } = await send(alice, "tasks/get", { taskId: id });
    expect(ended).toMatchObject({ status: "completed", resultType: "complete" });
    expect(Date.parse(ended.lastUpdatedAt) - Date.parse(ended.createdAt)).toBe(1_000);
    const { result: direct } = await send(alice, "tools/call", wait(id));
    expect(direct.resultType).toBe("complete");
    expect(ended.result.structuredContent).toEqual(direct.structuredContent);
    expect(ended.result.structuredContent).toMatchObject({ status: "accepted", content: { data: { ship: true } } });
  });

  test("that gives a task up has taken no question back", async () => {
    const id = await doors.ask("alice", "bob");
    expect((await send(alice, "tasks/cancel", { taskId: id })).result).toMatchObject({ resultType: "complete" });
    expect((await send(alice, "tasks/update", { taskId: id, inputResponses: { a: {} } })).result).toBeDefined();
    expect(doors.bridge.elicitations.find(id)?.state.status).toBe("open");
  });

  test("sees no task of others, and none that is not there", async () => {
    const id = await doors.ask("alice", "bob");
    const eve = await doors.register("eve");
    for (const taskId of [id, "el_00000000000000000000000000", "what"])
      expect((await send(eve, "tasks/get", { taskId })).error).toMatchObject({ code: -32602 });
  });

  test("has the same tools, with results, for everything else", async () => {
    const asked = await send(alice, "tools/call", {
      name: "lighthouse_ask",
      arguments: { to: "bob", message: "Ship?" },
    });
    expect(asked.result).toMatchObject({ resultType: "complete", structuredContent: { status: "asked" } });
    const wrong = await send(alice, "tools/call", { name: "lighthouse_wait", arguments: { id: 1 } });
    expect(wrong.result).toMatchObject({ isError: true, structuredContent: { error: { code: "invalid_input" } } });
  });
});

test("a client that does not declare it gets results only, and is told what tasks/get would need", async () => {
  const id = await doors.ask("alice", "bob");
  const { result } = await send(alice, "tools/call", wait(id), {});
  expect(result).toMatchObject({ resultType: "complete", structuredContent: { id, ended: false } });
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const { error } = await send(alice, method, { taskId: id, inputResponses: {} }, {});
    expect(error).toMatchObject({ code: -32021, data: { requiredCapabilities: { extensions: { [TASKS]: {} } } } });
  }
});

test("the official client, declaring it, is served all tools", async () => {
  const client = new Client(
    { name: "third-party", version: "1" },
    { capabilities: { extensions: { [TASKS]: {} } }, versionNegotiation: { mode: "auto" } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${doors.url}/mcp`), { requestInit: { headers: { ...alice.headers } } }),
  );
  expect(client.getServerCapabilities()?.extensions).toEqual({ [TASKS]: {} });
  expect((await client.callTool({ name: "lighthouse_agents", arguments: {} })).isError).not.toBe(true);
  await client.close();
});
