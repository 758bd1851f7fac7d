import { describe, expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import {
  type AnswerCore,
  type ElicitationCommand,
  type ElicitationFact,
  elicitation,
  type Question,
} from "./elicitation.ts";
import type { Problem } from "./refusal.ts";

const { given } = specification(elicitation);

const question: Question = {
  from: "alice",
  to: "bob",
  message: "ship it?",
  schema: { type: "boolean" },
  schemaHash: "sh",
  requestHash: "rh",
  challenge: "ch",
  deadline: 1_000,
};
const jws = { payload: "p", signatures: [{ protected: "h", signature: "s" }] };
const core: AnswerCore = {
  eid: "el_1",
  req: "rh",
  schema: "sh",
  challenge: "ch",
  from: "bob",
  to: "alice",
  action: "accept",
  content: true,
  reason: "",
  seq: 17,
};
const fits = (): readonly Problem[] => [];
const asked: ElicitationFact = { type: "elicitation.asked", data: question };
const offered: ElicitationFact = { type: "elicitation.offered", data: { via: "websocket", session: "s1", at: 5 } };
const claimed: ElicitationFact = { type: "elicitation.claimed", data: { holder: "s1", until: 500 } };
const accepted: ElicitationFact = { type: "elicitation.accepted", data: { answer: jws } };
const expired: ElicitationFact = { type: "elicitation.expired", data: { deadline: 1_000 } };
const answer = (over: Partial<Extract<ElicitationCommand, { type: "answer" }>> = {}): ElicitationCommand => ({
  type: "answer",
  id: "el_1",
  by: "bob",
  now: 10,
  jws,
  core,
  isOwnSigned: false,
  use: { kid: "bob#mac1", seq: 17 },
  sequences: { isUsed: () => false, highest: () => 16 },
  check: fits,
  ...over,
});

describe("asking", () => {
  test("a new question is asked", () => {
    given().when({ type: "ask", question }).then(asked);
  });
  test("an id that was given out twice is an impossibility, not a refusal", () => {
    expect(() => given(asked).when({ type: "ask", question })).toThrow(/given out twice/);
  });
});

describe("offering", () => {
  const offer: ElicitationCommand = { type: "offer", via: "websocket", session: "s1", now: 5 };
  test("bytes that left make it offered", () => {
    given(asked).when(offer).then(offered);
  });
  test("offering again, by another way, is another fact", () => {
    given(asked, offered)
      .when({ ...offer, via: "poll" })
      .then({ type: "elicitation.offered", data: { via: "poll", session: "s1", at: 5 } });
  });
  test.each([
    ["that was never asked", []],
    ["under a lease", [asked, claimed]],
    ["that has ended", [asked, accepted]],
  ] as const)("an elicitation %s is not offered", (_, past) => {
    given(...past)
      .when(offer)
      .thenNothing();
  });
});

describe("claiming", () => {
  const claim = (over: object = {}): ElicitationCommand => ({
    type: "claim",
    by: "bob",
    holder: "s1",
    until: 500,
    now: 10,
    ...over,
  });
  test("the addressee claims under a lease", () => {
    given(asked, offered).when(claim()).then(claimed);
  });
  test("a lease never outlasts the deadline", () => {
    given(asked)
      .when(claim({ until: 5_000 }))
      .then({ type: "elicitation.claimed", data: { holder: "s1", until: 1_000 } });
  });
  test("the same holder renews its lease", () => {
    given(asked, claimed)
      .when(claim({ until: 600 }))
      .then({ type: "elicitation.claimed", data: { holder: "s1", until: 600 } });
  });
  test("another holder waits for the lease, and is told how long", () => {
    const refused = given(asked, claimed)
      .when(claim({ holder: "s2" }))
      .thenRefused("already_claimed");
    expect(refused?.retryAfterMs).toBe(490);
  });
  test("a lease that is over can be taken", () => {
    given(asked, claimed)
      .when(claim({ holder: "s2", now: 500, until: 900 }))
      .then({ type: "elicitation.claimed", data: { holder: "s2", until: 900 } });
  });
  test("the asker cannot claim", () => {
    given(asked)
      .when(claim({ by: "alice" }))
      .thenRefused("not_addressee");
  });
  test("a stranger is refused", () => {
    given(asked)
      .when(claim({ by: "mallory" }))
      .thenRefused("not_addressee");
  });
  test("a claim at the deadline comes too late and ends it", () => {
    given(asked)
      .when(claim({ now: 1_000 }))
      .thenRefused("expired", expired);
  });
  test("a lease lapses at its time, not before", () => {
    given(asked, claimed).when({ type: "lapse", now: 499 }).thenNothing();
    given(asked, claimed)
      .when({ type: "lapse", now: 500 })
      .then({ type: "elicitation.lapsed", data: { holder: "s1", until: 500 } });
  });
  test("after a lapse it can be offered again", () => {
    const { state } = given(asked, claimed, { type: "elicitation.lapsed", data: { holder: "s1", until: 500 } });
    expect(state).toMatchObject({ status: "open", stage: { name: "asked" } });
  });
});

describe("answering", () => {
  test.each([
    ["asked", [asked]],
    ["offered", [asked, offered]],
    ["claimed", [asked, claimed]],
  ] as const)("the addressee accepts when it is %s", (_, past) => {
    given(...past)
      .when(answer())
      .then(accepted);
  });
  test("an answer needs no claim, also under somebody else's lease", () => {
    given(asked, claimed).when(answer()).then(accepted);
  });
  test("the addressee declines with a reason, and no schema is asked", () => {
    const never = () => {
      throw new Error("checked");
    };
    given(asked)
      .when(answer({ core: { ...core, action: "decline", content: null, reason: "no" }, check: never }))
      .then({ type: "elicitation.declined", data: { answer: jws, reason: "no" } });
  });
  test("content that does not fit is refused with its problems, recorded, and leaves the question open", () => {
    const problems = [{ pointer: "/a", message: "must be a string" }];
    const fact: ElicitationFact = {
      type: "elicitation.answer_refused",
      data: { code: "content_invalid", problems: 1 },
    };
    const refused = given(asked)
      .when(answer({ check: () => problems }))
      .thenRefused("content_invalid", fact);
    expect(refused?.problems).toEqual(problems);
    expect(given(asked, fact).state).toMatchObject({ status: "open", answersRefused: 1 });
    given(asked, fact).when(answer()).then(accepted);
  });
  test("one millisecond before the deadline is in time; the deadline itself is not", () => {
    given(asked)
      .when(answer({ now: 999 }))
      .then(accepted);
    given(asked)
      .when(answer({ now: 1_000 }))
      .thenRefused("expired", expired);
  });
  test("the same bytes again give the recorded result", () => {
    given(asked, accepted).when(answer()).thenNothing();
  });
  test("anything else after the end is refused", () => {
    given(asked, accepted)
      .when(answer({ jws: { ...jws, payload: "q" } }))
      .thenRefused("already_ended");
    given(asked, expired).when(answer()).thenRefused("already_ended");
  });
  test("who is not the addressee is refused before anything about the question is told", () => {
    given(asked)
      .when(answer({ by: "mallory" }))
      .thenRefused("not_addressee");
    given(asked, accepted)
      .when(answer({ by: "mallory" }))
      .thenRefused("not_addressee");
    given()
      .when(answer({ by: "mallory" }))
      .thenRefused("not_found");
  });
  test.each(["eid", "req", "schema", "challenge", "from", "to"] as const)(
    "an answer signed for another %s is refused",
    (member) => {
      const refused = given(asked)
        .when(answer({ core: { ...core, [member]: "other" } }))
        .thenRefused("answer_mismatch");
      expect(refused?.problems).toEqual([{ pointer: `/${member}`, message: "differs from the question's" }]);
    },
  );
  test("replay is judged before the schema", () => {
    given(asked)
      .when(answer({ core: { ...core, challenge: "old" }, check: () => [{ pointer: "", message: "x" }] }))
      .thenRefused("answer_mismatch");
  });
});

describe("cancelling", () => {
  const cancel = (over: object = {}): ElicitationCommand => ({
    type: "cancel",
    by: "alice",
    reason: "moot",
    now: 10,
    ...over,
  });
  const cancelled: ElicitationFact = { type: "elicitation.cancelled", data: { reason: "moot" } };
  test("the asker takes it back", () => {
    given(asked, claimed).when(cancel()).then(cancelled);
  });
  test("twice is once", () => {
    given(asked, cancelled).when(cancel()).thenNothing();
  });
  test("the addressee declines, it does not cancel", () => {
    given(asked)
      .when(cancel({ by: "bob" }))
      .thenRefused("not_asker");
  });
  test("a stranger does not even learn that it exists", () => {
    given(asked)
      .when(cancel({ by: "mallory" }))
      .thenRefused("not_found");
  });
  test("after the answer it is too late", () => {
    given(asked, accepted).when(cancel()).thenRefused("already_ended");
  });
});

describe("in the mailbox arm", () => {
  const mailed: ElicitationFact = { type: "elicitation.asked", data: { ...question, arm: "mailbox" } };
  const handedOut: ElicitationFact = {
    type: "elicitation.offered",
    data: { via: "poll", session: "s1", at: 5, until: 50 },
  };
  const acknowledged: ElicitationFact = { type: "elicitation.acknowledged", data: { holder: "s1" } };
  const rerouted = (from: "push" | "mailbox", to: "push" | "mailbox"): ElicitationFact => ({
    type: "elicitation.rerouted",
    data: { from, to, reason: "rollback" },
  });
  const mailboxOf = (...past: readonly ElicitationFact[]) => {
    const { state } = given(...past);
    return state.status === "open" ? state.mailbox : undefined;
  };

  test("a question is in its mailbox, and without an arm, or pushed, it is in none", () => {
    expect(mailboxOf(mailed)).toEqual({ deliveries: 0, until: 0, acknowledgedBy: null, isDead: false });
    expect(mailboxOf(asked)).toBeNull();
  });

  test("every handing out counts, and its lease is kept; a look into the inbox is none", () => {
    expect(mailboxOf(mailed, handedOut, handedOut)).toMatchObject({ deliveries: 2, until: 50 });
    expect(mailboxOf(mailed, offered)).toMatchObject({ deliveries: 0, until: 0 });
  });

  test("the addressee acknowledges, once for each holder; nobody else does, and it ends nothing", () => {
    const ack = (by: string): ElicitationCommand => ({ type: "acknowledge", by, holder: "s1" });
    given(mailed, handedOut).when(ack("bob")).then(acknowledged);
    given(mailed, handedOut, acknowledged).when(ack("bob")).thenNothing();
    given(mailed, handedOut).when(ack("mallory")).thenRefused("not_addressee");
    given(mailed, accepted).when(ack("bob")).thenNothing();
    given(asked).when(ack("bob")).thenNothing();
    given(mailed, acknowledged).when(answer()).then(accepted);
  });

  test("handed out again, it has to be acknowledged again", () => {
    expect(mailboxOf(mailed, handedOut, acknowledged)).toMatchObject({ acknowledgedBy: "s1" });
    expect(mailboxOf(mailed, handedOut, acknowledged, handedOut)).toMatchObject({ acknowledgedBy: null });
  });

  test("it is a dead letter after so many leases that ran out, not before, once, and not when somebody has it", () => {
    const give: ElicitationCommand = { type: "deadLetter", now: 50, deliveriesMax: 2 };
    const dead: ElicitationFact = { type: "elicitation.dead_lettered", data: { deliveries: 2 } };
    given(mailed, handedOut, handedOut).when(give).then(dead);
    given(mailed, handedOut, handedOut)
      .when({ ...give, now: 49 })
      .thenNothing();
    given(mailed, handedOut).when(give).thenNothing();
    given(mailed, handedOut, handedOut, dead).when(give).thenNothing();
    given(mailed, handedOut, handedOut, acknowledged).when(give).thenNothing();
    given(mailed, handedOut, handedOut, claimed).when(give).thenNothing();
    given(mailed, handedOut, handedOut, dead).when(answer()).then(accepted);
  });

  test("it is put over while it is open, once, and begins anew there", () => {
    const put = (to: "push" | "mailbox"): ElicitationCommand => ({ type: "reroute", to, reason: "rollback" });
    given(asked, offered).when(put("mailbox")).then(rerouted("push", "mailbox"));
    given(mailed).when(put("push")).then(rerouted("mailbox", "push"));
    given(mailed).when(put("mailbox")).thenNothing();
    given(asked, accepted).when(put("mailbox")).thenRefused("already_ended");
    expect(given(asked, offered, rerouted("push", "mailbox")).state).toMatchObject({
      stage: { name: "asked" },
      mailbox: { deliveries: 0 },
    });
    expect(mailboxOf(mailed, handedOut, rerouted("mailbox", "push"))).toBeNull();
  });

  test("a claim survives being put over, and a lapse empties what was acknowledged", () => {
    expect(given(asked, claimed, rerouted("push", "mailbox")).state).toMatchObject({ stage: { name: "claimed" } });
    const lapsed: ElicitationFact = { type: "elicitation.lapsed", data: { holder: "s1", until: 500 } };
    expect(mailboxOf(mailed, handedOut, acknowledged, claimed, lapsed)).toMatchObject({
      acknowledgedBy: null,
      until: 0,
    });
  });
});

describe("expiring", () => {
  test("at the deadline, not before, and once", () => {
    given(asked).when({ type: "expire", now: 999 }).thenNothing();
    given(asked).when({ type: "expire", now: 1_000 }).then(expired);
    given(asked, expired).when({ type: "expire", now: 2_000 }).thenNothing();
  });
  test("an answer that was first wins", () => {
    given(asked, accepted).when({ type: "expire", now: 2_000 }).thenNothing();
  });
});
