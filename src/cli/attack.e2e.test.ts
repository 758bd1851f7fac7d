import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sabotaged } from "../../test/sabotage/sabotage.ts";
import { type Folder, folder, type Serving } from "../../test/support/processes.ts";
import type { AttackReport } from "../review/attack/run.ts";

let home: Folder;
let serving: Serving;

beforeAll(async () => {
  home = folder();
  serving = await home.serve();
});
afterAll(() => home.cleanUp());

describe("lighthouse attack", () => {
  test("runs what is asked for, says what it saw, and leaves no agent behind", async () => {
    const ended = await home.run("attack", "--only", "binding", "authority.ask");
    expect(ended.code, ended.out + ended.err).toBe(0);
    expect(ended.out).toContain("10 attacks: 10 refused with their controls accepted");
    expect(ended.out).toMatch(/refused {2}binding\.audience +an answer is for one bridge +409 answer_mismatch/);
    const agents = (await home.run("agent", "list", "--json")).json<{
      readonly agents: readonly { readonly name: string; readonly status: string }[];
    }>().agents;
    const ours = agents.filter(({ name }) => name.startsWith("attack-"));
    expect(ours.length).toBeGreaterThan(2);
    expect(ours.every(({ status }) => status === "revoked")).toBe(true);
  });

  test("gives its evidence as JSON: what was sent and what came back, and no secret", async () => {
    const ended = await home.run("attack", "--only", "signature.forged", "--json");
    const { results } = ended.json<AttackReport>();
    const [attempt, control] = results[0]?.steps ?? [];
    expect(attempt).toMatchObject({
      kind: "attempt",
      verdict: "held",
      exchange: { status: 403, code: "signature_invalid" },
      left: expect.arrayContaining([
        expect.objectContaining({ type: "security.violation", code: "signature_invalid" }),
      ]),
    });
    expect(attempt?.exchange?.headers["authorization"]).toMatch(/^Bearer \[token of attack-/);
    expect(control).toMatchObject({ kind: "control", verdict: "held", exchange: { status: 200 } });
    expect(ended.out).not.toMatch(/lh[a-z]_[A-Za-z0-9_-]{16}/);
  });

  test("lists what there is without a bridge", async () => {
    const listed = (await home.run("attack", "--list", "--json")).json<readonly { readonly id: string }[]>();
    expect(listed.length).toBeGreaterThanOrEqual(38);
  });

  test("says what is wrong with the command: a name, a credential, a bridge that is not there", async () => {
    expect((await home.run("attack", "--only", "nothing")).code).toBe(2);
    const added = await home.run("agent", "add", "alice");
    expect(added.code, added.err).toBe(0);
    const asAgent = await home.run("attack", "--as", "alice", "--only", "page");
    expect(asAgent.code, asAgent.err).toBe(3);
    expect(asAgent.err).toContain("role admin");
    expect((await home.run("attack", "--url", "http://127.0.0.1:9", "--only", "page")).code).toBe(6);
  });

  test("ends with 9 when an attack succeeds", async () => {
    await serving.stop();
    const weak = folder(
      sabotaged({ file: "src/domain/answer.ts", find: "need(raw.aud === audience,", replace: "need(true," }),
    );
    try {
      await weak.serve();
      const ended = await weak.run("attack", "--only", "binding.audience");
      expect(ended.code).toBe(9);
      expect(ended.out).toMatch(/succeeded {2}binding\.audience .* 200, and elicitation\.accepted at \d+/);
    } finally {
      await weak.cleanUp();
    }
  });
});
