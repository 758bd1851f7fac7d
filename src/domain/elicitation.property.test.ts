import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Elicitation,
  type ElicitationCommand,
  type ElicitationFact,
  elicitation,
  type Question,
} from "./elicitation.ts";

const question: Question = {
  from: "alice",
  to: "bob",
  message: "?",
  schema: {},
  schemaHash: "sh",
  requestHash: "rh",
  challenge: "ch",
  deadline: 100,
};
const now = fc.integer({ min: 0, max: 200 });
const who = fc.constantFrom("alice", "bob", "mallory");
const jws = fc
  .constantFrom("p1", "p2")
  .map((payload) => ({ payload, signatures: [{ protected: "h", signature: "s" }] }));

const command: fc.Arbitrary<ElicitationCommand> = fc.oneof(
  fc.record({
    type: fc.constant("offer" as const),
    via: fc.constant("poll" as const),
    session: fc.constantFrom("a", "b"),
    now,
    until: now,
  }),
  fc.record({ type: fc.constant("acknowledge" as const), by: who, holder: fc.constantFrom("a", "b") }),
  fc.record({ type: fc.constant("deadLetter" as const), now, deliveriesMax: fc.constant(2) }),
  fc.record({
    type: fc.constant("reroute" as const),
    to: fc.constantFrom("push" as const, "mailbox" as const),
    reason: fc.constant(""),
  }),
  fc.record({
    type: fc.constant("offer" as const),
    via: fc.constant("poll" as const),
    session: fc.constantFrom("a", "b"),
    now,
  }),
  fc.record({ type: fc.constant("claim" as const), by: who, holder: fc.constantFrom("a", "b"), until: now, now }),
  fc.record({
    type: fc.constant("answer" as const),
    id: fc.constant("el_1"),
    by: who,
    now,
    jws,
    core: fc.record({
      eid: fc.constant("el_1"),
      req: fc.constant("rh"),
      schema: fc.constant("sh"),
      challenge: fc.constantFrom("ch", "ch", "ch", "other"),
      from: fc.constant("bob"),
      to: fc.constant("alice"),
      action: fc.constantFrom("accept" as const, "decline" as const),
      content: fc.constant(null),
      reason: fc.constant(""),
      seq: fc.constant(1),
    }),
    isOwnSigned: fc.boolean(),
    use: fc.constant({ kid: "bob#mac1", seq: 1 }),
    sequences: fc.boolean().map((isUsed) => ({ isUsed: () => isUsed, highest: () => 1 })),
    check: fc.constantFrom(
      () => [],
      () => [{ pointer: "", message: "no" }],
    ),
  }),
  fc.record({ type: fc.constant("cancel" as const), by: who, reason: fc.constant(""), now }),
  fc.record({ type: fc.constant("expire" as const), now }),
  fc.record({ type: fc.constant("lapse" as const), now }),
);

const endings = new Set([
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
]);

/** Lives a whole life, and returns every fact and every state on the way. */
const live = (commands: readonly ElicitationCommand[]) => {
  const facts: ElicitationFact[] = [];
  const states: Elicitation[] = [elicitation.initial];
  for (const next of [{ type: "ask", question } as const, ...commands]) {
    const state = states.at(-1) as Elicitation;
    for (const fact of elicitation.decide(state, next).facts) {
      facts.push(fact);
      states.push(elicitation.evolve(states.at(-1) as Elicitation, fact));
    }
  }
  return { facts, states };
};

test("an elicitation ends at most once, and nothing follows its end", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const { facts } = live(commands);
      const ends = facts.map((f, i) => (endings.has(f.type) ? i : -1)).filter((i) => i >= 0);
      expect(ends.length).toBeLessThanOrEqual(1);
      if (ends.length === 1) expect(ends[0]).toBe(facts.length - 1);
    }),
    { numRuns: 2_000 },
  );
});

test("replaying the facts gives the state that was lived, at every prefix", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const { facts, states } = live(commands);
      let replayed: Elicitation = elicitation.initial;
      facts.forEach((fact, i) => {
        replayed = elicitation.evolve(replayed, fact);
        expect(replayed).toEqual(states[i + 1]);
      });
    }),
    { numRuns: 1_000 },
  );
});

test("deciding is pure: the same question put twice gets the same decision", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), command, (commands, last) => {
      const state = live(commands).states.at(-1) as Elicitation;
      expect(elicitation.decide(state, last)).toEqual(elicitation.decide(state, last));
    }),
  );
});

test("a repeated command changes nothing the second time, but for a renewed lease and another offer", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), command, (commands, last) => {
      fc.pre(last.type !== "claim" && last.type !== "offer");
      const state = live(commands).states.at(-1) as Elicitation;
      const once = elicitation.decide(state, last);
      fc.pre(once.ok);
      const after = once.facts.reduce((s, f) => elicitation.evolve(s, f), state);
      const twice = elicitation.decide(after, last);
      expect(twice.facts).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test("after the deadline only an expiry can end it", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), command, (commands, last) => {
      fc.pre("now" in last && last.now >= question.deadline);
      const state = live(commands).states.at(-1) as Elicitation;
      for (const fact of elicitation.decide(state, last).facts) {
        if (endings.has(fact.type)) expect(fact.type).toBe("elicitation.expired");
      }
    }),
    { numRuns: 2_000 },
  );
});
