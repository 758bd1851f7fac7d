import { describe, expect, test } from "vitest";
import { Killed, quickPlan, type RolloutWorld, rolloutWorld, untilLed } from "../../../test/support/rollout-world.ts";
import { type Certified, lead } from "./lead.ts";
import type { FlagStanding } from "./operator.ts";
import { goBack } from "./rollback/go-back.ts";

const bad = { canary: { ended: 100, failed: 40 }, stable: { ended: 300 } };
const flagOf = ({ operator }: RolloutWorld) =>
  operator.operate<FlagStanding>("flags.get", { name: "push-elicitation" });
const shares = async (world: RolloutWorld): Promise<readonly number[]> =>
  (await world.t.events()).flatMap((event) => (event.type === "flag.set" ? [event.data.rule.percentage] : []));
const kinds = async (world: RolloutWorld): Promise<readonly string[]> => (await world.story()).map(({ type }) => type);

describe("a rollout is led", () => {
  test("a sound one to 100 %, step by step", async () => {
    const world = await rolloutWorld();
    await world.start();
    expect(await lead(world.controller())).toBe("completed");
    expect(await shares(world)).toEqual([25, 100]);
    expect(await flagOf(world)).toMatchObject({ status: "set", percentage: 100 });
  });

  test("a bad one back, with a report that says why", async () => {
    const world = await rolloutWorld();
    await world.start();
    world.traffic = bad;
    expect(await lead(world.controller())).toBe("withdrawn");
    expect(await flagOf(world)).toMatchObject({ status: "killed" });
    expect(world.reports[0]).toMatchObject({ status: "completed", data_loss: { lost: 0 } });
    expect(world.reports[0]?.reason).toMatch(/errors: .*40 of 100/);
  });

  test("by nobody while another controller is at work", async () => {
    const world = await rolloutWorld();
    await world.start();
    await expect(lead(world.controller({ afterCalls: 8, unheard: false }))).rejects.toThrow(Killed);
    await expect(lead(world.controller())).rejects.toMatchObject({ code: "lease_held" });
  });

  test("not on while the metrics are missing, and back after the named time", async () => {
    const world = await rolloutWorld();
    await world.start({ ...quickPlan, triggers: { ...quickPlan.triggers, unhealthy: 100 } });
    world.traffic = new Error("nobody listens there");
    expect(await lead(world.controller())).toBe("withdrawn");
    const story = await world.story();
    const held = story.filter(({ type }) => type === "rollout.blind").length;
    expect(held).toBe(11);
    expect(await shares(world)).toEqual([25]);
    expect(world.reports[0]?.reason).toMatch(/no evidence: nothing could be seen for 11 s/);
  });

  test("at once back when the bridge is not well three times", async () => {
    const world = await rolloutWorld();
    await world.start();
    world.traffic = new Error("nobody listens there");
    expect(await lead(world.controller())).toBe("withdrawn");
    expect(world.reports[0]?.trigger).toBe("health");
  });

  test.each([
    ["errors", { canary: { ended: 100 }, stable: { ended: 300, failed: 300 } }],
    ["timeouts", { canary: { ended: 100 }, stable: { ended: 300, failed: 90 } }],
    ["agents", { canary: { ended: 100 }, stable: { ended: 300 }, agents: { answering: 8, failing: 2 } }],
    ["integrity", { canary: { ended: 100 }, stable: { ended: 300 }, damaged: 1 }],
  ] as const)("at once back, also while it is paused, when the system as a whole trips %s", async (name, traffic) => {
    const world = await rolloutWorld();
    await world.start();
    const ports = world.controller();
    let looks = 0;
    const sleep = async (ms: number): Promise<void> => {
      if (++looks === 1) await world.operator.operate("rollouts.pause", { id: "ro_00000001", reason: "lunch" });
      if (looks === 3) world.traffic = traffic;
      await ports.sleep(ms);
    };
    expect(await lead({ ...ports, sleep })).toBe("withdrawn");
    expect(looks).toBe(3);
    expect(world.reports[0]?.trigger).toBe(name);
  });

  test("with scrapes that are stale, or of something else, it holds", async () => {
    const world = await rolloutWorld();
    await world.start();
    world.traffic = "lighthouse_ready 1\n";
    expect(await lead(world.controller())).toBe("withdrawn");
    const blind = (await world.story()).find(({ type }) => type === "rollout.blind");
    expect(blind?.data).toMatchObject({ why: expect.stringContaining("elicitation_requests_total") });
  });

  test("a clock that jumps ahead by an hour promotes nothing", async () => {
    const world = await rolloutWorld();
    await world.start();
    const ports = world.controller();
    let jumps = 0;
    const sleep = async (ms: number): Promise<void> => {
      world.t.clock.jump(jumps++ % 2 === 0 ? 3_600_000 : -3_600_000);
      await ports.sleep(ms);
    };
    expect(await lead({ ...ports, sleep })).toBe("completed");
    const story = await world.story();
    const looks = story.filter(({ type }) => type === "rollout.measured").length;
    // Two steps of two seconds, watched a second at a time: an hour on the wall made none of them shorter.
    expect(looks).toBe(4);
  });

  test("no further while it is paused, and its triggers stay live", async () => {
    const world = await rolloutWorld();
    await world.start();
    const ports = world.controller();
    let looks = 0;
    const sleep = async (ms: number): Promise<void> => {
      looks++;
      if (looks === 1) await world.operator.operate("rollouts.pause", { id: "ro_00000001", reason: "lunch" });
      if (looks === 6) {
        expect(await shares(world)).toEqual([25]);
        world.traffic = bad;
      }
      await ports.sleep(ms);
    };
    expect(await lead({ ...ports, sleep })).toBe("withdrawn");
    expect(looks).toBe(6);
  });

  test("an abort by hand beats a step that is being entered", async () => {
    const world = await rolloutWorld();
    await world.start();
    const ports = world.controller();
    const operate: typeof ports.operator.operate = async (name, input) => {
      if (name === "flags.set") await world.operator.operate("rollouts.abort", { id: "ro_00000001", reason: "stop" });
      return ports.operator.operate(name, input);
    };
    expect(await lead({ ...ports, operator: { ...ports.operator, operate } })).toBe("withdrawn");
    expect(await flagOf(world)).toMatchObject({ status: "killed" });
  });

  test("back when somebody kills the flag under it, and on hold when somebody sets it otherwise", async () => {
    const world = await rolloutWorld();
    await world.start();
    const ports = world.controller();
    let looks = 0;
    const sleep = async (ms: number): Promise<void> => {
      looks++;
      const { fence, percentage } = await flagOf(world);
      const set = { name: "push-elicitation", targets: [], reason: "by hand" };
      if (looks === 1) await world.operator.operate("flags.set", { ...set, percentage: 60, fence });
      if (looks === 4) {
        expect((await world.standing()).rollout).toMatchObject({
          status: "paused",
          why: expect.stringContaining("60 %"),
        });
        expect(percentage).toBe(60);
        await world.operator.operate("flags.kill", { name: "push-elicitation", reason: "I do not like it" });
      }
      await ports.sleep(ms);
    };
    expect(await lead({ ...ports, sleep })).toBe("withdrawn");
    expect(world.reports[0]).toMatchObject({ trigger: "flag", reason: expect.stringContaining("I do not like it") });
  });

  test("one that wants certificates pauses where there is none, and records which let it pass", async () => {
    const world = await rolloutWorld();
    await world.start({ ...quickPlan, certificate: "required" });
    const ports = world.controller();
    let certificate: string | undefined;
    const sleep = async (ms: number): Promise<void> => {
      if (certificate === undefined) {
        const why = "step 1 needs a valid certificate: it is expired";
        expect((await world.standing()).rollout).toMatchObject({ status: "paused", step: -1, why });
        certificate = "sha256:abc";
        await world.operator.operate("rollouts.resume", { id: "ro_00000001", reason: "reviewed" });
      }
      await ports.sleep(ms);
    };
    const asked: number[] = [];
    const certify = async (percent: number): Promise<Certified> => {
      asked.push(percent);
      return certificate === undefined ? { ok: false, why: "it is expired" } : { ok: true, certificate };
    };
    expect(await lead({ ...ports, sleep, certificate: certify })).toBe("completed");
    expect(asked).toEqual([25, 25, 100]);
    const entered = (await world.story()).filter(({ type }) => type === "rollout.entered");
    expect(entered.map(({ data }) => (data as { certificate: string }).certificate)).toEqual([
      "sha256:abc",
      "sha256:abc",
    ]);
  });
});

