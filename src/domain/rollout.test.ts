import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Rollout, type RolloutCommand, rollout } from "./rollout.ts";
import { defaultPlan } from "./rollout-plan.ts";

const plan = defaultPlan("f");
const tally = { ended: 100, failed: 0, expired: 0, deliveries: 100, undelivered: 0, timed: 100, slow: 0, verySlow: 0 };
const seen = { forMs: 10_000, canary: tally, stable: tally, violations: 0 };

const apply = (state: Rollout, command: RolloutCommand) => {
  const decision = rollout.decide(state, command);
  return { decision, state: decision.facts.reduce<Rollout>((s, fact) => rollout.evolve(s, fact), state) };
};
const after = (...commands: readonly RolloutCommand[]): Rollout =>
  commands.reduce((state, command) => apply(state, command).state, rollout.initial);
const refusalOf = (state: Rollout, command: RolloutCommand): string => {
  const { decision } = apply(state, command);
  return decision.ok ? "" : decision.refusal.code;
};

const start: RolloutCommand = { type: "start", id: "ro_1", plan, planDigest: "d", reason: "new" };
const leased = (holder = "one", now = 0): RolloutCommand => ({ type: "lease", id: "ro_1", holder, now, forMs: 30_000 });
const c = { id: "ro_1", fence: 1 } as const;
const enter = (step: number, certificate = ""): RolloutCommand => ({ ...c, type: "enter", step, certificate });
const applied = (step: number): RolloutCommand => ({ ...c, type: "apply", step, version: 1 });
const measure = (step: number, look: number, now = 0): RolloutCommand => ({
  ...c,
  type: "measure",
  step,
  look,
  now,
  leaseMs: 30_000,
  seen,
});
const blind = (step: number, look: number): RolloutCommand => ({
  ...c,
  type: "blind",
  step,
  look,
  now: 0,
  leaseMs: 30_000,
  forMs: 10_000,
  why: "gone",
});
const judge = (step: number, verdict: "promote" | "rollback" | "hold" | "inconclusive"): RolloutCommand => ({
  ...c,
  type: "judge",
  step,
  verdict,
  why: "w",
});
const abort: RolloutCommand = { type: "abort", id: "ro_1", reason: "stop", trigger: "" };
const hand = (type: "pause" | "resume" | "promote"): RolloutCommand => ({ type, id: "ro_1", reason: "r" });
const stepsTo = (step: number): readonly RolloutCommand[] =>
  Array.from({ length: step + 1 }, (_, i) => [enter(i), applied(i), measure(i, 0), judge(i, "promote")]).flat();

describe("a rollout", () => {
  test("goes through its steps and is completed", () => {
    const state = after(start, leased(), ...stepsTo(4), { ...c, type: "complete" });
    expect(state).toMatchObject({ status: "ended", how: "completed" });
  });

  test("is the only one", () => {
    expect(refusalOf(after(start), { ...start, id: "ro_2" } as RolloutCommand)).toBe("rollout_busy");
    expect(apply(after(start), start).decision).toEqual({ ok: true, facts: [] });
  });

  test("cannot be planned into the impossible", () => {
    const decision = rollout.decide(rollout.initial, { ...start, plan: { ...plan, steps: [] } } as RolloutCommand);
    expect(decision.ok ? [] : decision.refusal.problems).toEqual([
      { pointer: "/plan/steps", message: expect.stringContaining("no step") },
    ]);
  });

  test("skips no step, and enters none before the one below was passed", () => {
    const first = after(start, leased(), enter(0), applied(0));
    expect(refusalOf(after(start, leased()), enter(1))).toBe("no_evidence");
    expect(refusalOf(first, enter(1))).toBe("no_evidence");
    expect(refusalOf(apply(apply(first, measure(0, 0)).state, judge(0, "inconclusive")).state, enter(1))).toBe(
      "no_evidence",
    );
  });

  test("is passed no more when the judge has changed its mind", () => {
    const state = after(start, leased(), ...stepsTo(0), judge(0, "hold"));
    expect(refusalOf(state, enter(1))).toBe("no_evidence");
  });

  test("is not promoted without data, by the judge or by a person", () => {
    const nothing = after(start, leased(), enter(0), applied(0));
    expect(refusalOf(nothing, judge(0, "promote"))).toBe("no_evidence");
    expect(refusalOf(nothing, hand("promote"))).toBe("no_evidence");
    const gone = after(start, leased(), enter(0), applied(0), measure(0, 0), blind(0, 1));
    expect(refusalOf(gone, judge(0, "promote"))).toBe("no_evidence");
    expect(refusalOf(gone, hand("promote"))).toBe("no_evidence");
  });

  test("goes no further while it is paused, and is still watched", () => {
    const paused = after(start, leased(), ...stepsTo(0), hand("pause"));
    expect(refusalOf(paused, enter(1))).toBe("no_evidence");
    expect(refusalOf(paused, measure(0, 1))).toBe("");
    expect(apply(paused, judge(0, "rollback")).state.status).toBe("aborting");
    expect(refusalOf(apply(paused, hand("resume")).state, enter(1))).toBe("");
  });

  test("that was told to go back does nothing else", () => {
    const aborting = after(start, leased(), ...stepsTo(1), abort);
    for (const command of [enter(2), applied(1), measure(1, 1), judge(1, "promote"), hand("resume"), hand("promote")]) {
      expect(refusalOf(aborting, command), command.type).toBe("rollout_busy");
    }
    expect(apply(aborting, { type: "withdraw", id: "ro_1", rollback: "rb_1" }).state).toMatchObject({
      how: "withdrawn",
    });
  });

  test("counts each look once, however often it is told", () => {
    const once = after(start, leased(), enter(0), applied(0), measure(0, 0));
    expect(apply(once, measure(0, 0)).decision).toEqual({ ok: true, facts: [] });
  });

  test("enters no step without a certificate when the plan wants one, and records which it was", () => {
    const strict = after({ ...start, plan: { ...plan, certificate: "required" } } as RolloutCommand, leased());
    expect(refusalOf(strict, enter(0))).toBe("certificate_missing");
    const { decision } = apply(strict, enter(0, "sha256:abc"));
    expect(decision.facts).toMatchObject([{ data: { certificate: "sha256:abc" } }]);
  });
});

