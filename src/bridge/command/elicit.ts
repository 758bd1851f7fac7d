import { type Agent, bridgeActor } from "../../domain/agent.ts";
import { answerTyp, type Offer, readAnswerCore, requestCore } from "../../domain/answer.ts";
import type { Arm } from "../../domain/arm.ts";
import type { Ask as PlainAsk } from "../../domain/ask.ts";
import {
  type Elicitation,
  type ElicitationCommand,
  type ElicitationEventName,
  elicitation,
  type Jws,
  type OfferWay,
  type Question,
  type SeqUse,
  type UsedSequences,
} from "../../domain/elicitation.ts";
import { type Draft, type Fact, idOf, streamOf } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import type { Limits } from "../../domain/limit.ts";
import type { Observer } from "../../domain/observer.ts";
import { questionCore, questionTyp } from "../../domain/question.ts";
import { type Problem, problemsIn, type Refusal, refusal } from "../../domain/refusal.ts";
import { joins, type Link, type Story } from "../../domain/story.ts";
import type { Clock, Rng } from "../../domain/world.ts";
import { acceptSchema } from "../../schema/accept.ts";
import { checkValue } from "../../schema/check.ts";
import type { JsonSchema } from "../../schema/node.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url, sha256 } from "../../signing/digest.ts";
import { isFormal, type RefusedJws, type VerifiedJws, verifyJwsAside } from "../../signing/jws.ts";
import type { VerifyKey } from "../../signing/keys.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import { questionVerifier, type Signable } from "./verify-question.ts";
import type { RecordViolation } from "./violation.ts";
import { type Caller, draft, idSource } from "./world.ts";

/** What these commands need to know of the committed world. A projection answers; none of it is fetched. */
export interface ElicitationLookup {
  readonly load: Load<Elicitation>;
  readonly agent: (name: string) => Agent;
  readonly openTo: (agent: string) => number;
  readonly openFrom: (agent: string) => number;
  readonly byKey: (asker: string, key: string) => string | undefined;
  /** What the chain of causes with this first elicitation has spent. */
  readonly story: (root: string) => Story;
}

export interface ElicitPorts {
  /** By which way a question for this agent goes. */
  readonly armOf: (target: string) => Arm;
  readonly log: Log;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly now: () => number;
  readonly limits: Limits;
  /** Names this bridge in everything that is signed: `lighthouse://<name>`. */
  readonly audience: string;
  readonly lookup: ElicitationLookup;
  /** The key that `kid` names, if it is one of this agent's. */
  readonly keyOf: (agent: string, kid: string) => VerifyKey | undefined;
  readonly sequences: Sequences;
  readonly violation: RecordViolation;
  readonly observer: Pick<Observer, "began">;
}

/** The numbers that keys were used with, and how an answer takes one. */
export interface Sequences extends UsedSequences {
  readonly use: (use: SeqUse) => void;
  readonly giveBack: (use: SeqUse) => void;
}

/** An ask, with what its asker has signed of it. */
export interface Ask extends PlainAsk {
  readonly signed?: Jws;
}

