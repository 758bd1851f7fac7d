import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Generation, type McpClient, mcpClient } from "../../../test/support/mcp-clients.ts";
import { type Folder, folder, type Serving } from "../../../test/support/processes.ts";
import { until } from "../../../test/support/until.ts";
import type { Credential } from "../../client/credential.ts";

const bin = resolve(import.meta.dirname, "../../../bin/lighthouse.js");
const schema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] };

let f: Folder;
let bridge: Serving;
const open: McpClient[] = [];

beforeEach(async () => {
  f = folder();
  bridge = await f.serve();
  for (const name of ["alice", "bob"]) expect((await f.run("agent", "add", name)).code).toBe(0);
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
  await f.cleanUp();
});

const file = (name: string): string => join(f.data, "agents", `${name}.json`);
const credential = (name: string): Credential => JSON.parse(readFileSync(file(name), "utf8"));
const overStdio = async (generation: Generation, name: string): Promise<McpClient> => {
  const client = await mcpClient(generation, { command: process.execPath, args: [bin, "mcp", "--as", file(name)] });
  open.push(client);
  return client;
};
const overHttp = async (generation: Generation, name: string): Promise<McpClient> => {
  const { url, token } = credential(name);
  const client = await mcpClient(generation, {
    url: `${url}/mcp`,
    headers: { authorization: `Bearer ${token}` },
  });
  open.push(client);
  return client;
};
/** A tool call as a model makes it: again, as long as it is told that the bridge is not there. */
const insist = (client: McpClient, name: string, input: object) =>
  until(async () => {
    const result = await client.tool(name, input).catch(() => undefined);
    return result === undefined || result.value?.error?.code === "unreachable" ? undefined : result;
  });

describe("two third-party clients hold a whole conversation while the bridge is killed in the middle", () => {
  const pairs = [
    { asker: ["2026-07-28", overHttp], target: ["2025-11-25", overStdio] },
    { asker: ["2025-11-25", overHttp], target: ["2026-07-28", overStdio] },
    { asker: ["2026-07-28", overStdio], target: ["2026-07-28", overStdio] },
  ] as const;

  test.each(pairs)("$asker.0 asks, $target.0 answers", async ({ asker, target }) => {
    const alice = await asker[1](asker[0], "alice");
    const bob = await target[1](target[0], "bob");
    expect((await alice.tool("lighthouse_agents")).value.agents).toContainEqual(
      expect.objectContaining({ name: "bob" }),
    );
    const asked = await alice.tool("lighthouse_ask", { to: "bob", message: "Which port?", schema, key: "port-1" });
    const { id } = asked.value;
    expect((await alice.tool("lighthouse_wait", { id, waitMs: 50 })).value).toMatchObject({ ended: false });

    await bridge.crash();
    bridge = await f.serve(bridge.port);

    const again = await insist(alice, "lighthouse_ask", { to: "bob", message: "Which port?", schema, key: "port-1" });
    expect(again.value).toMatchObject({ id, repeated: true });
    const found = await insist(bob, "lighthouse_inbox", {});
    expect(found.value.questions).toMatchObject([{ id, from: "alice" }]);
    const wrong = await bob.tool("lighthouse_answer", { id, action: "accept", content: { port: "8765" } });
    expect(wrong).toMatchObject({
      isError: true,
      value: { error: { code: "content_invalid", problems: [{ pointer: "/port" }] } },
    });
    expect((await bob.tool("lighthouse_claim", { id })).value).toMatchObject({ status: "claimed" });
    const right = await bob.tool("lighthouse_answer", { id, action: "accept", content: { port: 8765 } });
    expect(right).toMatchObject({ isError: false, value: { status: "accepted" } });
    const outcome = await insist(alice, "lighthouse_wait", { id });
    expect(outcome.value).toMatchObject({ ended: true, content: { data: { port: 8765 } } });

    const { steps } = (await alice.tool("lighthouse_status", { id })).value;
    const whats = (steps as { what: string; how?: string }[]).map(
      ({ what, how = "" }) => `${what} ${how.split(",")[0]}`,
    );
    expect(whats).toEqual([
      "asked ",
      "offered via mcp",
      "answer refused content_invalid",
      expect.stringMatching(/^claimed by mcp-bob/),
      "accepted ",
    ]);
    expect((await f.run("log", "verify")).code).toBe(0);
  });
});

