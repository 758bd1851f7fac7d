import { expect, test } from "vitest";
import { rollbackSteps } from "./event-rollout.ts";
import { type Begun, nextStep, type Rollback, type RollbackCommand, type RollbackStep, rollback } from "./rollback.ts";

const begun: Begun = {
  id: "rb_1",
  flag: "f",
  scope: { kind: "full" },
  reason: "smoke",
  trigger: "",
  rollout: "",
  rehearsal: false,
  percentBefore: 25,
};
const apply = (state: Rollback, command: RollbackCommand) => {
  const decision = rollback.decide(state, command);
  return { decision, state: decision.facts.reduce<Rollback>((s, fact) => rollback.evolve(s, fact), state) };
};
const after = (...commands: readonly RollbackCommand[]) =>
  commands.reduce<Rollback>((state, command) => apply(state, command).state, rollback.initial);
const refusalOf = (state: Rollback, command: RollbackCommand): string => {
  const { decision } = apply(state, command);
  return decision.ok ? "" : decision.refusal.code;
};
const start: RollbackCommand = { type: "start", begun };
const lease: RollbackCommand = { type: "lease", id: "rb_1", holder: "one", now: 0, forMs: 10_000 };
const done = (step: RollbackStep, fence = 1): RollbackCommand => ({
  type: "done",
  id: "rb_1",
  fence,
  step: { step, durationMs: 5, found: "so it is", detail: {} },
});
const finish: RollbackCommand = { type: "finish", id: "rb_1", fence: 1, report: "digest", lost: 0, durationMs: 35 };

test("seven steps in their order, and then it is finished", () => {
  const state = after(start, lease, ...rollbackSteps.map((step) => done(step)));
  expect(state.status === "running" && nextStep(state)).toBeUndefined();
  expect(apply(state, finish).state).toMatchObject({ status: "finished", report: "digest" });
});

test("no step before its turn, none twice, no end before the last", () => {
  const first = after(start, lease, done("announce"));
  expect(refusalOf(first, done("drain"))).toBe("no_evidence");
  expect(apply(first, done("announce")).decision).toEqual({ ok: true, facts: [] });
  expect(refusalOf(first, finish)).toBe("no_evidence");
});

test("who takes over after a death goes on where it stood, and the dead one counts no more", () => {
  const taken = after(start, lease, done("announce"), { ...lease, holder: "two", now: 10_000 } as RollbackCommand);
  expect(taken.lease.fence).toBe(2);
  expect(refusalOf(taken, done("switch", 1))).toBe("lease_lost");
  expect(refusalOf(taken, done("switch", 2))).toBe("");
});

test("a second one is refused, but the real one displaces a rehearsal", () => {
  const another: RollbackCommand = { type: "start", begun: { ...begun, id: "rb_2" } };
  expect(refusalOf(after(start), another)).toBe("rollout_busy");
  const rehearsing = after({ type: "start", begun: { ...begun, rehearsal: true } }, lease);
  const state = apply(rehearsing, another).state;
  expect(state).toMatchObject({ status: "running", begun: { id: "rb_2" } });
  expect(refusalOf(state, done("announce"))).toBe("no_rollout");
});

test("one for everybody displaces one for some of the same flag, and nothing else does", () => {
  const some = { kind: "partial", agents: ["bob"], roles: [] } as const;
  const running = (scope: Begun["scope"]) => after({ type: "start", begun: { ...begun, scope } }, lease);
  const full: RollbackCommand = { type: "start", begun: { ...begun, id: "rb_2" } };
  for (const scope of [some, { kind: "canary" }] as const) {
    expect(apply(running(scope), full).state).toMatchObject({ status: "running", begun: { id: "rb_2" } });
    expect(refusalOf(running(scope), { type: "start", begun: { ...begun, id: "rb_2", flag: "g" } })).toBe(
      "rollout_busy",
    );
  }
  expect(refusalOf(running({ kind: "full" }), { type: "start", begun: { ...begun, id: "rb_2", scope: some } })).toBe(
    "rollout_busy",
  );
});
