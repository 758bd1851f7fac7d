import type { Static } from "typebox";
import { expect, expectTypeOf, test } from "vitest";
import type { StandingSchema } from "../../bridge/transport/operations/rollouts.ts";
import { operations } from "../../bridge/transport/operations.ts";
import type { Standing } from "./operator.ts";

test("what a controller reads is what the bridge's schema says", () => {
  expectTypeOf<Static<typeof StandingSchema>>().toExtend<Standing>();
});

test("the operations that a rollout and a rollback work with are served, and each change is the policy's to allow", () => {
  const served = new Map(operations.map(({ name, action }) => [name, action]));
  for (const name of ["start", "lease", "advance", "resume", "promote"]) {
    expect([name, served.get(`rollouts.${name}`)]).toEqual([name, "rollout.advance"]);
  }
  for (const name of ["rollouts.pause", "rollouts.abort", "rollbacks.start", "rollbacks.lease", "rollbacks.advance"]) {
    expect([name, served.get(name)]).toEqual([name, "rollout.abort"]);
  }
  for (const name of [
    "flags.get",
    "flags.set",
    "flags.kill",
    "flags.evaluate",
    "arms.open",
    "arms.reroute",
    "arms.probe",
  ]) {
    expect(served.has(name), name).toBe(true);
  }
});
