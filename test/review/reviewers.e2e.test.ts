import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Certificate } from "../../src/review/certificate/statement.ts";
import type { Policy } from "../../src/review/policy.ts";
import { type McpClient, mcpClient } from "../support/mcp-clients.ts";
import { type Folder, folder } from "../support/processes.ts";
import { until } from "../support/until.ts";

const bin = resolve(import.meta.dirname, "../../bin/lighthouse.js");

let f: Folder;
let model: McpClient | undefined;
beforeAll(async () => {
  f = folder();
  await f.serve();
  await f.run("review", "keys", "init");
});
afterAll(async () => {
  await model?.close();
  await f.cleanUp();
});

/** As an operator and a reviewer do it: an invitation, and a key that only the reviewer holds. */
const enrolled = async (name: string, kind: string, role: string): Promise<void> => {
  const invited = await f.run("agent", "invite", name, "--kind", kind, "--role", "agent", role, "--json");
  const { token } = invited.json<{ token: string }>();
  const { code, err } = await f.runWith(`${token}\n`, "agent", "enrol", name, "--invitation", "-");
  expect([code, err]).toEqual([0, expect.anything()]);
};

const coreIn = (text: string): string => /core ([0-9a-f]{64})/.exec(text)?.[1] ?? "";

test("a model behind MCP and a person at a terminal sign off, each with a key of their own, and a stranger can check it", async () => {
  await enrolled("sage", "ai", "security-architect");
  await enrolled("dana", "human", "devops-engineer");
  const proposed = (await f.run("review", "policy", "--json")).json<Policy>();
  const policy: Policy = {
    ...proposed,
    name: "two-reviewers",
    checks: proposed.checks.filter(({ id }) => id === "operations.health"),
    signOff: {
      ...proposed.signOff,
      quorum: 2,
      roles: proposed.signOff.roles.filter(({ role }) => /^(security-architect|devops-engineer)$/.test(role)),
    },
  };
  writeFileSync(join(f.cwd, "policy.json"), JSON.stringify(policy));
  const running = f.start("review", "run", "--policy", "policy.json", "--out", "out", "--json");

  const credential = join(f.data, "agents/sage.json");
  const sage = await mcpClient("2025-11-25", { command: process.execPath, args: [bin, "mcp", "--as", credential] });
  model = sage;
  const asked = await until(async () => {
    const { questions } = (await sage.tool("lighthouse_inbox", {})).value as { questions: readonly object[] };
    return questions[0] as { id: string } | undefined;
  });
  const shown = JSON.stringify(asked);
  expect(shown).toContain("pass    blocker operations.health");
  const content = { decision: "approve", reason: "I have read the numbers.", core: coreIn(shown) };
  const answered = await sage.tool("lighthouse_answer", { id: asked.id, action: "accept", content });
  expect(answered).toMatchObject({ isError: false, value: { status: "accepted" } });

  const inbox = await until(async () => {
    const { out } = await f.run("inbox", "--as", "dana", "--json");
    const id = /el_[0-9a-z]{26}/.exec(out)?.[0];
    return id === undefined ? undefined : { id, out };
  });
  const words = JSON.stringify({ decision: "approve", reason: "as agreed", core: coreIn(inbox.out) });
  const { code, err } = await f.run("answer", inbox.id, "--as", "dana", "--content", words);
  expect([code, err]).toEqual([0, expect.anything()]);

  const ended = await running.ended;
  expect([ended.code, ended.json()]).toEqual([0, expect.objectContaining({ verdict: "GO" })]);
  await f.run("review", "trust", "--policy", "policy.json", "--out", "trust.json");
  const file = "out/certificate.intoto.jsonl";
  const verified = await f.run("certificate", "verify", file, "--trust", "trust.json", "--json");
  expect([verified.code, verified.json()]).toEqual([0, expect.objectContaining({ status: "valid", findings: [] })]);
  const { predicate } = (await f.run("certificate", "show", file, "--json")).json<Certificate>();
  expect(predicate.signOffs.map(({ agent, roles, decision }) => [agent, roles, decision]).toSorted()).toEqual([
    ["dana", ["devops-engineer"], "approve"],
    ["sage", ["security-architect"], "approve"],
  ]);
}, 120_000);
