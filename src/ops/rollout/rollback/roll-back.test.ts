import { describe, expect, test } from "vitest";
import { Killed, type RolloutWorld, rolloutWorld } from "../../../../test/support/rollout-world.ts";
import { rollbackSteps } from "../../../domain/event-rollout.ts";
import type { RollbackScope } from "../../../domain/rollback.ts";
import type { FlagStanding, RollbackStanding } from "../operator.ts";
import { bringToEnd, finishRollback, unfinishedInWords } from "./go-back.ts";
import { prepareRehearsal, restoreAfterRehearsal, shadowAgents } from "./rehearsal.ts";
import { type Announced, reportMarkdown } from "./report.ts";
import { beginRollback } from "./roll-back.ts";

const begin = (world: RolloutWorld, scope: RollbackScope = { kind: "full" }, more: object = {}) =>
  beginRollback(world, { id: "rb_00000001", flag: "push-elicitation", scope, reason: "it | smokes\nbadly", ...more });
const byOperator = { actor: "operator", trace: null };
/** Questions to agents that are away: they stay open, in the arm that the flag says. */
const pending = async (world: RolloutWorld, ...agents: readonly string[]): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (const agent of agents) {
    await world.t.register(agent, ["agent"]);
    for (let n = 0; n < 3; n++) ids.push(await world.t.ask("operator", agent, { message: `${n}` }));
  }
  return ids;
};
const openIn = async (world: RolloutWorld, arm: "push" | "mailbox"): Promise<number> =>
  (await world.operator.operate<{ readonly count: number }>("arms.open", { arm })).count;
const flagOf = (world: RolloutWorld) => world.operator.operate<FlagStanding>("flags.get", { name: "push-elicitation" });

/** What a rollback asks of its bridge from beginning to end; a test below tells when that is no longer so. */
const CALLS = 32;

