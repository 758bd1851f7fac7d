import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mcpClient } from "../../../test/support/mcp-clients.ts";
import { type OpenDoors, openDoors } from "../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../test/support/test-bridge.ts";
import { until } from "../../../test/support/until.ts";

/**
 * What happens on a rung of the ladder, and what the receipt says then. The rungs that end in another process have their
 * rows where that process is: hooks in `cli/hook/hook.e2e.test.ts`, webhooks in `webhooks.int.test.ts`.
 */

let doors: OpenDoors;
let alice: TestAgent;
let bob: TestAgent;
let id: string;

beforeEach(async () => {
  doors = await openDoors();
  alice = await doors.register("alice");
  bob = await doors.register("bob");
  id = "";
});
afterEach(() => doors.shut());

const ask = async (): Promise<void> => {
  id = await doors.ask(alice.name, bob.name);
};
/** A request whose client goes away before the reply: with `after`, once something is so. */
const gone = async (method: string, path: string, body: string | undefined, after: () => boolean): Promise<void> => {
  const headers = {
    ...bob.headers,
    accept: "application/json, text/event-stream",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const sent = request(`${doors.url}${path}`, { method, headers }).on("error", () => undefined);
  sent.end(body);
  await until(after);
  sent.destroy();
};
const waits = (): boolean => doors.bridge.deliver.presence.agents() === 1;
const leftAlone = async (): Promise<void> => {
  await until(() => doors.bridge.deliver.presence.agents() === 0);
  await ask();
};
const get = (path: string) => fetch(`${doors.url}${path}`, { headers: bob.headers }).then((reply) => reply.json());
const handed = (ids: readonly string[], as: TestAgent) =>
  fetch(`${doors.url}/v1/inbox/handed`, {
    method: "POST",
    headers: { ...as.headers, "content-type": "application/json" },
    body: JSON.stringify({ ids, via: "hook" }),
  }).then((reply) => reply.json());
const mcpWait = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "lighthouse_inbox", arguments: { waitMs: 30_000 } },
});

test.each<{ readonly when: string; readonly happens: () => Promise<unknown>; readonly receipt: readonly string[] }>([
  { when: "nobody looks", happens: ask, receipt: [] },
  {
    when: "a poll has it twice",
    happens: async () => {
      await ask();
      await get("/v1/inbox");
      await get("/v1/inbox");
    },
    receipt: ["poll"],
  },
  {
    when: "a long poll's client goes before there is a question",
    happens: async () => {
      await gone("GET", "/v1/inbox?waitMs=30000", undefined, waits);
      await leftAlone();
    },
    receipt: [],
  },
  {
    when: "an MCP client goes while its tool call waits",
    happens: async () => {
      await gone("POST", "/mcp", mcpWait, waits);
      await leftAlone();
    },
    receipt: [],
  },
  {
    when: "an MCP client has it with three results",
    happens: async () => {
      await ask();
      const client = await mcpClient("2026-07-28", { url: `${doors.url}/mcp`, headers: bob.headers });
      for (const tool of ["lighthouse_agents", "lighthouse_inbox", "lighthouse_inbox"]) await client.tool(tool);
      await client.close();
    },
    receipt: ["mcp"],
  },
  {
    when: "somebody peeks and never hands it on",
    happens: async () => {
      await ask();
      await get("/v1/inbox?peek=true");
    },
    receipt: [],
  },
  {
    when: "its agent says twice that a hook took it",
    happens: async () => {
      await ask();
      expect(await handed([id], bob)).toEqual({ recorded: [id] });
      expect(await handed([id], bob)).toEqual({ recorded: [] });
    },
    receipt: ["hook"],
  },
  {
    when: "somebody else says that a hook took it",
    happens: async () => {
      await ask();
      expect(await handed([id], alice)).toEqual({ recorded: [] });
    },
    receipt: [],
  },
  {
    when: "a hook had it, then a poll",
    happens: async () => {
      await ask();
      await handed([id], bob);
      await get("/v1/inbox");
    },
    receipt: ["hook", "poll"],
  },
])("when $when, it is offered via $receipt", async ({ happens, receipt }) => {
  await happens();
  const ways = async () =>
    (await doors.events()).flatMap((event) => (event.type === "elicitation.offered" ? [event.data.via] : []));
  await until(async () => (await ways()).length >= receipt.length);
  // Anything said too much would be in the log by the time that a later event is.
  await doors.bridge.appendCustom({ name: "test.later", payload: null }, { actor: "alice", trace: null });
  expect(await ways()).toEqual(receipt);
  expect(doors.faults).toEqual([]);
});
