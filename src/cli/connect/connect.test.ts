import { describe, expect, test } from "vitest";
import { type ClientName, type ConfigFile, type Launch, NotOurs, type Place } from "./client.ts";
import { filesOf } from "./files.ts";

const place: Place = { project: "/p", home: "/h", codexHome: "/h/.codex" };
const launch: Launch = { node: "/n/node", bin: "/l/lighthouse.js", credential: "/d/agents/it's alice.json" };
const server = [launch.node, launch.bin, "mcp", "--as", launch.credential];

const file = (client: ClientName, path: string): ConfigFile => {
  const found = filesOf(client, place).find((each) => each.path === path);
  if (found === undefined) throw new Error(`${client} has no ${path}`);
  return found;
};

const rows = [
  {
    client: "claude-code",
    path: "/p/.mcp.json",
    theirs: `{\n  "mcpServers": {\n    "other": {\n      "command": "x"\n    }\n  }\n}\n`,
    reads: { server },
  },
  {
    client: "claude-code",
    path: "/p/.claude/settings.local.json",
    theirs: `{\n\t"permissions": {\n\t\t"allow": []\n\t},\n\t"hooks": {\n\t\t"Stop": [\n\t\t\t{\n\t\t\t\t"hooks": [\n\t\t\t\t\t{\n\t\t\t\t\t\t"type": "command",\n\t\t\t\t\t\t"command": "say done"\n\t\t\t\t\t}\n\t\t\t\t]\n\t\t\t}\n\t\t]\n\t}\n}\n`,
    reads: {
      hooks: Object.fromEntries(
        ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop"].map((event) => [
          event,
          `/n/node /l/lighthouse.js hook ${event} --as '/d/agents/it'\\''s alice.json'`,
        ]),
      ),
    },
  },
  {
    client: "codex",
    path: "/h/.codex/config.toml",
    theirs: `# mine\nmodel = "gpt" # the good one\n\n[mcp_servers.other]\ncommand = "x"\n`,
    reads: { server },
  },
  {
    client: "opencode",
    path: "/p/opencode.json",
    theirs: `{\n  "theme": "dark"\n}\n`,
    reads: { server },
  },
  {
    client: "cursor",
    path: "/p/.cursor/mcp.json",
    theirs: `{\n    "mcpServers": {\n        "other": {\n            "url": "https://x"\n        }\n    }\n}\n`,
    reads: { server },
  },
] as const;

describe.each(rows)("$path of $client", ({ client, path, theirs, reads }) => {
  const config = file(client, path);

  test("has what the client starts, and what was there before", () => {
    const after = config.connect(theirs, launch);
    expect(config.read(after)).toEqual(reads);
    for (const line of theirs.split("\n")) expect(after).toContain(line.replace(/,$/, "").trim());
  });

  test("is the same after a second time, and as it was, to the byte, once it is undone", () => {
    const once = config.connect(theirs, launch);
    expect(config.connect(once, launch)).toBe(once);
    expect(config.undo(once)).toBe(theirs);
    expect(config.undo(theirs)).toBe(theirs);
    expect(config.read(theirs)).toEqual({});
  });

  test("is made when it is not there, and goes when nothing else was put in it", () => {
    const fresh = config.connect(null, launch);
    expect(config.read(fresh)).toEqual(reads);
    expect(config.undo(fresh)).toBeNull();
  });

  test("names the agent's credential, and another one once another agent is connected", () => {
    const other = { ...launch, credential: "/d/agents/bob.json" };
    const after = config.connect(config.connect(theirs, launch), other);
    expect(after).toContain("bob.json");
    expect(after).not.toContain("alice");
  });
});

describe("what is somebody else's is left alone", () => {
  test.each([
    { what: "comments", client: "opencode", path: "/p/opencode.json", text: `{\n  // mine\n  "theme": "dark"\n}` },
    { what: "no object", client: "cursor", path: "/p/.cursor/mcp.json", text: `[]` },
    { what: "a list of another form", client: "cursor", path: "/p/.cursor/mcp.json", text: `{"mcpServers": []}` },
    {
      what: "hooks of another form",
      client: "claude-code",
      path: "/p/.claude/settings.local.json",
      text: `{"hooks":{"Stop":{}}}`,
    },
    {
      what: "a table of that name",
      client: "codex",
      path: "/h/.codex/config.toml",
      text: `[mcp_servers.lighthouse]\n`,
    },
  ] as const)("$what", ({ client, path, text }) => {
    expect(() => file(client, path).connect(text, launch)).toThrow(NotOurs);
  });
});

test("sessions that sleep are woken only when that was asked for, and undo knows of it", () => {
  const hooks = file("claude-code", "/p/.claude/settings.local.json");
  expect(hooks.connect(null, launch)).not.toContain("asyncRewake");
  const waking = hooks.connect(null, { ...launch, wake: true });
  const { Stop } = JSON.parse(waking).hooks;
  expect(Stop[0].hooks[1]).toMatchObject({ asyncRewake: true, command: expect.stringContaining(" hook Wake --as ") });
  expect(hooks.connect(waking, launch)).toBe(hooks.connect(null, launch));
  expect(hooks.undo(waking)).toBeNull();
});

test("hooks are posted where that was asked for, with a token that is in no file, and undo knows of them", () => {
  const hooks = file("claude-code", "/p/.claude/settings.local.json");
  const posting = hooks.connect(hooks.connect(null, launch), { ...launch, posts: "http://127.0.0.1:8765" });
  const url = "http://127.0.0.1:8765/v1/hooks/claude-code";
  expect(hooks.read(posting)).toEqual({
    hooks: { SessionStart: expect.stringContaining(" hook SessionStart --as ") },
    posts: { UserPromptSubmit: url, PostToolUse: url, Stop: url },
  });
  expect(JSON.parse(posting).hooks.Stop).toEqual([
    {
      hooks: [
        {
          ...{ type: "http", url, timeout: 5, allowedEnvVars: ["LIGHTHOUSE_TOKEN"] },
          headers: { Authorization: "Bearer $LIGHTHOUSE_TOKEN" },
        },
      ],
    },
  ]);
  expect(hooks.connect(posting, launch)).toBe(hooks.connect(null, launch));
  expect(hooks.undo(posting)).toBeNull();
});
