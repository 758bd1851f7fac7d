import type { Arm } from "./arm.ts";
import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import type { Json } from "./json.ts";
import { type Problem, problemsIn, type Refusal, refusal } from "./refusal.ts";

/**
 * One question from one agent to another, with a schema for the answer and a deadline.
 *
 *     asked ─► offered ─► claimed ─► accepted | declined        (by the addressee)
 *       └─────────┴──────────┴─────► cancelled | expired        (by the asker | by time)
 *
 * Exactly one of the four ends it, once, for ever.
 */
export type Elicitation =
  | { readonly status: "none" }
  | {
      readonly status: "open";
      readonly question: Question;
      readonly stage: Stage;
      /** Null in the push arm: there its target's connections are told, and nothing is handed out. */
      readonly mailbox: Mailbox | null;
      /** How often a correctly signed answer did not fit the schema. */
      readonly answersRefused: number;
    }
  | { readonly status: "ended"; readonly question: Question; readonly end: End };

export type Question = EventData<"elicitation.asked">;
export type OfferWay = EventData<"elicitation.offered">["via"];
export type Jws = EventData<"elicitation.accepted">["answer"];

export type Stage =
  | { readonly name: "asked" }
  | { readonly name: "offered"; readonly via: OfferWay; readonly at: number }
  | { readonly name: "claimed"; readonly holder: string; readonly until: number };

/** A question in its target's mailbox. */
export interface Mailbox {
  /** How often it was handed out since it is here. */
  readonly deliveries: number;
  /** Not handed out before then, milliseconds since 1970; 0 when it was not handed out yet. */
  readonly until: number;
  /** Who has it, and need not get it again; null: nobody has said so. */
  readonly acknowledgedBy: string | null;
  /** Handed out too often to nobody's acknowledgement: it is not handed out any more. */
  readonly isDead: boolean;
}

export type End =
  | { readonly how: "accepted"; readonly answer: Jws }
  | { readonly how: "declined"; readonly answer: Jws; readonly reason: string }
  | { readonly how: "cancelled"; readonly reason: string }
  | { readonly how: "expired"; readonly deadline: number };

export type ElicitationEventName = Extract<EventTypeName, `elicitation.${string}`>;
export type ElicitationFact = Fact<ElicitationEventName>;

/** What a signed answer says, after its signature was verified with the actor's own key. */
export interface AnswerCore {
  readonly eid: string;
  readonly req: string;
  readonly schema: string;
  readonly challenge: string;
  readonly from: string;
  readonly to: string;
  readonly action: "accept" | "decline";
  readonly content: Json;
  readonly reason: string;
  /** Counts up per key. */
  readonly seq: number;
}

export type ElicitationCommand =
  | { readonly type: "ask"; readonly question: Question }
  | {
      readonly type: "offer";
      readonly via: OfferWay;
      readonly session: string;
      readonly now: number;
      /** Handed out of the mailbox, under a lease that ends then. */
      readonly until?: number;
    }
  | { readonly type: "acknowledge"; readonly by: string; readonly holder: string }
  | { readonly type: "deadLetter"; readonly now: number; readonly deliveriesMax: number }
  | { readonly type: "requeue" | "discard"; readonly reason: string }
  | { readonly type: "reroute"; readonly to: Arm; readonly reason: string }
  | {
      readonly type: "claim";
      readonly by: string;
      readonly holder: string;
      readonly until: number;
      readonly now: number;
    }
  | {
      readonly type: "answer";
      readonly id: string;
      readonly by: string;
      readonly now: number;
      readonly jws: Jws;
      readonly core: AnswerCore;
      /** The addressee's own key has signed it, beside the MAC that every answer has. */
      readonly isOwnSigned: boolean;
      readonly use: SeqUse;
      readonly sequences: UsedSequences;
      /** The schema check, asked for only once everything cheaper and more serious has passed. */
      readonly check: (schema: Json, content: Json) => readonly Problem[];
    }
  | { readonly type: "cancel"; readonly by: string; readonly reason: string; readonly now: number }
  | { readonly type: "expire"; readonly now: number }
  | { readonly type: "lapse"; readonly now: number };

