import { Type } from "typebox";
import type { Offer } from "../../../domain/answer.ts";
import type { Elicitation, OfferWay } from "../../../domain/elicitation.ts";
import { arms, offerWays } from "../../../domain/event.ts";
import type { Json } from "../../../domain/json.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { receiptOf } from "../../../domain/receipt.ts";
import { refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import type { Handled } from "../../command/handle.ts";
import { type Held, isOpen, streamEvents } from "../../projection/elicitations.ts";
import { metaOf } from "../meta.ts";
import { operation, type Principal, type Reply } from "../operation.ts";
import { fitting } from "../page.ts";
import { reachOf } from "../reach.ts";
import {
  ElicitationId,
  ElicitationSchema,
  type ElicitationView,
  JwsSchema,
  Millis,
  Name,
  OfferSchema,
  Position,
  ReachSchema,
  viewOf,
} from "../views.ts";

const limits = defaultLimits;
const WaitMs = Type.Integer({
  minimum: 0,
  maximum: limits.longPollMsMax,
  description: `how long to wait, in milliseconds, at most ${limits.longPollMsMax}`,
});
const Reason = Type.String({ maxLength: limits.reasonCharsMax });

export const ask = operation({
  name: "elicitations.ask",
  action: "ask",
  target: ({ to }) => to,
  charge: "ask",
  summary: "Ask another agent a question. When this returns, the question is on disk.",
  input: Type.Object(
    {
      to: Name,
      message: Type.String({ minLength: 1, maxLength: limits.questionCharsMax, description: "the question, in words" }),
      schema: Type.Optional(
        Type.Unsafe<Json>({
          description: "JSON Schema (2020-12) that the answer must fit; absent: any JSON",
        }),
      ),
      timeoutMs: Type.Optional(
        Type.Integer({
          minimum: limits.timeoutMsMin,
          maximum: limits.timeoutMsMax,
          description: `time until the deadline, in milliseconds; ${limits.timeoutMsDefault} if absent`,
        }),
      ),
      key: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: limits.idempotencyKeyCharsMax,
          description: "idempotency key: the same key asks once",
        }),
      ),
      causedBy: Type.Optional(ElicitationId),
      requireEd25519: Type.Optional(
        Type.Boolean({
          description:
            "take no answer without an Ed25519 signature by the target's own key, which proves it to third parties; " +
            "refused at once if the target has no such key",
        }),
      ),
      signed: Type.Optional({
        ...JwsSchema,
        description:
          "the question as you sign it: JWS (typ lighthouse-question+jws) over the RFC 8785 form of " +
          '{v: 1, typ: "lighthouse.question", aud, from, to, message, schema: SHA-256 of the canonical schema, timeoutMs, ' +
          "key, causedBy, requireEd25519, iat}; needs `key`",
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    id: ElicitationId,
    deadline: Millis("deadline"),
    status: ElicitationSchema.properties.status,
    reach: ReachSchema,
    repeated: Type.Boolean({ description: "true when the key had been used for this same question before" }),
  }),
  http: { method: "POST", path: "/v1/elicitations", status: 201 },
  run: async (bridge, who, input, { receivedAt }) => {
    const asked = await bridge.elicit.ask(input, { ...callerOf(who), receivedAt });
    if (!asked.ok) return asked;
    const state = asked.state as Exclude<Elicitation, { readonly status: "none" }>;
    const value = {
      id: asked.id,
      deadline: state.question.deadline,
      status: state.status === "open" ? state.stage.name : state.end.how,
      reach: reachOf(bridge, input.to),
      repeated: asked.repeated,
    };
    return { ok: true, value };
  },
});

export const get = operation({
  name: "elicitations.get",
  action: "read",
  summary: "Read an elicitation of yours and, once it has ended, its outcome.",
  input: Type.Object({ id: ElicitationId }, { additionalProperties: false }),
  output: ElicitationSchema,
  http: { method: "GET", path: "/v1/elicitations/:id", status: 200 },
  run: async (bridge, who, { id }) => visible(await bridge.elicitations.get(id), who),
});

export const wait = operation({
  name: "elicitations.wait",
  action: "read",
  summary: "Wait until an elicitation of yours has ended, or until the wait is over. Wait again with the same id.",
  input: Type.Object({ id: ElicitationId, waitMs: Type.Optional(WaitMs) }, { additionalProperties: false }),
  output: ElicitationSchema,
  http: { method: "GET", path: "/v1/elicitations/:id/wait", status: 200 },
  waitMs: ({ waitMs = limits.longPollMsMax }) => waitMs,
  run: async (bridge, who, { id, waitMs = limits.longPollMsMax }, session) => {
    const held = await bridge.elicitations.get(id);
    const now = visible(held, who);
    if (!now.ok || held === undefined || !isOpen(held)) return now;
    const then = await bridge.deliver.untilEnded(id, waitMs, session.signal);
    // An outcome that ends a wait is on its way to its asker; one that was there before is only read again.
    if (then !== undefined && !isOpen(then) && now.value.from === who.agent) {
      bridge.observer.handing("answer", id, "poll");
      session.onReplied(() => bridge.observer.handed("answer", id, "poll"));
    }
    return visible(then, who);
  },
});

