import { spawn, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Folder, folder } from "../support/processes.ts";

const root = resolve(import.meta.dirname, "../..");
const at = (name: string): string => join(root, "examples/agents", name);
/** A Python with the MCP SDK: the one that `test/examples/install-tools.sh` makes, or the one that LIGHTHOUSE_PYTHON names. */
const python = process.env["LIGHTHOUSE_PYTHON"] ?? join(root, "node_modules/.cache/lighthouse-python/bin/python");
/** Fails and says so: an example that was not run is not known to work. */
const needs = (command: string, ...args: string[]): void => {
  if (spawnSync(command, args).status === 0) return;
  throw new Error(`${[command, ...args].join(" ")} does not work here: \`sh test/examples/install-tools.sh\``);
};

let f: Folder;
beforeEach(async () => {
  f = folder();
  await f.serve();
  await f.run("agent", "add", "alice");
  await f.run("agent", "add", "bob");
});
afterEach(() => f.cleanUp());

const file = (name: string): string => join(f.data, "agents", `${name}.json`);
const ask = (message: string, schema: object) =>
  f.run("ask", "bob", message, "--as", "alice", "--json", "--timeout", "30s", "--schema", JSON.stringify(schema));

test("the shell agent signs an answer with curl, jq and openssl that the bridge takes", async () => {
  needs("jq", "--version");
  needs("openssl", "version");
  needs("curl", "--version");
  const schema = { type: "object", properties: { ship: { type: "boolean" }, é: {} }, required: ["ship"] };
  const asked = ask("Ship it?", schema);
  let answered = { status: 1, stdout: "", stderr: "" };
  // Until the question is there; if it never comes, the asker's deadline says so below.
  for (let tries = 0; answered.status !== 0 && tries < 200; tries++) {
    answered = spawnSync(at("shell-agent.sh"), [file("bob"), "accept", '{"ship":true,"é":"ü\\n"}'], {
      encoding: "utf8",
    }) as typeof answered;
    if (answered.status !== 0 && !answered.stderr.includes("no question")) throw new Error(answered.stderr);
  }
  expect(JSON.parse(answered.stdout)).toMatchObject({ status: "accepted", content: { ship: true, é: "ü\n" } });
  expect((await asked).code).toBe(0);
});

test("the Python agent answers through the public SDK, signed by lighthouse mcp", async () => {
  needs(python, "-c", "import mcp");
  const LIGHTHOUSE = `${process.execPath} ${join(root, "bin/lighthouse.js")}`;
  const agent = spawn(python, [at("python_agent.py"), file("bob"), "30"], {
    env: { ...process.env, LIGHTHOUSE },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const schema = { type: "object", properties: { characters: { type: "integer" } }, required: ["characters"] };
  const { code, out } = await ask("How long is this?", schema);
  agent.kill();
  expect([code, out]).toEqual([0, expect.stringContaining('"characters":17')]);
});
