import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mcpClient } from "../../../test/support/mcp-clients.ts";
import { type Folder, folder } from "../../../test/support/processes.ts";

let f: Folder;

beforeEach(() => {
  f = folder();
  // Codex keeps its configuration at home; this test's home is its own folder.
  process.env["CODEX_HOME"] = join(f.cwd, "codex-home");
});
afterEach(async () => {
  delete process.env["CODEX_HOME"];
  await f.cleanUp();
});

interface Doctor {
  readonly findings: readonly { readonly check: string; readonly state: string; readonly says: string }[];
}
const doctor = async (check: string) =>
  (await f.run("doctor", "--json")).json<Doctor>().findings.filter((finding) => finding.check === check);
const places = {
  "claude-code": [".mcp.json", ".claude/settings.local.json"],
  codex: ["codex-home/config.toml"],
  opencode: ["opencode.json"],
  cursor: [".cursor/mcp.json"],
} as const;
const clients = ["claude-code", "codex", "opencode", "cursor"] as const;

test("one command each makes four clients somebody's; the doctor goes through each; undo leaves nothing", async () => {
  await f.serve();
  expect(await doctor("clients")).toMatchObject([{ state: "not run" }]);
  for (const client of clients) {
    const done = await f.run("connect", client, "--as", `my-${client}`);
    expect([client, done.code, done.err]).toEqual([client, 0, expect.stringContaining("lighthouse doctor")]);
    const secrets = JSON.parse(readFileSync(join(f.data, "agents", `my-${client}.json`), "utf8"));
    for (const path of places[client]) {
      const text = readFileSync(join(f.cwd, path), "utf8");
      expect(text).not.toContain(secrets.token);
      expect(text).not.toContain(secrets.macSecret);
    }
  }
  for (const client of clients) {
    const findings = await doctor(client);
    expect(findings.map(({ state }) => state)).toEqual(places[client].map(() => "ok"));
    expect(findings[0]?.says).toContain(`it is my-${client}`);
  }
  const { mcpServers } = JSON.parse(readFileSync(join(f.cwd, ".mcp.json"), "utf8"));
  const client = await mcpClient("2026-07-28", mcpServers.lighthouse);
  expect((await client.tool("lighthouse_agents")).value.you).toBe("my-claude-code");
  await client.close();
  for (const client of clients) {
    expect((await f.run("connect", client, "--undo")).code).toBe(0);
    for (const path of places[client]) expect([path, existsSync(join(f.cwd, path))]).toEqual([path, false]);
  }
});

test("a dry run shows what would be written and writes nothing, not even an agent", async () => {
  await f.serve();
  const { code, out, err } = await f.run("connect", "claude-code", "--as", "alice", "--dry-run");
  expect([code, out]).toEqual([0, expect.stringContaining("would be created")]);
  expect(out).toContain('"mcpServers"');
  expect(err).toContain("would be registered");
  expect(existsSync(join(f.cwd, ".mcp.json"))).toBe(false);
  expect(existsSync(join(f.data, "agents", "alice.json"))).toBe(false);
});

test("the doctor says in words which client is broken and how to mend it", async () => {
  await f.serve();
  await f.run("connect", "claude-code", "--as", "alice");
  await f.run("agent", "revoke", "alice");
  const [server, hooks] = await doctor("claude-code");
  expect(server).toMatchObject({ state: "problem", says: expect.stringMatching(/credential/i) });
  expect(hooks).toMatchObject({ state: "problem", says: expect.stringContaining("401") });
  mkdirSync(join(f.cwd, ".cursor"));
  writeFileSync(join(f.cwd, ".cursor/mcp.json"), `{"mcpServers":{"lighthouse":{"command":"/no/such","args":[]}}}`);
  expect(await doctor("cursor")).toMatchObject([
    { state: "problem", says: expect.stringContaining("cannot be started") },
  ]);
});

test("a client's file that cannot be kept whole is left alone, and what to write by hand is shown", async () => {
  await f.serve();
  const theirs = '{\n  // mine\n  "theme": "dark"\n}\n';
  writeFileSync(join(f.cwd, "opencode.json"), theirs);
  const { code, err } = await f.run("connect", "opencode", "--as", "alice");
  expect([code, err]).toEqual([2, expect.stringContaining("connect generic")]);
  expect(readFileSync(join(f.cwd, "opencode.json"), "utf8")).toBe(theirs);
  expect((await f.run("connect", "generic", "--as", "alice", "--json")).json()).toMatchObject({
    mcpServers: { lighthouse: { args: expect.arrayContaining(["mcp", "--as"]) } },
  });
});

test("posted hooks hold no token, and the doctor tries them where it is in the environment", async () => {
  const bridge = await f.serve();
  const done = await f.run("connect", "claude-code", "--as", "my-claude", "--hooks", "http");
  expect([done.code, done.err]).toEqual([0, expect.stringContaining('LIGHTHOUSE_TOKEN="$(jq -r .token ')]);
  const { token } = JSON.parse(readFileSync(join(f.data, "agents/my-claude.json"), "utf8"));
  const settings = readFileSync(join(f.cwd, ".claude/settings.local.json"), "utf8");
  expect(settings).toContain(`${bridge.url}/v1/hooks/claude-code`);
  expect(settings).not.toContain(token);
  const posted = async () => (await doctor("claude-code")).filter(({ says }) => says.includes("posted hooks"));
  expect(await posted()).toMatchObject([{ state: "not run", says: expect.stringContaining("LIGHTHOUSE_TOKEN") }]);
  try {
    process.env["LIGHTHOUSE_TOKEN"] = token;
    expect(await posted()).toMatchObject([{ state: "ok" }]);
    process.env["LIGHTHOUSE_TOKEN"] = "lht_of-nobody";
    const all = await doctor("claude-code");
    expect(all).toContainEqual(expect.objectContaining({ says: expect.stringContaining("with 401") }));
  } finally {
    delete process.env["LIGHTHOUSE_TOKEN"];
  }
  expect((await f.run("connect", "claude-code", "--undo")).code).toBe(0);
  expect(existsSync(join(f.cwd, ".claude/settings.local.json"))).toBe(false);
});