export const claim = operation({
  name: "elicitations.claim",
  action: "answer",
  summary: "Say that you are working on a question, under a lease. When the lease lapses it is offered again.",
  input: Type.Object(
    {
      id: ElicitationId,
      leaseMs: Type.Optional(Type.Integer({ minimum: limits.leaseMsMin, maximum: limits.leaseMsMax })),
      holder: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description: "names the worker, and lets it renew; absent: this connection (over HTTP: this one request)",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: ElicitationSchema,
  http: { method: "POST", path: "/v1/elicitations/:id/claim", status: 200 },
  run: async (bridge, who, { id, leaseMs = limits.leaseMsDefault, holder }, session) =>
    ended(bridge, id, await bridge.elicit.claim(id, holder ?? session.id, leaseMs, callerOf(who))),
});

export const answer = operation({
  name: "elicitations.answer",
  action: "answer",
  charge: "answer",
  summary:
    "Accept or decline a question with a signed answer. Problems with the content come back so that you can mend it.",
  input: Type.Object({ id: ElicitationId, answer: JwsSchema }, { additionalProperties: false }),
  output: ElicitationSchema,
  http: { method: "POST", path: "/v1/elicitations/:id/answer", status: 200 },
  run: async (bridge, who, input, { receivedAt }) =>
    ended(bridge, input.id, await bridge.elicit.answer(input.id, input.answer, { ...callerOf(who), receivedAt })),
});

export const cancel = operation({
  name: "elicitations.cancel",
  action: "cancel",
  summary: "Take back a question you asked.",
  input: Type.Object({ id: ElicitationId, reason: Type.Optional(Reason) }, { additionalProperties: false }),
  output: ElicitationSchema,
  http: { method: "POST", path: "/v1/elicitations/:id/cancel", status: 200 },
  run: async (bridge, who, { id, reason = "" }) =>
    ended(bridge, id, await bridge.elicit.cancel(id, reason, callerOf(who))),
});

const ReceiptStepSchema = Type.Object({
  at: Millis("when"),
  position: Position,
  what: Type.Enum([
    "asked",
    "offered",
    "acknowledged",
    "dead letter",
    "requeued",
    "rerouted",
    "claimed",
    "lease lapsed",
    "answer refused",
    "accepted",
    "declined",
    "cancelled",
    "expired",
  ]),
  deadline: Type.Optional(Millis("asked: the deadline")),
  arm: Type.Optional(Type.Enum([...arms], { description: "asked: by which way of delivery" })),
  from: Type.Optional(Type.Enum([...arms], { description: "rerouted: out of which way" })),
  to: Type.Optional(Type.Enum([...arms], { description: "rerouted: into which way" })),
  reason: Type.Optional(Type.String({ description: "requeued, rerouted: why" })),
  deliveries: Type.Optional(Type.Integer({ description: "dead letter: how often it was handed out" })),
  via: Type.Optional(Type.Enum([...offerWays], { description: "offered: by which way" })),
  session: Type.Optional(Type.String({ description: "offered: on which connection" })),
  holder: Type.Optional(Type.String({ description: "claimed, lapsed, acknowledged: who holds or held it" })),
  until: Type.Optional(Millis("claimed: when the lease ends; offered: when the mailbox hands it out again")),
  code: Type.Optional(Type.String({ description: "answer refused: why" })),
  problems: Type.Optional(Type.Integer({ description: "answer refused: how many problems it had" })),
});

export const receipt = operation({
  name: "elicitations.receipt",
  action: "read",
  summary: "What the bridge knows about a question's way to its target, step by step.",
  input: Type.Object({ id: ElicitationId }, { additionalProperties: false }),
  output: Type.Object({
    elicitation: ElicitationId,
    steps: Type.Array(ReceiptStepSchema),
    reach: Type.Optional(ReachSchema),
    mode: Type.Optional(
      Type.Enum(["emergency", "recovering"], { description: "the bridge's mode now, unless it is normal" }),
    ),
  }),
  http: { method: "GET", path: "/v1/elicitations/:id/receipt", status: 200 },
  run: async (bridge, who, { id }) => {
    const now = visible(await bridge.elicitations.get(id), who);
    if (!now.ok) return now;
    const { name: mode } = bridge.degrade.current();
    const steps = receiptOf(id, await streamEvents(bridge.log, id));
    const held = bridge.elicitations.find(id);
    // Whether the target can be reached matters as long as something is to reach it.
    const value = held !== undefined && isOpen(held) ? { ...steps, reach: reachOf(bridge, now.value.to) } : steps;
    return { ok: true, value: (mode === "normal" ? value : { ...value, mode }) as never };
  },
});

export const inbox = operation({
  name: "inbox.list",
  action: "read",
  summary: "The questions that wait for your answer, oldest first. With `waitMs`, waits for one when there is none.",
  input: Type.Object(
    {
      waitMs: Type.Optional(WaitMs),
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: "only questions asked after this position: those you have already do not end your wait",
        }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageEventsMax })),
      peek: Type.Optional(
        Type.Boolean({
          description: "only look: nothing is recorded as offered. Whoever hands them on says so with inbox.handed",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    items: Type.Array(
      Type.Object({
        offer: OfferSchema,
        position: Position,
        status: Type.String(),
        _meta: Type.Optional(
          Type.Object({
            traceparent: Type.String({ description: "W3C trace context to go on in, where there is one" }),
          }),
        ),
      }),
    ),
    next: Type.Union([Position, Type.Null()], {
      description: "where the rest starts: pass it as `after`; null when this is all",
    }),
  }),
  http: { method: "GET", path: "/v1/inbox", status: 200 },
  waitMs: ({ waitMs = 0 }) => waitMs,
  run: async (bridge, who, { waitMs = 0, after = 0, limit = limits.pageEventsDefault, peek = false }, session) => {
    const waiting = () => bridge.deliver.inbox(who.agent).filter(({ position }) => position > after);
    bridge.deliver.seen(who.agent, "poll");
    let all = waiting();
    if (all.length === 0 && waitMs > 0) {
      await bridge.deliver.untilAsked(who.agent, waitMs, session.signal);
      all = waiting();
    }
    const items = fitting(all.slice(0, limit), ({ offer }) => charsOf(offer));
    // A poll is an offer only once its reply has left, and a fact only the first time: pollers ask every few seconds.
    const fresh = peek ? [] : items.filter(({ offer }) => isNewTo(bridge, offer.id, "poll"));
    const traces = new Map(fresh.map(({ offer }) => [offer.id, bridge.observer.handing("ask", offer.id, "poll")]));
    session.onReplied(() => bridge.deliver.left(fresh, "poll", session.id, [...traces.values()]));
    const value = items.map((item) => ({
      offer: item.offer as never,
      position: item.position,
      status: statusOf(bridge, item.offer.id),
      ...metaOf(traces.get(item.offer.id) ?? null),
    }));
    const next = items.length < all.length ? (items.at(-1)?.position ?? null) : null;
    return { ok: true, value: { items: value, next } };
  },
});

/** Ways that end in an agent's own process: only it can know that the bytes went on from there. */
const handedWays = ["hook", "mcp"] as const satisfies readonly OfferWay[];

export const handed = operation({
  name: "inbox.handed",
  action: "read",
  summary:
    "Say that questions, which you had by a peek, have been handed on to the one who answers. It is on record then.",
  input: Type.Object(
    {
      ids: Type.Array(ElicitationId, { minItems: 1, maxItems: limits.pageEventsMax }),
      via: Type.Enum([...handedWays], { description: "the way they went: a hook's output, or an MCP reply" }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    recorded: Type.Array(ElicitationId, { description: "those that this is news about" }),
  }),
  http: { method: "POST", path: "/v1/inbox/handed", status: 200 },
  run: async (bridge, who, { ids, via }, session) => {
    const asked = new Set(ids);
    const fresh = bridge.deliver
      .inbox(who.agent)
      .filter(({ offer }) => asked.has(offer.id) && isNewTo(bridge, offer.id, via));
    bridge.deliver.seen(who.agent, via);
    for (const { offer } of fresh) bridge.observer.handing("ask", offer.id, via);
    bridge.deliver.left(fresh, via, session.id);
    return { ok: true, value: { recorded: fresh.map(({ offer }) => offer.id) } };
  },
});

export const charsOf = ({ message, schema }: Offer): number => message.length + JSON.stringify(schema).length;

/** An offer by one way is a fact the first time, not with every look: what repeats says nothing new. */
export const isNewTo = (bridge: Bridge, id: string, way: OfferWay): boolean => {
  const state = bridge.elicitations.find(id)?.state;
  if (state?.status !== "open") return false;
  return state.stage.name === "asked" || (state.stage.name === "offered" && state.stage.via !== way);
};

export const statusOf = (bridge: Bridge, id: string): string => {
  const state = bridge.elicitations.find(id)?.state;
  return state?.status === "open" ? state.stage.name : "ended";
};

export const callerOf = (who: Principal) => ({ actor: who.agent, trace: who.trace });

/** Private to its parties and to auditors: to everybody else it does not exist. */
const visible = (held: Held | undefined, who: Principal): Reply<ElicitationView> => {
  const state = held?.state;
  if (held === undefined || state === undefined || state.status === "none") return hidden;
  const { from, to } = state.question;
  const mine = who.agent === from || who.agent === to || who.mayAudit;
  return mine ? { ok: true, value: viewOf(held) } : hidden;
};

const hidden = { ok: false, refusal: refusal("not_found", "no elicitation of that id is yours") } as const;

/** The committed state after a command, as its caller sees it. */
const ended = async (bridge: Bridge, id: string, outcome: Handled<Elicitation>): Promise<Reply<ElicitationView>> => {
  if (!outcome.ok) return outcome;
  const held = await bridge.elicitations.get(id);
  if (held === undefined) throw new Error(`${id} was committed and is not in the view`);
  return { ok: true, value: viewOf(held) };
};
