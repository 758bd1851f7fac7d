import { expect, test } from "vitest";
import { type RolloutWorld, rolloutWorld } from "../../../test/support/rollout-world.ts";
import { lead } from "./lead.ts";
import type { FlagStanding, Operator } from "./operator.ts";
import { finishRollback } from "./rollback/go-back.ts";
import { beginRollback } from "./rollback/roll-back.ts";

const flagOf = ({ operator }: RolloutWorld) =>
  operator.operate<FlagStanding>("flags.get", { name: "push-elicitation" });

/** The operator of a controller that sleeps before one of its calls, while the rest of the world goes on. */
const sleepingBefore = (operator: Operator, name: string, meanwhile: () => Promise<unknown>): Operator => {
  let slept = false;
  return {
    query: operator.query,
    operate: async (called, input) => {
      if (called === name && !slept) {
        slept = true;
        await meanwhile();
      }
      return operator.operate(called, input);
    },
  };
};

test("a controller that was replaced while it slept is refused, and does not take the fence of who replaced it for its own", async () => {
  const world = await rolloutWorld();
  await world.start();
  const ports = world.controller();
  const operator = sleepingBefore(ports.operator, "flags.get", async () => {
    await world.advance(60_000);
    await world.operator.operate("rollouts.lease", { id: "ro_00000001", holder: "another", forMs: 60_000 });
  });
  await expect(lead({ ...ports, operator })).rejects.toMatchObject({ code: "lease_lost" });
  expect(await flagOf(world)).toMatchObject({ status: "none" });
});

test.each(["flags.get", "flags.set"])(
  "a controller that sleeps before %s while the canary is withdrawn does not bring it back",
  async (call) => {
    const world = await rolloutWorld();
    const name = "push-elicitation";
    await world.operator.operate("flags.set", { name, percentage: 0, targets: [], fence: 0, reason: "before it" });
    await world.start();
    const ports = world.controller();
    const operator = sleepingBefore(ports.operator, call, async () => {
      const scope = { kind: "canary" } as const;
      await beginRollback(world, { id: "rb_00000009", flag: name, scope, reason: "it smells" });
      expect(await finishRollback(world.controller(), "rb_00000009")).toMatchObject({ ok: true });
    });
    expect(await lead({ ...ports, operator })).toBe("withdrawn");
    expect(await flagOf(world)).toMatchObject({ status: "set", percentage: 0 });
  },
);

test.each([true, false])(
  "of a rollout and a rollback that begin in the same breath one waits for the other (the rollback first: %s)",
  async (isBackFirst) => {
    const world = await rolloutWorld();
    const scope = { kind: "full" } as const;
    const back = () =>
      beginRollback(world, { id: "rb_00000009", flag: "push-elicitation", scope, reason: "it smells" });
    const begun = await Promise.allSettled(isBackFirst ? [back(), world.start()] : [world.start(), back()]);
    const { rollout, rollback } = await world.standing();
    expect(rollback).toMatchObject({ status: "running", rollout: isBackFirst ? "" : "ro_00000001" });
    if (isBackFirst) expect(begun[1]).toMatchObject({ status: "rejected", reason: { code: "rollout_busy" } });
    else expect(rollout).toMatchObject({ status: "aborting" });
  },
);
