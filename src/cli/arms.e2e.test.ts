import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";
import { until } from "../../test/support/until.ts";

let at: Folder;

beforeAll(async () => {
  at = folder();
  await at.serve();
  for (const name of ["alice", "bob"]) expect((await at.run("agent", "add", name)).code).toBe(0);
});
afterAll(() => at.cleanUp());

describe("lighthouse flag", () => {
  test("sets, shows, kills and restores, and says no to a change that was decided on an old fence", async () => {
    const set = await at.run(
      "flag",
      "set",
      "new-summary",
      "5",
      "--reason",
      "first step",
      "--on-for",
      "agent=alice",
      "--json",
    );
    expect(set.json()).toMatchObject({
      status: "set",
      percentage: 5,
      fence: 1,
      by: "operator",
      reason: "first step",
    });

    const forAlice = await at.run("flag", "get", "new-summary", "--agent", "alice", "--json");
    expect(forAlice.json()).toMatchObject({ evaluated: { value: true, reason: "TARGETING_MATCH" } });

    const stale = await at.run("flag", "set", "new-summary", "25", "--fence", "0", "--reason", "slept", "--json");
    expect([stale.code, JSON.parse(stale.out).error.code]).toEqual([3, "flag_fenced"]);

    expect((await at.run("flag", "kill", "new-summary", "--reason", "errors")).out).toContain("is killed");
    const restored = await at.run("flag", "restore", "new-summary", "--reason", "mended", "--json");
    expect(restored.json()).toMatchObject({ status: "set", percentage: 5, fence: 3 });
    expect((await at.run("flag", "list")).out).toMatch(/new-summary +set +5 %/);
  });

  test("refuses a share that is none, and an agent who is no operator", async () => {
    expect((await at.run("flag", "set", "x", "101", "--reason", "much")).code).toBe(2);
    expect((await at.run("flag", "kill", "x", "--reason", "mine", "--as", "bob")).code).toBe(3);
  });
});

describe("lighthouse arm", () => {
  test("shows what is in flight by a way, puts it over, and tries both ways", async () => {
    const asked = await at.run("ask", "bob", "Which port?", "--as", "alice", "--no-wait");
    const id = asked.out.trim();
    expect((await at.run("arm", "open", "--arm", "push")).out).toContain(id);
    const put = await at.run("arm", "reroute", id, "--arm", "mailbox", "--reason", "slow today", "--json");
    expect(put.json()).toEqual({ rerouted: [id], already: [], ended: [] });
    expect((await at.run("receipt", id, "--as", "alice")).out).toContain(
      "rerouted, from push, to mailbox, reason slow today",
    );

    for (const arm of ["push", "mailbox"]) {
      const probed = await at.run("arm", "probe", "--arm", arm, "--json");
      expect(probed.json()).toMatchObject({ ok: true });
    }
  });
});

describe("lighthouse mailbox dead", () => {
  test("lists what expired unread, cannot bring that back, and gives it up", async () => {
    expect((await at.run("mailbox", "dead", "list")).out).toContain("No dead letters");
    expect((await at.run("flag", "kill", "push-elicitation", "--reason", "mailbox")).code).toBe(0);
    const id = (await at.run("ask", "bob", "?", "--as", "alice", "--no-wait", "--timeout", "1s")).out.trim();
    await until(async () => (await at.run("mailbox", "dead", "list", "--to", "bob")).out.includes(id));
    expect((await at.run("mailbox", "dead", "requeue", "--reason", "r")).code).toBe(2);
    const back = await at.run("mailbox", "dead", "requeue", id, "--reason", "r", "--json");
    expect(back.json()).toEqual({ requeued: [], notDead: [], ended: [id] });
    const given = await at.run("mailbox", "dead", "discard", "--all", "--reason", "seen", "--json");
    expect(given.json()).toMatchObject({ discarded: [id] });
    const denied = await at.run("mailbox", "dead", "discard", id, "--reason", "mine", "--as", "bob");
    expect(denied.code).toBe(3);
    expect((await at.run("flag", "restore", "push-elicitation", "--reason", "done")).code).toBe(0);
  });
});

describe("lighthouse mode", () => {
  test("emergency refuses new work until a person has gone the whole way back", async () => {
    expect((await at.run("mode", "show")).out).toContain("normal");
    expect((await at.run("mode", "emergency", "--reason", "drill")).out).toContain("emergency since");
    const refused = await at.run("ask", "bob", "?", "--as", "alice", "--no-wait", "--json");
    expect([refused.code, JSON.parse(refused.out).error.code]).toEqual([3, "degraded"]);
    expect((await at.run("mode", "normal", "--reason", "impatient")).code).toBe(3);
    expect((await at.run("mode", "recover", "--reason", "looked")).out).toContain("recovering since");
    expect((await at.run("mode", "normal", "--reason", "verified")).out).toContain("normal since");
    expect((await at.run("ask", "bob", "?", "--as", "alice", "--no-wait")).code).toBe(0);
  });
});