export type Asked =
  | { readonly ok: true; readonly id: string; readonly state: Elicitation; readonly repeated: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

type Outcome = Handled<Elicitation>;

const CHALLENGE_BYTES = 16;

export const elicitCommands = (ports: ElicitPorts) => {
  const { log, now, limits, lookup, audience, sequences } = ports;
  const handle = handler<Elicitation, ElicitationCommand, ElicitationEventName, Fact<ElicitationEventName>>(
    log,
    elicitation,
    lookup.load,
  );
  const verifyQuestion = questionVerifier({ now, limits, agent: lookup.agent, keyOf: ports.keyOf });
  const newId = idSource(ports.rng);
  const asksInFlight = new Map<string, Promise<Asked>>();

  const run = async (id: string, command: ElicitationCommand, caller: Caller): Promise<Outcome> => {
    const stream = streamOf.elicitation(id);
    const time = now();
    if (caller.receivedAt !== undefined && (command.type === "ask" || command.type === "answer")) {
      ports.observer.began(command.type, id, caller.receivedAt);
    }
    let used: SeqUse | undefined;
    const outcome = await handle(
      stream,
      command,
      (fact, state) => {
        // Taken before the disk is asked, so that a second answer with the same number finds it taken.
        if (command.type === "answer" && isAnswer(fact)) {
          used = command.use;
          sequences.use(used);
        }
        return toDraft(fact, state, stream, time, caller);
      },
      undefined,
      command.type === "ask",
      // Nobody waits for it to be written that bytes have left. A lease is another matter.
      command.type === "offer" && command.until === undefined ? "soon" : "now",
    );
    if (!outcome.ok && used !== undefined) sequences.giveBack(used);
    if (!outcome.ok) await ports.violation(caller, outcome.refusal, stream);
    return outcome;
  };

  const toDraft = (
    fact: Fact<ElicitationEventName>,
    state: Elicitation,
    stream: string,
    time: number,
    caller: Caller,
  ): Draft<ElicitationEventName> => {
    const question =
      fact.type === "elicitation.asked" ? fact.data : state.status === "none" ? undefined : state.question;
    return draft(fact, {
      stream,
      time,
      // An answer that comes too late is the occasion of the expiry, not its author.
      caller: fact.type === "elicitation.expired" ? { ...caller, actor: bridgeActor } : caller,
      parties: question === undefined ? [] : [question.from, question.to],
      correlation: question?.root ?? idOf(stream),
    });
  };

  const ask = async (request: Ask, caller: Caller): Promise<Asked> => {
    const { key } = request;
    if (key === undefined) return askNew(request, caller);
    // One key asks once, also when the second request overtakes the first one's append.
    const scope = `${caller.actor} ${key}`;
    const running = asksInFlight.get(scope);
    if (running !== undefined) return running.then((first) => repeat(first, request, caller));
    const known = lookup.byKey(caller.actor, key);
    if (known !== undefined) {
      const state = (await lookup.load(streamOf.elicitation(known))).state;
      return repeat({ ok: true, id: known, state, repeated: true }, request, caller);
    }
    const fresh = askNew(request, caller).finally(() => asksInFlight.delete(scope));
    asksInFlight.set(scope, fresh);
    return fresh;
  };

  const askNew = async (request: Ask, caller: Caller): Promise<Asked> => {
    const from = caller.actor;
    const denied = askable(request, from);
    if (denied !== undefined) return { ok: false, refusal: denied };
    const timeoutMs = request.timeoutMs ?? limits.timeoutMsDefault;
    if (timeoutMs > limits.timeoutMsMax || timeoutMs < limits.timeoutMsMin) {
      const message = `must be ${limits.timeoutMsMin} to ${limits.timeoutMsMax} here`;
      return no("invalid_input", "the timeout is out of range", [{ pointer: "/timeoutMs", message }]);
    }
    const accepted = acceptSchema(request.schema ?? {});
    if (!accepted.ok) {
      const problems = accepted.problems.map((p) => ({ ...p, pointer: `/schema${p.pointer}` }));
      return {
        ok: false,
        refusal: refusal("schema_invalid", problemsIn("the schema", problems), { problems }),
      };
    }
    const cause = request.causedBy === undefined ? undefined : await causeOf(request.causedBy, from, request.to);
    if (cause?.ok === false) return cause;
    const { signed } = request;
    const verified =
      signed === undefined ? undefined : await verifyQuestion(signed, from, signable(request, from, accepted.hash));
    if (verified?.ok === false) {
      await ports.violation(caller, verified.refusal, streamOf.agent(from));
      return verified;
    }
    const time = now();
    const id = newId("el_", time);
    const asked = {
      from,
      to: request.to,
      message: request.message,
      // The accepted copy is shared by everybody who asks with the same schema, and already read.
      schema: accepted.schema as Json,
      schemaHash: accepted.hash,
      deadline: time + timeoutMs,
      arm: ports.armOf(request.to),
      ...(request.key === undefined ? {} : { key: request.key }),
      ...cause?.links,
      ...(request.requireEd25519 === true ? { requireEd25519: true } : {}),
      ...(signed === undefined ? {} : { signed }),
    };
    const question = compose(ports, id, asked, verified?.hash);
    const outcome = await run(id, { type: "ask", question }, caller);
    return outcome.ok ? { ok: true, id, state: outcome.state, repeated: false } : outcome;
  };

  const signable = (request: Ask, from: string, schemaHash: string): Signable => ({
    typ: questionTyp,
    key: request.key,
    core: (key) => questionCore(audience, from, { ...request, key }, schemaHash, 0),
  });

  const askable = (request: Ask, from: string): Refusal | undefined => {
    const target = lookup.agent(request.to);
    const away = whyAway(target, request.to);
    if (away !== undefined) return away;
    if (request.to === from) return refusal("self_ask", "asker and addressee are the same");
    if (request.requireEd25519 === true && !hasOwnKey(target)) {
      return refusal("own_key_missing", `${request.to} has no active Ed25519 key. Nothing was queued.`);
    }
    if (lookup.openTo(request.to) >= limits.openPerTargetMax) {
      return refusal("too_many_open", `${request.to} has ${limits.openPerTargetMax} open`, { retryAfterMs: 1_000 });
    }
    if (lookup.openFrom(from) >= limits.openPerAskerMax) {
      return refusal("too_many_open", `you have ${limits.openPerAskerMax} open`, { retryAfterMs: 1_000 });
    }
    return undefined;
  };

  /** The chain a question hangs on. Only a party of an elicitation can have been moved to ask by it. */
  const causeOf = async (causedBy: string, asker: string, target: string) => {
    const { state } = await lookup.load(streamOf.elicitation(causedBy));
    if (state.status === "none" || (state.question.from !== asker && state.question.to !== asker)) {
      return no("not_found", "`causedBy` names no elicitation of yours");
    }
    const root = state.question.root ?? causedBy;
    const chain = await chainFrom(state.question);
    const barred = joins(lookup.story(root), chain, { from: asker, to: target }, limits);
    if (barred !== undefined) return { ok: false, refusal: barred } as const;
    return { ok: true, links: { causedBy, root } } as const;
  };

  /** The causes of a question and itself, nearest first; no longer than a chain may be. */
  const chainFrom = async (nearest: Question): Promise<readonly Link[]> => {
    const chain: Link[] = [nearest];
    for (let up = nearest.causedBy; up !== undefined && chain.length < limits.chainDepthMax; ) {
      const { state } = await lookup.load(streamOf.elicitation(up));
      if (state.status === "none") break;
      chain.push(state.question);
      up = state.question.causedBy;
    }
    return chain;
  };

  const repeat = (first: Asked, request: Ask, caller: Caller): Asked => {
    if (!first.ok || first.state.status === "none") return first;
    const { question } = first.state;
    return isSameAsk(question, request, caller.actor)
      ? { ...first, repeated: true }
      : { ok: false, refusal: refusal("idempotency_conflict", `key first used for ${first.id}`) };
  };

  /** Size, form, signature and key here; addressee, state, replay and schema in the decider, in this order. */
  const answer = (id: string, envelope: Jws, caller: Caller): Promise<Outcome> => {
    const verifying = verifyAnswer(envelope, caller.actor);
    return verifying instanceof Promise
      ? verifying.then((verified) => answerWith(id, envelope, readAnswer(verified, caller.actor, true), caller))
      : answerWith(id, envelope, readAnswer(verifying, caller.actor, false), caller);
  };

  const answerWith = (
    id: string,
    envelope: Jws,
    read: ReturnType<typeof readAnswer>,
    caller: Caller,
  ): Promise<Outcome> => {
    const by = caller.actor;
    if (!read.ok) return ports.violation(caller, read.refusal, streamOf.elicitation(id)).then(() => read);
    const { core, use, isOwnSigned } = read;
    return run(
      id,
      { type: "answer", id, by, now: now(), jws: envelope, core, use, isOwnSigned, sequences, check },
      caller,
    );
  };

  const verifyAnswer = (envelope: Jws, by: string) =>
    envelope.payload.length > (limits.answerBytesMax * 4) / 3
      ? tooLong
      : verifyJwsAside(envelope, (kid) => ports.keyOf(by, kid), answerTyp);

  const readAnswer = (verified: VerifiedJws | RefusedJws, by: string, isLater: boolean) => {
    if (!verified.ok) {
      if (verified === tooLong) return no("too_large", `an answer may have ${limits.answerBytesMax} bytes`);
      return no(isFormal(verified.code) ? "envelope_malformed" : "signature_invalid", verified.reason);
    }
    // While the thread pool was at it, a key may have been revoked or the agent suspended. From here on to the log,
    // nothing else gets a turn.
    if (isLater && !(isActive(by) && verified.headers.every(({ kid }) => ports.keyOf(by, kid) !== undefined))) {
      return no("signature_invalid", "its key, or its agent, was taken out of use while it was checked");
    }
    const mac = verified.headers.find(({ alg }) => alg === "HS256");
    if (mac === undefined) {
      return no("envelope_malformed", "an answer carries an HS256 signature; an Ed25519 one may stand beside it");
    }
    const read = readAnswerCore(verified.payload, audience);
    if (!read.ok) return no("answer_mismatch", "the signed core is not an answer for this bridge", read.problems);
    const { core } = read;
    const isOwnSigned = verified.headers.length > 1 && verified.headers.some(({ alg }) => alg === "Ed25519");
    return { ok: true, core, use: { kid: mac.kid, seq: core.seq, isTaken: false }, isOwnSigned } as const;
  };

  const isActive = (name: string): boolean => lookup.agent(name).status === "active";

  return {
    ask,
    answer,
    causeOf,
    unaskable: (to: string, from: string, requireEd25519 = false): Refusal | undefined =>
      askable({ to, message: "", requireEd25519 }, from),
    /** The inquiry that this is an attempt of is over. */
    withdraw: async (id: string): Promise<Outcome> => {
      const { state } = await lookup.load(streamOf.elicitation(id));
      const by = state.status === "none" ? bridgeActor : state.question.from;
      return run(id, { type: "cancel", by, reason: "the inquiry was concluded", now: now() }, byBridge);
    },
    claim: (id: string, holder: string, leaseMs: number, caller: Caller): Promise<Outcome> => {
      const time = now();
      return run(id, { type: "claim", by: caller.actor, holder, until: time + leaseMs, now: time }, caller);
    },
    cancel: (id: string, reason: string, caller: Caller): Promise<Outcome> =>
      run(id, { type: "cancel", by: caller.actor, reason, now: now() }, caller),
    /** The target has it out of its mailbox. */
    acknowledge: (id: string, holder: string, caller: Caller): Promise<Outcome> =>
      run(id, { type: "acknowledge", by: caller.actor, holder }, caller),
    deadLetter: (id: string): Promise<Outcome> =>
      run(id, { type: "deadLetter", now: now(), deliveriesMax: limits.mailboxDeliveriesMax }, byBridge),
    requeue: (id: string, reason: string, caller: Caller): Promise<Outcome> =>
      run(id, { type: "requeue", reason }, caller),
    /** A dead letter that is still open ends, and its asker sees why. */
    discard: (id: string, reason: string, caller: Caller): Promise<Outcome> =>
      run(id, { type: "discard", reason }, caller),
    reroute: (id: string, to: Arm, reason: string, caller: Caller): Promise<Outcome> =>
      run(id, { type: "reroute", to, reason }, caller),
    /** A question of the bridge's own, by the way that is to be tried. */
    probe: async (to: string, arm: Arm, timeoutMs: number): Promise<Asked> => {
      const accepted = acceptSchema({ type: "boolean" });
      if (!accepted.ok) throw new Error("the schema of a probe is one");
      const time = now();
      const id = newId("el_", time);
      const { schema, hash: schemaHash } = accepted;
      const asked = { from: bridgeActor, to, message: "Are you there?", schema: schema as Json, schemaHash };
      const question = compose(ports, id, { ...asked, deadline: time + timeoutMs, arm });
      const outcome = await run(id, { type: "ask", question }, byBridge);
      return outcome.ok ? { ok: true, id, state: outcome.state, repeated: false } : outcome;
    },
    /** Call when bytes have left, and only then. `until`: out of the mailbox, under a lease that ends then. */
    offered: (
      id: string,
      via: OfferWay,
      session: string,
      trace: string | null = null,
      until?: number,
    ): Promise<Outcome> =>
      run(
        id,
        { type: "offer", via, session, now: now(), ...(until === undefined ? {} : { until }) },
        { actor: bridgeActor, trace },
      ),
    expire: (id: string): Promise<Outcome> => run(id, { type: "expire", now: now() }, byBridge),
    lapse: (id: string): Promise<Outcome> => run(id, { type: "lapse", now: now() }, byBridge),
  };
};

export type ElicitCommands = ReturnType<typeof elicitCommands>;
export type { Offer };

/** A question with the two things that bind an answer to it: fresh random bits and the hash of all that was asked. */
export const compose = (
  { rng, audience }: Pick<ElicitPorts, "rng" | "audience">,
  id: string,
  asked: Omit<Question, "challenge" | "requestHash">,
  /** SHA-256 of what the asker has signed of it. */
  signedHash?: string,
): Question => {
  const question = { ...asked, challenge: base64url(rng.bytes(CHALLENGE_BYTES)) };
  return { ...question, requestHash: base64url(sha256(canonical(requestCore(audience, id, question, signedHash)))) };
};

/** An unknown, suspended or revoked recipient is refused at the door, never queued for a phantom. */
const whyAway = (target: Agent, name: string): Refusal | undefined => {
  switch (target.status) {
    case "none":
      return refusal("agent_unknown", `nobody is called ${name}`);
    case "invited":
      return refusal("agent_unknown", `${name} was invited and has not enrolled yet`);
    case "suspended":
      return refusal("agent_suspended", `${name} is suspended`);
    case "revoked":
      return refusal("agent_revoked", `${name} was revoked`);
    case "active":
      return undefined;
  }
};

const tooLong: RefusedJws = { ok: false, code: "too_large", reason: "too large" };

const isAnswer = ({ type }: Fact): boolean => type === "elicitation.accepted" || type === "elicitation.declined";

const hasOwnKey = (target: Agent): boolean =>
  target.status === "active" && target.keys.some(({ isOwn, state }) => isOwn && state.name === "active");

const byBridge: Caller = { actor: bridgeActor, trace: null };

const check = (schema: Json, content: Json): readonly Problem[] => checkValue(schema as JsonSchema, content);

const no = (code: Refusal["code"], detail: string, problems?: readonly Problem[]) =>
  ({ ok: false, refusal: refusal(code, detail, problems === undefined ? {} : { problems }) }) as const;

const isSameAsk = (question: Question, request: Ask, from: string): boolean =>
  question.from === from &&
  question.to === request.to &&
  question.message === request.message &&
  question.causedBy === request.causedBy &&
  (question.requireEd25519 ?? false) === (request.requireEd25519 ?? false) &&
  canonical(question.schema) === canonical(request.schema ?? {});
