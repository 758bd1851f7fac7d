import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { openDoors } from "../test/support/open-doors.ts";

/**
 * What a tool call through Lighthouse takes beside a bare MCP server on the same SDK, in alternation, one run, one
 * process: identity, policy, validation, the inbox looked at for what waits. `node bench/mcp.ts [calls]`
 */
const calls = Number(process.argv[2] ?? 400);

const bare = createServer((request, response) => void echo(request as never, response as never));
const echo = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: "bare", version: "1" });
    server.registerTool("echo", { description: "echo" }, async () => ({ content: [{ type: "text", text: "hello" }] }));
    return server;
  }),
);
await new Promise<void>((listening) => bare.listen(0, "127.0.0.1", listening));
const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/mcp`;
const doors = await openDoors();
const alice = await doors.register("alice");
await doors.register("bob");

const timed = async (url: string, tool: string, args: object): Promise<number> => {
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name: tool,
      arguments: args,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
  });
  const headers = {
    ...alice.headers,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": tool,
  };
  const started = performance.now();
  const reply = await fetch(url, { method: "POST", headers, body });
  const { result } = (await reply.json()) as { readonly result?: { readonly isError?: boolean } };
  const ms = performance.now() - started;
  if (result === undefined || result.isError === true) throw new Error(`${tool} failed`);
  return ms;
};

const ours = `${doors.url}/mcp`;
const series: Record<string, { readonly call: () => Promise<number>; readonly ms: number[] }> = {
  "bare echo": { call: () => timed(bareUrl, "echo", {}), ms: [] },
  lighthouse_agents: { call: () => timed(ours, "lighthouse_agents", {}), ms: [] },
  lighthouse_inbox: { call: () => timed(ours, "lighthouse_inbox", {}), ms: [] },
  lighthouse_note: { call: () => timed(ours, "lighthouse_note", { name: "bench.note", payload: 1 }), ms: [] },
};
const WARM_UP = 50;
for (let n = 0; n < WARM_UP + calls; n++) {
  for (const { call, ms } of Object.values(series)) {
    const took = await call();
    if (n >= WARM_UP) ms.push(took);
  }
}
const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] as number;
const base = at(series["bare echo"]?.ms ?? [], 0.5);
for (const [name, { ms }] of Object.entries(series)) {
  const [p50, p95] = [at(ms, 0.5), at(ms, 0.95)];
  console.log(`${name.padEnd(20)} median ${p50.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  x${(p50 / base).toFixed(2)}`);
}
await doors.shut();
bare.close();
bare.closeAllConnections();