test("over stdio a second answer is refused in words, and so is one to a stranger's question", async () => {
  const alice = await overStdio("2026-07-28", "alice");
  const bob = await overStdio("2026-07-28", "bob");
  const { id } = (await alice.tool("lighthouse_ask", { to: "bob", message: "Really?" })).value;
  expect((await bob.tool("lighthouse_answer", { id, action: "decline", reason: "busy" })).value).toMatchObject({
    status: "declined",
  });
  const second = await bob.tool("lighthouse_answer", { id, action: "accept", content: 1 });
  expect(second.value.error).toMatchObject({ code: "already_ended" });
  const own = await alice.tool("lighthouse_answer", { id, action: "accept", content: 1 });
  expect(own.value.error).toMatchObject({ code: "not_addressee" });
  expect((await alice.tool("lighthouse_wait", { id })).value).toMatchObject({
    status: "declined",
    reason: { data: "busy" },
  });
});

test("starts without a bridge, says so in a tool's result, and works once there is one", async () => {
  await bridge.crash();
  const alice = await overStdio("2025-11-25", "alice");
  const early = alice.tool("lighthouse_agents");
  bridge = await f.serve(bridge.port);
  const result = await early;
  const { value } = result.isError ? await insist(alice, "lighthouse_agents", {}) : result;
  expect(value).toMatchObject({ you: "alice" });
});

test("prints nothing but the protocol on standard output, acts as nobody by default, and ends with its client", async () => {
  const nameless = await f.run("mcp");
  expect([nameless.code, nameless.out]).toEqual([2, ""]);
  expect(nameless.err).toContain("--as");
  const running = f.start("mcp", "--as", "alice");
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
  };
  running.type(`${JSON.stringify(initialize)}\n`);
  await running.printed('"serverInfo"');
  running.child.stdin?.end();
  const { out, code } = await running.ended;
  expect(code).toBe(0);
  for (const line of out.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  const { token, macSecret } = credential("alice");
  expect(out).not.toContain(token);
  expect(out).not.toContain(macSecret);
});

test("gives a client that declares tasks one for a wait, over stdio too, and its end over a restart of the bridge", async () => {
  const { id } = (
    await (await overStdio("2026-07-28", "alice")).tool("lighthouse_ask", { to: "bob", message: "Ship?" })
  ).value;
  const running = f.start("mcp", "--as", "alice");
  const send = async (rpcId: number, method: string, params: object): Promise<Record<string, unknown>> => {
    const envelope = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
    };
    running.type(`${JSON.stringify({ jsonrpc: "2.0", id: rpcId, method, params: { ...params, _meta: envelope } })}\n`);
    const all = await running.printed(new RegExp(`"id":${rpcId}[,}]`));
    const line = all.split("\n").find((text) => new RegExp(`^\\{.*"id":${rpcId}[,}]`).test(text)) ?? "{}";
    return (JSON.parse(line) as { result: Record<string, unknown> }).result;
  };
  const created = await send(1, "tools/call", { name: "lighthouse_wait", arguments: { id } });
  expect(created).toMatchObject({ resultType: "task", taskId: id, status: "working" });
  await bridge.crash();
  bridge = await f.serve(bridge.port);
  const bob = await overStdio("2026-07-28", "bob");
  await insist(bob, "lighthouse_answer", { id, action: "accept", content: "yes" });
  const ended = await send(2, "tasks/get", { taskId: id });
  expect(ended).toMatchObject({
    status: "completed",
    result: { structuredContent: { status: "accepted", content: { data: "yes" } } },
  });
  running.child.kill("SIGKILL");
});