describe("a rollback", () => {
  test("puts over what is on its way, and accounts for every question", async () => {
    const world = await rolloutWorld();
    await pending(world, "bob", "carol");
    await begin(world);
    const done = await finishRollback(world.controller(), "rb_00000001");
    expect(done).toMatchObject({ ok: true });
    expect([await openIn(world, "push"), await openIn(world, "mailbox")]).toEqual([0, 6]);
    const story = await world.story();
    const steps = story.flatMap((e) => (e.type === "rollback.step_done" ? [e.data.step] : []));
    expect(steps).toEqual([...rollbackSteps]);
    expect(world.reports[0]).toMatchObject({
      incident_id: "rb_00000001",
      initiated_by: "operator",
      percent_before: 100,
      status: "completed",
      data_loss: { inFlight: 6, answered: 0, ended: 0, handedOver: 6, lost: 0 },
    });
  });

  test("puts over what slips in between its steps as well", async () => {
    const world = await rolloutWorld();
    await pending(world, "bob");
    await begin(world, { kind: "partial", agents: ["bob"], roles: [] });
    const ports = world.controller();
    const verifyLog: typeof ports.verifyLog = async () => ({ ok: true, says: "whole" });
    // The flag is pushed back on for bob by somebody who does not know, right after the drain; and a question is asked.
    const probe: typeof ports.probe = async () => {
      const { fence, percentage, targets } = await flagOf(world);
      const [first] = targets;
      if (first?.on === false && (await openIn(world, "push")) === 0) {
        const set = (on: readonly object[], at: number) =>
          world.operator.operate<FlagStanding>("flags.set", {
            name: "push-elicitation",
            percentage,
            targets: on,
            fence: at,
            reason: "oops",
          });
        const wrong = await set([{ agents: ["bob"], on: true }], fence);
        await world.t.ask("operator", "bob", { message: "late" });
        await set(targets, wrong.fence);
      }
      return { ok: true, ms: 1, says: "answered" };
    };
    const done = await finishRollback({ ...ports, probe, verifyLog }, "rb_00000001");
    expect(done).toMatchObject({ ok: true });
    expect(await openIn(world, "push")).toBe(0);
    expect(world.reports[0]?.data_loss).toMatchObject({ inFlight: 4, handedOver: 4, lost: 0 });
  });

  test.each([
    [
      "the mailbox does not answer",
      "confirm_stable",
      { probe: async () => ({ ok: false, ms: 9, says: "nobody came" }) },
    ],
    ["the log does not verify", "verify_log", { verifyLog: async () => ({ ok: false, says: "position 7: a bit" }) }],
  ] as const)("stops where %s, says so, and is gone on with when that is mended", async (_, step, broken) => {
    const world = await rolloutWorld();
    await pending(world, "bob");
    await begin(world);
    const stopped = await finishRollback({ ...world.controller(), ...broken }, "rb_00000001");
    expect(stopped).toMatchObject({ ok: false, step });
    // The flag is off and the questions are safe, whatever else is wrong.
    expect(await flagOf(world)).toMatchObject({ status: "killed" });
    expect(await openIn(world, "push")).toBe(0);
    await world.advance(60_000);
    expect(await finishRollback(world.controller(), "rb_00000001")).toMatchObject({ ok: true });
    expect(world.reports.at(-1)?.failed_attempts).toHaveLength(3);
  });

  test("of the canary only leaves the flag to be set again, and what is targeted off stays off", async () => {
    const world = await rolloutWorld();
    const off = { agents: ["dan"], on: false };
    const set = {
      name: "push-elicitation",
      percentage: 40,
      targets: [{ agents: ["bob"], on: true }, off],
      fence: 0,
      reason: "r",
    };
    await world.operator.operate("flags.set", set);
    await begin(world, { kind: "canary" });
    expect(await finishRollback(world.controller(), "rb_00000001")).toMatchObject({ ok: true });
    expect(await flagOf(world)).toMatchObject({ status: "set", percentage: 0, targets: [off] });
  });

  test("of a role leaves the others where they are", async () => {
    const world = await rolloutWorld();
    await world.t.register("pay", ["agent", "payments"]);
    await world.t.ask("operator", "pay");
    await pending(world, "bob");
    await begin(world, { kind: "partial", agents: [], roles: ["payments"] });
    expect(await finishRollback(world.controller(), "rb_00000001")).toMatchObject({ ok: true });
    expect([await openIn(world, "push"), await openIn(world, "mailbox")]).toEqual([3, 1]);
    expect(world.reports[0]?.data_loss.inFlight).toBe(1);
  });

  test("is refused when nothing is rolled out", async () => {
    const world = await rolloutWorld();
    await begin(world);
    await finishRollback(world.controller(), "rb_00000001");
    await expect(begin(world, { kind: "full" }, { id: "rb_00000002" })).rejects.toMatchObject({
      code: "nothing_to_roll_back",
    });
  });

  test("aborts a rollout that is under way, whoever leads it", async () => {
    const world = await rolloutWorld();
    await world.start();
    await begin(world);
    expect((await world.standing()).rollout).toMatchObject({ status: "aborting" });
    await finishRollback(world.controller(), "rb_00000001");
    expect((await world.standing()).rollout).toMatchObject({ status: "withdrawn" });
    await expect(world.start()).resolves.toMatchObject({});
  });

  test("waits for no channel: people are told beside its steps, and the report says what came of it", async () => {
    const world = await rolloutWorld();
    await begin(world);
    const ports = world.controller();
    let heard = (_told: readonly Announced[]): void => undefined;
    const announce: typeof ports.announce = () => new Promise((resolve) => (heard = resolve));
    // Slack answers when the whole log was verified: had any step before waited for it, this would never end.
    const verifyLog: typeof ports.verifyLog = async () => {
      heard([{ channel: "slack", state: "failed", why: "no route" }]);
      return { ok: true, says: "whole" };
    };
    expect(await finishRollback({ ...ports, announce, verifyLog }, "rb_00000001")).toMatchObject({ ok: true });
    expect(world.reports[0]?.told).toEqual([{ channel: "slack", state: "failed", why: "no route" }]);
    expect(reportMarkdown(world.reports[0] as never)).toContain("| told | slack: failed |");
  });

  test("that is taken up after a death tells people again: nobody may have heard of it yet", async () => {
    const world = await rolloutWorld();
    await begin(world);
    const told: number[] = [];
    const telling = (mortal?: { readonly afterCalls: number; readonly unheard: boolean }) => ({
      ...world.controller(mortal),
      announce: async ({ done }: RollbackStanding) => {
        told.push(done.length);
        return [];
      },
    });
    await expect(finishRollback(telling({ afterCalls: 8, unheard: false }), "rb_00000001")).rejects.toThrow(Killed);
    await world.advance(60_000);
    await finishRollback(telling(), "rb_00000001");
    expect(told).toEqual([0, expect.any(Number)]);
    expect(told[1]).toBeGreaterThan(0);
  });

  test("reads the questions from the oldest that was open when it began, and accounts for that one too", async () => {
    const world = await rolloutWorld();
    await world.t.register("bob", ["agent"]);
    for (let n = 0; n < 5; n++)
      await world.t.bridge.elicit.cancel(await world.t.ask("operator", "bob"), "", byOperator);
    const oldest = await world.t.ask("operator", "bob", { timeoutMs: 7 * 86_400_000 });
    await world.advance(3_600_000 * 24 * 6);
    const { rollback } = await begin(world);
    const [first] = (await world.t.events()).filter(({ stream }) => stream === `elicitation/${oldest}`);
    const ports = world.controller();
    const read: number[] = [];
    const query: typeof ports.operator.query = (filter) => {
      if (filter.types?.includes("elicitation.asked") && filter.stream === undefined) read.push(filter.after ?? 0);
      return ports.operator.query(filter);
    };
    expect(rollback?.openFrom).toBe(first?.position);
    await finishRollback({ ...ports, operator: { ...ports.operator, query } }, "rb_00000001");
    expect(read).toEqual([(first?.position ?? 0) - 1]);
    expect(world.reports[0]?.data_loss).toMatchObject({ inFlight: 1, handedOver: 1, lost: 0 });
  });

  test("is brought to its end by whoever comes next, and says until then how far it is and that nobody works on it", async () => {
    const world = await rolloutWorld();
    await pending(world, "bob");
    await begin(world);
    await expect(finishRollback(world.controller({ afterCalls: 12, unheard: true }), "rb_00000001")).rejects.toThrow(
      Killed,
    );
    await world.advance(60_000);
    const { rollback, now } = await world.standing();
    expect(unfinishedInWords(rollback as RollbackStanding, now)).toMatch(
      /^the rollback rb_00000001 is not finished: [1-6] of 7 steps are done, next is \w+; nobody is at work on it/,
    );
    expect(await bringToEnd(world.controller(), rollback as RollbackStanding)).toMatchObject({ ok: true });
    expect((await world.standing()).rollback).toMatchObject({ status: "finished" });
  });

  test("for everybody takes the place of one for some that got stuck", async () => {
    const world = await rolloutWorld();
    await pending(world, "bob", "carol");
    await begin(world, { kind: "partial", agents: ["bob"], roles: [] });
    const stuck = { ...world.controller(), verifyLog: async () => ({ ok: false, says: "position 7: a bit" }) };
    expect(await finishRollback(stuck, "rb_00000001")).toMatchObject({ ok: false });
    await begin(world, { kind: "full" }, { id: "rb_00000002" });
    expect(await finishRollback(world.controller(), "rb_00000002")).toMatchObject({ ok: true });
    expect(await flagOf(world)).toMatchObject({ status: "killed" });
    // What the first one had put over is in the mailbox already.
    expect(world.reports.at(-1)?.data_loss).toMatchObject({ inFlight: 3, handedOver: 3, lost: 0 });
    expect(await openIn(world, "mailbox")).toBe(6);
  });

  test("keeps strangers' words in their place in the report", async () => {
    const world = await rolloutWorld();
    await begin(world);
    await finishRollback(world.controller(), "rb_00000001");
    const text = reportMarkdown(world.reports[0] as never);
    expect(text).toContain("| reason | it \\| smokes badly |");
    expect(text).toContain("None is lost.");
  });

  test("killed at every one of its calls, with questions on their way, comes to the same end", async () => {
    for (let afterCalls = 0; afterCalls < CALLS; afterCalls++) {
      for (const unheard of [false, true]) {
        const world = await rolloutWorld();
        await pending(world, "bob");
        await begin(world);
        const first = finishRollback(world.controller({ afterCalls, unheard }), "rb_00000001");
        await first.catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        await world.advance(60_000);
        expect(await finishRollback(world.controller(), "rb_00000001"), `${afterCalls}`).toMatchObject({ ok: true });
        const story = await world.story();
        expect(
          story.filter(({ type }) => type === "rollback.step_done"),
          `${afterCalls}`,
        ).toHaveLength(7);
        expect(story.filter(({ type }) => type === "rollback.finished")).toHaveLength(1);
        expect(world.reports.at(-1)?.data_loss).toMatchObject({ inFlight: 3, handedOver: 3, lost: 0 });
        await world.t.close();
      }
    }
  }, 120_000);
});