describe("one controller at a time", () => {
  test("the second waits until the lease has run out, and shuts the first one out", () => {
    const held = after(start, leased("one", 0));
    expect(refusalOf(held, leased("two", 29_999))).toBe("lease_held");
    const taken = apply(held, leased("two", 30_000)).state;
    expect(taken.lease).toMatchObject({ fence: 2, holder: "two" });
    expect(refusalOf(taken, enter(0))).toBe("lease_lost");
  });

  test("a look renews it", () => {
    const state = after(start, leased("one", 0), enter(0), applied(0), measure(0, 0, 20_000));
    expect(state.lease.until).toBe(50_000);
  });

  test("the fence goes on counting over rollouts", () => {
    const ended = after(start, leased(), abort, { type: "withdraw", id: "ro_1", rollback: "rb_1" });
    const next = apply(ended, { ...start, id: "ro_2" } as RolloutCommand).state;
    const again = apply(next, { type: "lease", id: "ro_2", holder: "one", now: 1, forMs: 1_000 }).state;
    expect(again.lease.fence).toBe(2);
  });
});

describe("laws", () => {
  const step = fc.integer({ min: 0, max: 4 });
  const command: fc.Arbitrary<RolloutCommand> = fc.oneof(
    fc.constant(start),
    fc
      .record({ holder: fc.constantFrom("one", "two"), now: fc.integer({ min: 0, max: 100_000 }) })
      .map(({ holder, now }) => leased(holder, now)),
    step.map((s) => enter(s)),
    step.map(applied),
    fc.tuple(step, fc.nat(5)).map(([s, look]) => measure(s, look)),
    fc.tuple(step, fc.nat(5)).map(([s, look]) => blind(s, look)),
    fc
      .tuple(step, fc.constantFrom("promote" as const, "hold" as const, "inconclusive" as const, "rollback" as const))
      .map(([s, v]) => judge(s, v)),
    fc.constantFrom(hand("pause"), hand("resume"), hand("promote"), abort),
    fc.constant<RolloutCommand>({ ...c, type: "complete" }),
    fc.constant<RolloutCommand>({ type: "withdraw", id: "ro_1", rollback: "rb_1" }),
  );

  test("the share only rises until it goes back, every repeat changes nothing, and an abort is always obeyed", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let state = rollout.initial;
        let percent = 0;
        for (const each of commands) {
          const before = state;
          const { decision, state: next } = apply(state, each);
          for (const fact of decision.facts) {
            if (fact.type === "rollout.started") percent = 0;
            if (fact.type === "rollout.entered") {
              expect(fact.data.percent).toBeGreaterThan(percent);
              percent = fact.data.percent;
              expect(before.status).toBe("running");
            }
          }
          state = next;
          if (
            decision.ok &&
            each.type !== "lease" &&
            each.type !== "measure" &&
            each.type !== "blind" &&
            each.type !== "pause" &&
            each.type !== "resume"
          ) {
            expect(apply(state, each).decision.facts, each.type).toEqual([]);
          }
        }
        if (state.status === "running" || state.status === "paused") {
          expect(apply(state, abort).state.status).toBe("aborting");
        }
      }),
      { numRuns: 500 },
    );
  });
});
