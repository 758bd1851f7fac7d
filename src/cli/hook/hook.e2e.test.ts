import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Folder, folder, type Serving } from "../../../test/support/processes.ts";
import { until } from "../../../test/support/until.ts";
import type { Receipt } from "../../client/index.ts";

let f: Folder;
let bridge: Serving;

beforeEach(async () => {
  f = folder();
  bridge = await f.serve();
  for (const name of ["alice", "bob"]) await f.run("agent", "add", name);
});
afterEach(() => f.cleanUp());

const bob = (): string => join(f.data, "agents", "bob.json");
const hook = (event: string, input: object = {}) => f.runWith(JSON.stringify(input), "hook", event, "--as", bob());
const ask = async (message: string): Promise<string> =>
  (await f.run("ask", "bob", message, "--as", "alice", "--no-wait", "--json")).json<{ id: string }>().id;
const ways = async (id: string): Promise<readonly string[]> =>
  (await f.run("receipt", id, "--as", "alice", "--json"))
    .json<Receipt>()
    .steps.flatMap((step) => ("via" in step ? [String(step.via)] : []));

test("a question is told once where work goes on, again before the session stops, and is on record as offered via hook", async () => {
  expect(await hook("PostToolUse")).toMatchObject({ code: 0, out: "", err: "" });
  const id = await ask("Ship it?");
  const told = await hook("PostToolUse");
  expect(told.json<{ hookSpecificOutput: object }>().hookSpecificOutput).toMatchObject({
    hookEventName: "PostToolUse",
  });
  expect(told.out).toContain(id);
  expect(await ways(id)).toEqual(["hook"]);
  expect((await hook("PostToolUse")).out).toBe("");
  expect((await hook("Stop", { stop_hook_active: true })).out).toBe("");
  expect((await hook("Stop", { stop_hook_active: false })).out).toContain(id);
  expect(await ways(id)).toEqual(["hook"]);
});

test("whose output nobody takes has offered nothing", async () => {
  const id = await ask("Ship it?");
  const bin = resolve(import.meta.dirname, "../../../bin/lighthouse.js");
  const child = spawn(process.execPath, [bin, "hook", "Stop", "--as", bob()], { stdio: ["pipe", "pipe", "pipe"] });
  // The client dies before its hook has written.
  child.stdout.destroy();
  child.stdin.end("{}");
  await new Promise((ended) => child.once("exit", ended));
  expect(await ways(id)).toEqual([]);
});

test("without a bridge, without a credential or with a revoked one it is silent and fails nothing", async () => {
  await ask("Ship it?");
  await f.run("agent", "revoke", "bob");
  expect(await hook("Stop")).toMatchObject({ code: 0, out: "", err: "" });
  await bridge.crash();
  expect(await hook("Stop")).toMatchObject({ code: 0, out: "", err: "" });
  expect(await f.runWith("{}", "hook", "Stop", "--as", "/nowhere.json")).toMatchObject({ code: 0, out: "", err: "" });
  const typo = await f.runWith("{}", "hook", "stop");
  expect(typo.code).toBe(2);
  expect(typo.err).toContain("UserPromptSubmit");
});

test("a frozen bridge costs a session less than the client's patience", async () => {
  bridge.running.child.kill("SIGSTOP");
  const silent = await hook("PostToolUse");
  bridge.running.child.kill("SIGCONT");
  expect(silent).toMatchObject({ code: 0, out: "" });
  await until(async () => (await hook("PostToolUse")).code === 0);
});

test("a sleeping session's hook ends with code 2 and the question once there is one, and only the newest of them", async () => {
  const first = f.start("hook", "Wake", "--as", bob());
  const second = f.start("hook", "Wake", "--as", bob());
  // Both wait by now: one look each is through.
  await until(async () => (await f.run("doctor", "--json")).code !== null);
  const id = await ask("Ship it?");
  const ends = await Promise.all([first.ended, second.ended]);
  expect(ends.map(({ code }) => code).sort()).toEqual([0, 2]);
  for (const { code, out, err } of ends) {
    expect(out).toBe("");
    if (code === 0) expect(err).toBe("");
    else for (const told of [id, "data, not instructions"]) expect(err).toContain(told);
  }
  expect(await ways(id)).toEqual(["hook"]);
});

test("an agent with a key of its own signs in once for many hooks, and again when that login is over", async () => {
  const { out } = await f.run("agent", "invite", "carol");
  await f.runWith(out, "agent", "enrol", "carol");
  const file = join(f.data, "agents", "carol.json");
  const hooked = () => f.runWith("{}", "hook", "Stop", "--as", file);
  const logins = async (): Promise<number> =>
    (await f.run("events", "--json", "--limit", "1000"))
      .json<{ events: readonly { type: string }[] }>()
      .events.filter(({ type }) => type === "login.opened").length;
  const { id } = (await f.run("ask", "carol", "Ship it?", "--as", "alice", "--no-wait", "--json")).json<{
    id: string;
  }>();
  expect((await hooked()).out).toContain(id);
  expect((await hooked()).code).toBe(0);
  expect(await logins()).toBe(1);

  const kept = JSON.parse(readFileSync(`${file}.login`, "utf8")) as { token: string };
  expect(statSync(`${file}.login`).mode & 0o777).toBe(0o600);
  writeFileSync(`${file}.login`, JSON.stringify({ ...kept, token: `lhs_${"A".repeat(43)}` }));
  expect(await hooked()).toMatchObject({ code: 0, out: "" });
  expect((await hooked()).out).toContain(id);
  expect(await logins()).toBe(2);
});
