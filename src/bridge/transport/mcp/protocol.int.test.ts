import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenDoors, openDoors } from "../../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { until } from "../../../../test/support/until.ts";

let doors: OpenDoors;
let alice: TestAgent;

beforeEach(async () => {
  doors = await openDoors({ limits: { messageBytesMax: 65_536 }, http: { allowedHosts: ["127.0.0.1"] } });
  alice = await doors.register("alice");
});
afterEach(async () => {
  await doors.shut();
  expect(doors.faults).toEqual([]);
});

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${doors.url}/mcp`, {
    method: "POST",
    headers: {
      ...alice.headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const meta = (version: string) => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
});
const call = (name: string, version = "2026-07-28") => ({
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: { name, arguments: {}, _meta: meta(version) },
});
const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "lighthouse_agents" };
const violations = async () =>
  (await doors.events()).flatMap((event) => (event.type === "security.violation" ? [event.data] : []));

describe("who is nobody", () => {
  test("gets 401 and is pointed to the metadata, which names the resource as the client reached it", async () => {
    const refused = await fetch(`${doors.url}/mcp`, { method: "POST", body: "{}" });
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get("www-authenticate") ?? "";
    const [, url = ""] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    expect(challenge).toMatch(/^Bearer /);
    expect(challenge).not.toContain("error=");
    expect(await (await fetch(url)).json()).toMatchObject({
      resource: `${doors.url}/mcp`,
      bearer_methods_supported: ["header"],
    });
  });

  test("with a token that was revoked gets 401 invalid_token, and it is on record", async () => {
    await doors.bridge.revoke("alice", "left", "bridge");
    const refused = await post(call("lighthouse_agents"), modern);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(await refused.json()).toMatchObject({ code: "unauthenticated", remedy: expect.any(String) });
    await until(async () => (await violations()).length > 0);
    expect(await violations()).toMatchObject([{ kind: "invalid_credential", subject: "mcp" }]);
  });

  test("from another page or under another name gets 403 before the token is looked at", async () => {
    const origin = await post(call("lighthouse_agents"), { ...modern, origin: "https://evil.example" });
    expect(origin.status).toBe(403);
    const host = await doors.app.inject({
      method: "POST",
      url: "/mcp",
      headers: { ...alice.headers, host: "rebound.example", "content-type": "application/json" },
      payload: "{}",
    });
    expect(host.statusCode).toBe(403);
  });
});

describe("what is not the protocol", () => {
  test("is answered as JSON-RPC does: not JSON is a parse error", async () => {
    const reply = await post('{"jsonrpc":');
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ jsonrpc: "2.0", error: { code: -32700 } });
  });

  test("JSON that is no request is an invalid request", async () => {
    const reply = await post({ hello: "world" });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ jsonrpc: "2.0", error: { code: expect.any(Number) } });
  });

  test("a version from the future is refused, and the reply names those that are spoken", async () => {
    const version = "2199-01-01";
    const reply = await post(call("lighthouse_agents", version), { ...modern, "mcp-protocol-version": version });
    expect(reply.status).toBe(400);
    const { error } = (await reply.json()) as { error: { data: { supported: string[] } } };
    expect(error.data.supported).toContain("2026-07-28");
  });

  test("an unknown tool and an unknown method are errors of the protocol", async () => {
    const tool = await post(call("lighthouse_obey"), { ...modern, "mcp-name": "lighthouse_obey" });
    expect(await tool.json()).toMatchObject({ id: 7, error: { code: -32602 } });
    const unknown = { jsonrpc: "2.0", id: 8, method: "lighthouse/obey", params: { _meta: meta("2026-07-28") } };
    const method = await post(unknown, { "mcp-protocol-version": "2026-07-28", "mcp-method": "lighthouse/obey" });
    expect(await method.json()).toMatchObject({ id: 8, error: { code: -32601 } });
  });

  test("too much is 413, and nothing of it was done", async () => {
    const ask = call("lighthouse_ask");
    const big = { ...ask, params: { ...ask.params, arguments: { to: "bob", message: "x".repeat(70_000) } } };
    const reply = await post(big, { ...modern, "mcp-name": "lighthouse_ask" });
    expect(reply.status).toBe(413);
    expect((await doors.events()).some(({ type }) => type === "elicitation.asked")).toBe(false);
  });

  test("the same call in order is answered, so that these tests are about what is wrong", async () => {
    const reply = await post(call("lighthouse_agents"), modern);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ id: 7, result: { structuredContent: { you: "alice" } } });
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });
});
