import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import { PUSH_FLAG } from "./arm.ts";
import {
  evaluate,
  type Flag,
  type FlagCommand,
  type FlagFact,
  type FlagRule,
  fenceOf,
  flag,
  unsetRule,
} from "./flag.ts";

const { given } = specification(flag);
const rule = (percentage: number, ...targets: FlagRule["targets"]): FlagRule => ({ percentage, targets });
const set = (percentage: number, fence: number): FlagCommand => ({
  type: "set",
  rule: rule(percentage),
  fence,
  reason: "step",
});
const wasSet = (percentage: number, fence: number): FlagFact => ({
  type: "flag.set",
  data: { fence, rule: rule(percentage), reason: "step" },
});
const killed = (fence: number): FlagFact => ({ type: "flag.killed", data: { fence, reason: "errors" } });
const kill: FlagCommand = { type: "kill", reason: "errors" };

describe("a change", () => {
  test("carries the fence it was decided on, and raises it", () => {
    given().when(set(5, 0)).then(wasSet(5, 1));
    given(wasSet(5, 1)).when(set(25, 1)).then(wasSet(25, 2));
  });

  test("that was decided on an older fence is refused", () => {
    given(wasSet(5, 1), wasSet(25, 2)).when(set(50, 1)).thenRefused("flag_fenced");
  });

  test("to what it is already still raises the fence: that is how a new controller shuts an old one out", () => {
    given(wasSet(5, 1)).when(set(5, 1)).then(wasSet(5, 2));
  });

  test("with a rule that cannot be is refused with all that is wrong", () => {
    const command: FlagCommand = { type: "set", rule: rule(100.5, { on: true }), fence: 0, reason: "" };
    const refused = given().when(command).thenRefused("invalid_input");
    expect(refused?.problems?.map(({ pointer }) => pointer)).toEqual(["/percentage", "/targets/0"]);
    for (const wrong of [-1, 0.005, Number.NaN]) {
      given()
        .when({ type: "set", rule: rule(wrong), fence: 0, reason: "" })
        .thenRefused("invalid_input");
    }
  });
});

describe("a kill", () => {
  test("needs no fence, beats everything, and shuts out whoever did not see it", () => {
    given(wasSet(5, 1)).when(kill).then(killed(2));
    given().when(kill).then(killed(1));
    given(wasSet(5, 1), killed(2)).when(set(50, 1)).thenRefused("flag_fenced");
    given(wasSet(5, 1), killed(2)).when(set(50, 2)).thenRefused("flag_killed");
  });

  test("twice is once", () => {
    given(killed(1)).when(kill).thenNothing();
  });

  test("of what was never set is undone to what it was then: for push, on for everybody", () => {
    given(killed(1))
      .when({ type: "restore", unset: unsetRule(PUSH_FLAG), fence: 1, reason: "mended" })
      .then({ type: "flag.restored", data: { fence: 2, rule: rule(100), reason: "mended" } });
  });

  test("is undone by a restore, to the rule there was or to another", () => {
    given(wasSet(5, 1), killed(2))
      .when({ type: "restore", unset: rule(0), fence: 2, reason: "mended" })
      .then({ type: "flag.restored", data: { fence: 3, rule: rule(5), reason: "mended" } });
    given(wasSet(5, 1), killed(2))
      .when({ type: "restore", unset: rule(0), fence: 2, rule: rule(1), reason: "mended" })
      .then({ type: "flag.restored", data: { fence: 3, rule: rule(1), reason: "mended" } });
    given(wasSet(5, 1))
      .when({ type: "restore", unset: rule(0), fence: 1, reason: "" })
      .thenRefused("invalid_input");
  });
});

describe("evaluated for an agent", () => {
  const bob = { agent: "bob", roles: ["agent"], expertise: ["postgres"] };
  const state = (...facts: readonly FlagFact[]): Flag => facts.reduce<Flag>((s, f) => flag.evolve(s, f), flag.initial);

  test("a flag that was never set is off, and push is on", () => {
    expect(evaluate("other", flag.initial, bob)).toEqual({ value: false, reason: "DEFAULT" });
    expect(evaluate(PUSH_FLAG, flag.initial, bob)).toEqual({ value: true, reason: "DEFAULT" });
  });

  test("a killed one is off, also for whom it is targeted at", () => {
    const targeted: FlagFact = {
      type: "flag.set",
      data: { fence: 1, rule: rule(100, { agents: ["bob"], on: true }), reason: "" },
    };
    expect(evaluate("f", state(targeted, killed(2)), bob)).toEqual({ value: false, reason: "DISABLED" });
  });

  test.each([
    [{ agents: ["alice"], on: true }, false],
    [{ agents: ["alice", "bob"], on: true }, true],
    [{ roles: ["agent"], on: true }, true],
    [{ expertise: ["postgres"], on: true }, true],
    [{ expertise: ["postgres"], roles: ["admin"], on: true }, false],
  ] as const)("of target %j it is %s", (target, value) => {
    const fact: FlagFact = { type: "flag.set", data: { fence: 1, rule: rule(0, target), reason: "" } };
    expect(evaluate("f", state(fact), bob).value).toBe(value);
  });

  test("the first target that fits decides, before any share", () => {
    const targets = [
      { agents: ["bob"], on: false },
      { roles: ["agent"], on: true },
    ];
    const fact: FlagFact = { type: "flag.set", data: { fence: 1, rule: { percentage: 100, targets }, reason: "" } };
    expect(evaluate("f", state(fact), bob)).toEqual({ value: false, reason: "TARGETING_MATCH" });
  });

  test("nobody in particular is in no share, every time", () => {
    const nobody = { agent: "", roles: [], expertise: [] };
    expect(evaluate("f", state(wasSet(100, 1)), nobody)).toEqual({ value: false, reason: "ERROR" });
  });
});

const command: fc.Arbitrary<FlagCommand> = fc.oneof(
  fc.record({
    type: fc.constant("set" as const),
    rule: fc.record({ percentage: fc.integer({ min: 0, max: 100 }), targets: fc.constant([]) }),
    fence: fc.integer({ min: 0, max: 12 }),
    reason: fc.constant(""),
  }),
  fc.record({ type: fc.constant("kill" as const), reason: fc.constant("") }),
  fc.record({
    type: fc.constant("restore" as const),
    unset: fc.constant(rule(0)),
    fence: fc.integer({ min: 0, max: 12 }),
    reason: fc.constant(""),
  }),
);

test("whatever happens, the fence goes up by one with every fact, and nothing but a restore brings a killed one back", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      let state: Flag = flag.initial;
      for (const each of commands) {
        for (const fact of flag.decide(state, each).facts) {
          expect(fact.data.fence).toBe(fenceOf(state) + 1);
          if (state.status === "killed") expect(fact.type).toBe("flag.restored");
          state = flag.evolve(state, fact);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