/** One key signing with one number, once. */
export interface SeqUse {
  readonly kid: string;
  readonly seq: number;
  /** Taken by this very answer, which is decided anew because somebody else wrote to its stream. */
  isTaken?: boolean;
}

export interface UsedSequences {
  /** Whether that key was used with that number before, or it is too far behind to tell. */
  readonly isUsed: (use: SeqUse) => boolean;
  /** The highest that was used with this key; -1 for none. */
  readonly highest: (kid: string) => number;
}

type Open = Extract<Elicitation, { readonly status: "open" }>;
type Ended = Extract<Elicitation, { readonly status: "ended" }>;
type Command<T extends ElicitationCommand["type"]> = Extract<ElicitationCommand, { readonly type: T }>;
type Outcome = Decision<ElicitationFact>;

const decide = (state: Elicitation, command: ElicitationCommand): Outcome => {
  switch (command.type) {
    case "ask":
      if (state.status !== "none") throw new Error("an elicitation id was given out twice");
      return decided({ type: "elicitation.asked", data: command.question });
    case "offer":
      return offer(state, command);
    case "acknowledge":
      return acknowledge(state, command);
    case "deadLetter":
      return deadLetter(state, command);
    case "requeue":
    case "discard":
      return redeem(state, command);
    case "reroute":
      return reroute(state, command);
    case "claim":
      return claim(state, command);
    case "answer":
      return answer(state, command);
    case "cancel":
      return cancel(state, command);
    case "expire":
      return state.status === "open" && command.now >= state.question.deadline ? decided(expired(state)) : decided();
    case "lapse":
      return lapse(state, command);
  }
};

/** Bytes reached the target. After the end, or under a lease, that changes nothing worth a fact. */
const offer = (state: Elicitation, { via, session, now, until }: Command<"offer">): Outcome =>
  state.status === "open" && state.stage.name !== "claimed"
    ? decided({
        type: "elicitation.offered",
        data: { via, session, at: now, ...(until === undefined ? {} : { until }) },
      })
    : decided();

/** After the end, or in the push arm, there is nothing that would come again. */
const acknowledge = (state: Elicitation, { by, holder }: Command<"acknowledge">): Outcome => {
  const denied = deny(state, by);
  if (denied !== undefined) return refused(denied);
  if (state.status !== "open" || state.mailbox === null || state.mailbox.acknowledgedBy === holder) return decided();
  return decided({ type: "elicitation.acknowledged", data: { holder } });
};

const deadLetter = (state: Elicitation, { now, deliveriesMax }: Command<"deadLetter">): Outcome => {
  if (state.status !== "open" || state.mailbox === null || state.stage.name === "claimed") return decided();
  const { deliveries, until, acknowledgedBy, isDead } = state.mailbox;
  if (isDead || acknowledgedBy !== null || deliveries < deliveriesMax || now < until) return decided();
  return decided({ type: "elicitation.dead_lettered", data: { deliveries } });
};

/** What an operator makes of a dead letter: it goes out again, or its asker need not wait for it any longer. */
const redeem = (state: Elicitation, { type, reason }: Command<"requeue" | "discard">): Outcome => {
  if (state.status !== "open") return refused(ended(state));
  if (state.mailbox?.isDead !== true) return decided();
  return type === "requeue"
    ? decided({ type: "elicitation.requeued", data: { reason } })
    : decided({ type: "elicitation.cancelled", data: { reason: `discarded as a dead letter: ${reason}` } });
};

const reroute = (state: Elicitation, { to, reason }: Command<"reroute">): Outcome => {
  if (state.status !== "open") return refused(ended(state));
  const from = armNow(state);
  return from === to ? decided() : decided({ type: "elicitation.rerouted", data: { from, to, reason } });
};

/** By which way an open question is delivered now. */
export const armNow = ({ mailbox }: Pick<Open, "mailbox">): Arm => (mailbox === null ? "push" : "mailbox");

