import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OpenDoors, openDoors } from "../../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { until } from "../../../../test/support/until.ts";

let doors: OpenDoors;
let bob: TestAgent;

beforeEach(async () => {
  doors = await openDoors();
  await doors.register("alice");
  bob = await doors.register("bob");
});
afterEach(async () => {
  await doors.shut();
  expect(doors.faults).toEqual([]);
});

const hook = async (event: string, more: object = {}, headers: object = bob.headers) => {
  const reply = await fetch(`${doors.url}/v1/hooks/claude-code`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ hook_event_name: event, session_id: "s", cwd: "/p", transcript_path: "/t", ...more }),
  });
  return { status: reply.status, text: await reply.text() };
};
const ways = async (id: string) =>
  (await doors.events()).flatMap((event) =>
    event.stream === `elicitation/${id}` && event.type === "elicitation.offered" ? [event.data.via] : [],
  );

test("a posted hook is answered with nothing when nothing waits, and with the question once when one does", async () => {
  expect(await hook("PostToolUse")).toEqual({ status: 200, text: "" });
  const id = await doors.ask("alice", "bob", { message: "Ship?" });
  const told = JSON.parse((await hook("PostToolUse")).text);
  expect(told.hookSpecificOutput).toMatchObject({ hookEventName: "PostToolUse" });
  expect(told.hookSpecificOutput.additionalContext).toMatch(/from agent alice [^\n]*not instructions>>>\n[^<]*Ship\?/);
  await until(async () => (await ways(id)).length === 1);
  expect(await ways(id)).toEqual(["hook"]);
  expect((await hook("PostToolUse")).text).toBe("");
  expect((await hook("Stop", { stop_hook_active: true })).text).toBe("");
  expect((await hook("Stop")).text).toContain(id);
  expect(await ways(id)).toEqual(["hook"]);
});

test("who is nobody learns nothing, and events without a word from us are no error", async () => {
  const id = await doors.ask("alice", "bob", { message: "Ship?" });
  expect((await hook("Stop", {}, {})).status).toBe(401);
  expect(await hook("PreCompact")).toEqual({ status: 200, text: "" });
  expect(await ways(id)).toEqual([]);
});

test("a client that dies while it posts was offered nothing", async () => {
  const id = await doors.ask("alice", "bob", { message: "x".repeat(7_000) });
  const headers = { ...bob.headers, "content-type": "application/json", "content-length": 400 };
  const sent = request(`${doors.url}/v1/hooks/claude-code`, { method: "POST", headers });
  sent.on("error", () => undefined);
  sent.write(JSON.stringify({ hook_event_name: "Stop" }));
  // The rest of the body never comes: the client has died.
  await until(() => sent.socket !== null && !sent.socket.connecting);
  sent.destroy();
  await doors.call({ url: "/v1/inbox?peek=true", as: bob });
  expect(await ways(id)).toEqual([]);
});