describe("a bridge that loses its power", () => {
  test("at every call of a rollback: the rollback goes on with the bridge that starts again, and no question is lost", async () => {
    for (let afterCalls = 0; afterCalls < CALLS; afterCalls++) {
      for (const unheard of [false, true]) {
        const world = await rolloutWorld();
        const ids = await pending(world, "bob");
        await begin(world);
        const controller = world.controller({ afterCalls, unheard, bridge: true });
        expect(await finishRollback(controller, "rb_00000001"), `${afterCalls} ${unheard}`).toMatchObject({ ok: true });
        const story = await world.story();
        expect(
          story.filter(({ type }) => type === "rollback.step_done"),
          `${afterCalls} ${unheard}`,
        ).toHaveLength(7);
        expect(world.reports.at(-1)?.data_loss).toMatchObject({ inFlight: 3, handedOver: 3, lost: 0 });
        const starts = (await world.t.events()).filter(({ type }) => type === "bridge.started");
        expect(starts, `${afterCalls} ${unheard}`).toHaveLength(2);
        const open = [...world.t.bridge.elicitations.open()].map(({ id }) => id);
        expect(open).toEqual(expect.arrayContaining([...ids]));
        await world.t.close();
      }
    }
  }, 120_000);
});

describe("a rehearsal", () => {
  const rehearse = async (world: RolloutWorld) => {
    const { rollback } = await begin(
      world,
      { kind: "partial", agents: [...shadowAgents("rb_00000001")], roles: [] },
      { rehearsal: true },
    );
    if (rollback === null) throw new Error("it did not begin");
    return rollback;
  };

  test("goes the whole way for its own agents, and puts everything back; preparing and restoring twice is once", async () => {
    const world = await rolloutWorld();
    await world.operator.operate("flags.set", {
      name: "push-elicitation",
      percentage: 30,
      targets: [],
      fence: 0,
      reason: "r",
    });
    await pending(world, "bob");
    const before = { push: await openIn(world, "push"), mailbox: await openIn(world, "mailbox") };
    const rollback = await rehearse(world);
    await prepareRehearsal(world.operator, rollback);
    await prepareRehearsal(world.operator, rollback);
    expect(await finishRollback(world.controller(), rollback.id)).toMatchObject({ ok: true });
    expect(world.reports[0]).toMatchObject({ rehearsal: true, data_loss: { inFlight: 20, handedOver: 20, lost: 0 } });
    await restoreAfterRehearsal(world.operator, rollback);
    await restoreAfterRehearsal(world.operator, rollback);
    expect(await flagOf(world)).toMatchObject({ status: "set", percentage: 30, targets: [] });
    expect({ push: await openIn(world, "push"), mailbox: await openIn(world, "mailbox") }).toEqual(before);
  });

  test("is displaced by a real one", async () => {
    const world = await rolloutWorld();
    const rollback = await rehearse(world);
    await prepareRehearsal(world.operator, rollback);
    await begin(world, { kind: "full" }, { id: "rb_00000002" });
    await expect(finishRollback(world.controller(), rollback.id)).rejects.toThrow("is not the latest rollback");
    expect(await finishRollback(world.controller(), "rb_00000002")).toMatchObject({ ok: true });
    expect(await openIn(world, "push")).toBe(0);
  });
});