describe("a certificate that is good no more while a step soaks", () => {
  test("pauses the rollout within a minute; its triggers stay live, and it goes on when there is one again", async () => {
    const world = await rolloutWorld();
    const steps = [
      { percent: 25, soakMs: 300_000 },
      { percent: 100, soakMs: 2_000 },
    ];
    await world.start({ ...quickPlan, steps, certificate: "required" });
    const ports = world.controller();
    let looks = 0;
    let isGood = true;
    const sleep = async (ms: number): Promise<void> => {
      looks++;
      if (looks === 30) isGood = false;
      if (looks === 62) {
        const why = "step 1 has no valid certificate any more: it is revoked";
        expect((await world.standing()).rollout).toMatchObject({ status: "paused", stage: "soaking", why });
        isGood = true;
        await world.operator.operate("rollouts.resume", { id: "ro_00000001", reason: "renewed" });
      }
      await ports.sleep(ms);
    };
    const certificate = async (): Promise<Certified> =>
      isGood ? { ok: true, certificate: "sha256:abc" } : { ok: false, why: "it is revoked" };
    expect(await lead({ ...ports, sleep, certificate })).toBe("completed");
    expect((await kinds(world)).filter((type) => type === "rollout.paused")).toHaveLength(1);
  });

  test("that is waited for is waited for no longer once somebody else took the rollout back", async () => {
    const world = await rolloutWorld();
    await world.start({ ...quickPlan, certificate: "required" });
    const ports = world.controller();
    let waits = 0;
    const sleep = async (ms: number): Promise<void> => {
      if (++waits === 2) {
        await world.operator.operate("rollouts.abort", { id: "ro_00000001", reason: "no" });
        const { rollout } = await world.standing();
        if (rollout !== null) await goBack(world.controller(), rollout);
      }
      await ports.sleep(ms);
    };
    expect(await lead({ ...ports, sleep })).toBe("withdrawn");
  });

  test("is none when the controller was given none", async () => {
    const world = await rolloutWorld();
    await world.start({ ...quickPlan, certificate: "required" });
    const ports = world.controller();
    const sleep = async (): Promise<void> => {
      throw new Killed("seen enough");
    };
    await expect(lead({ ...ports, sleep })).rejects.toThrow(Killed);
    expect((await world.standing()).rollout).toMatchObject({
      status: "paused",
      why: expect.stringContaining("given none"),
    });
  });
});