const claim = (state: Elicitation, { by, holder, until, now }: Command<"claim">): Outcome => {
  const denied = deny(state, by);
  if (denied !== undefined) return refused(denied);
  if (state.status !== "open") return refused(ended(state));
  if (now >= state.question.deadline) return refused(late(state), expired(state));
  const { stage } = state;
  if (stage.name === "claimed" && stage.holder !== holder && now < stage.until) {
    return refused(
      refusal("already_claimed", `claimed until ${iso(stage.until)}`, { retryAfterMs: stage.until - now }),
    );
  }
  return decided({ type: "elicitation.claimed", data: { holder, until: Math.min(until, state.question.deadline) } });
};

/** Addressee, state and deadline, own signature, replay, schema: in this order. Size, form and signature were checked before. */
const answer = (state: Elicitation, command: Command<"answer">): Outcome => {
  const { by, core, jws, now } = command;
  const denied = deny(state, by);
  if (denied !== undefined) return refused(denied);
  if (state.status === "ended") return isRepeat(state.end, jws) ? decided() : refused(ended(state));
  if (state.status === "none") return refused(ended(state));
  if (now >= state.question.deadline) return refused(late(state), expired(state));

  if (state.question.requireEd25519 === true && !command.isOwnSigned) {
    return refused(refusal("own_signature_missing", "only the MAC key has signed it"));
  }
  const foreign = mismatches(command.id, state.question, core);
  if (foreign.length > 0) {
    return refused(refusal("answer_mismatch", "the signed core names another question", { problems: foreign }));
  }
  if (command.sequences.isUsed(command.use)) return refused(usedBefore(command));
  if (core.action === "decline") {
    return decided({ type: "elicitation.declined", data: { answer: jws, reason: core.reason } });
  }
  const problems = command.check(state.question.schema, core.content);
  if (problems.length > 0) {
    return refused(refusal("content_invalid", problemsIn("the content", problems), { problems }), {
      type: "elicitation.answer_refused",
      data: { code: "content_invalid", problems: problems.length },
    });
  }
  return decided({ type: "elicitation.accepted", data: { answer: jws } });
};

const usedBefore = ({ use, sequences }: Command<"answer">): Refusal =>
  refusal("seq_used", `${use.kid} is further than ${use.seq}`, {
    problems: [{ pointer: "/seq", message: `must be above ${sequences.highest(use.kid)}` }],
  });

const cancel = (state: Elicitation, { by, reason, now }: Command<"cancel">): Outcome => {
  if (state.status === "none") return refused(ended(state));
  if (by !== state.question.from) {
    return refused(
      by === state.question.to ? refusal("not_asker", "the addressee declines, it does not cancel") : hidden(),
    );
  }
  if (state.status === "ended") return state.end.how === "cancelled" ? decided() : refused(ended(state));
  if (now >= state.question.deadline) return refused(late(state), expired(state));
  return decided({ type: "elicitation.cancelled", data: { reason } });
};

const lapse = (state: Elicitation, { now }: Command<"lapse">): Outcome =>
  state.status === "open" && state.stage.name === "claimed" && now >= state.stage.until
    ? decided({ type: "elicitation.lapsed", data: { holder: state.stage.holder, until: state.stage.until } })
    : decided();