describe("a controller is killed", () => {
  /** Everything it does on the bridge, until a whole sound rollout is over. */
  const callsOf = async (traffic?: RolloutWorld["traffic"]): Promise<number> => {
    const world = await rolloutWorld();
    if (traffic !== undefined) world.traffic = traffic;
    await world.start();
    let calls = 0;
    const ports = world.controller();
    const { operate, query } = ports.operator;
    const counted =
      <A extends readonly unknown[], R>(work: (...args: A) => R) =>
      (...args: A): R => {
        calls++;
        return work(...args);
      };
    Object.assign(ports.operator, { operate: counted(operate), query: counted(query) });
    await lead(ports);
    return calls;
  };

  test("at every one of its calls, heard or unheard: the next one brings a sound rollout to the same end, once", async () => {
    const calls = await callsOf();
    expect(calls).toBeGreaterThan(30);
    for (let afterCalls = 1; afterCalls < calls; afterCalls++) {
      for (const unheard of [false, true]) {
        const world = await rolloutWorld();
        await world.start();
        expect(await untilLed(world, [{ afterCalls, unheard }]), `${afterCalls} ${unheard}`).toBe("completed");
        expect(await shares(world), `${afterCalls} ${unheard}`).toEqual([25, 100]);
        const told = await kinds(world);
        for (const once of ["rollout.started", "rollout.completed"])
          expect(told.filter((t) => t === once)).toHaveLength(1);
        expect(told.filter((t) => t === "rollout.entered")).toHaveLength(2);
        await world.t.close();
      }
    }
  }, 120_000);

  test("at every one of its calls of a bad rollout: it goes back all the same, each step of the way once", async () => {
    const calls = await callsOf(bad);
    expect(calls).toBeGreaterThan(40);
    for (let afterCalls = 1; afterCalls < calls; afterCalls++) {
      for (const unheard of [false, true]) {
        const world = await rolloutWorld();
        world.traffic = bad;
        await world.start();
        expect(await untilLed(world, [{ afterCalls, unheard }]), `${afterCalls} ${unheard}`).toBe("withdrawn");
        expect(await flagOf(world)).toMatchObject({ status: "killed" });
        const told = await kinds(world);
        expect(
          told.filter((t) => t === "rollback.step_done"),
          `${afterCalls} ${unheard}`,
        ).toHaveLength(7);
        for (const once of ["rollback.started", "rollback.finished", "rollout.withdrawn", "rollout.aborted"]) {
          expect(
            told.filter((t) => t === once),
            `${once} ${afterCalls} ${unheard}`,
          ).toHaveLength(1);
        }
        await world.t.close();
      }
    }
  }, 120_000);

  test("and killed again: three deaths in a row change nothing", async () => {
    const world = await rolloutWorld();
    await world.start();
    const deaths = [7, 15, 11].map((afterCalls) => ({ afterCalls, unheard: true }));
    expect(await untilLed(world, deaths)).toBe("completed");
    expect(await shares(world)).toEqual([25, 100]);
  });
});