const evolve = (state: Elicitation, fact: ElicitationFact): Elicitation => {
  if (fact.type === "elicitation.asked") {
    const mailbox = fact.data.arm === "mailbox" ? emptyMailbox : null;
    return { status: "open", question: fact.data, stage: { name: "asked" }, mailbox, answersRefused: 0 };
  }
  // The log cannot hold these: `decide` states no fact about an elicitation that was never asked or has ended.
  if (state.status !== "open") return state;
  const { question } = state;
  switch (fact.type) {
    case "elicitation.offered":
      return {
        ...state,
        stage: { name: "offered", via: fact.data.via, at: fact.data.at },
        mailbox: handedOut(state.mailbox, fact.data.until),
      };
    case "elicitation.acknowledged":
      return state.mailbox === null
        ? state
        : { ...state, mailbox: { ...state.mailbox, acknowledgedBy: fact.data.holder } };
    case "elicitation.dead_lettered":
      return state.mailbox === null ? state : { ...state, mailbox: { ...state.mailbox, isDead: true } };
    case "elicitation.requeued":
      return state.mailbox === null ? state : { ...state, stage: { name: "asked" }, mailbox: emptyMailbox };
    case "elicitation.rerouted":
      // Whoever works on it goes on; whoever only had it may never have seen it.
      return {
        ...state,
        stage: state.stage.name === "claimed" ? state.stage : { name: "asked" },
        mailbox: fact.data.to === "mailbox" ? emptyMailbox : null,
      };
    case "elicitation.claimed":
      return { ...state, stage: { name: "claimed", ...fact.data } };
    case "elicitation.lapsed":
      // Whoever had it has let it go.
      return { ...state, stage: { name: "asked" }, mailbox: state.mailbox === null ? null : emptyMailbox };
    case "elicitation.answer_refused":
      return { ...state, answersRefused: state.answersRefused + 1 };
    case "elicitation.accepted":
      return { status: "ended", question, end: { how: "accepted", ...fact.data } };
    case "elicitation.declined":
      return { status: "ended", question, end: { how: "declined", ...fact.data } };
    case "elicitation.cancelled":
      return { status: "ended", question, end: { how: "cancelled", ...fact.data } };
    case "elicitation.expired":
      return { status: "ended", question, end: { how: "expired", ...fact.data } };
  }
};

const emptyMailbox: Mailbox = { deliveries: 0, until: 0, acknowledgedBy: null, isDead: false };

const handedOut = (mailbox: Mailbox | null, until: number | undefined): Mailbox | null =>
  mailbox === null || until === undefined
    ? mailbox
    : {
        ...mailbox,
        deliveries: mailbox.deliveries + 1,
        until: Math.max(mailbox.until, until),
        // Whoever had it is gone, or it would not be handed out anew. An acknowledgement may overtake the first offer.
        acknowledgedBy: mailbox.deliveries === 0 ? mailbox.acknowledgedBy : null,
      };

/** Strangers learn nothing, not even that it exists; the asker learns that it is not the one to answer. */
const deny = (state: Elicitation, by: string): Refusal | undefined => {
  if (state.status === "none") return hidden();
  if (by === state.question.to) return undefined;
  return refusal(
    "not_addressee",
    by === state.question.from ? "the asker cannot answer itself" : "it is addressed to another agent",
  );
};

const hidden = (): Refusal => refusal("not_found", "no elicitation of that id is yours");
const ended = (state: Ended | { readonly status: "none" }): Refusal =>
  state.status === "none" ? hidden() : refusal("already_ended", `it ended as ${state.end.how}`);
const late = (state: Open): Refusal => refusal("expired", `the deadline was ${iso(state.question.deadline)}`);
const expired = (state: Open): ElicitationFact => ({
  type: "elicitation.expired",
  data: { deadline: state.question.deadline },
});
const iso = (ms: number): string => new Date(ms).toISOString();

const isRepeat = (end: End, jws: Jws): boolean =>
  (end.how === "accepted" || end.how === "declined") && JSON.stringify(end.answer) === JSON.stringify(jws);

/** An answer is bound to one question by six values; every one that differs is named. */
const mismatches = (id: string, question: Question, core: AnswerCore): readonly Problem[] => {
  const expected = [
    ["eid", id],
    ["req", question.requestHash],
    ["schema", question.schemaHash],
    ["challenge", question.challenge],
    ["from", question.to],
    ["to", question.from],
  ] as const;
  const wrong: Problem[] = [];
  for (const [name, value] of expected) {
    if (core[name] !== value) wrong.push({ pointer: `/${name}`, message: "differs from the question's" });
  }
  return wrong;
};

export const elicitation: Decider<Elicitation, ElicitationCommand, ElicitationFact> = {
  initial: { status: "none" },
  decide,
  evolve,
};
