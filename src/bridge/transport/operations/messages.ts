import { type Static, Type } from "typebox";
import { arms } from "../../../domain/event.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import type { Bridge } from "../../bridge.ts";
import { metaOf } from "../meta.ts";
import { operation, type Principal } from "../operation.ts";
import { fitting } from "../page.ts";
import { ElicitationId, Millis, Name, OfferSchema, Position } from "../views.ts";
import { callerOf, charsOf } from "./elicitations.ts";

const limits = defaultLimits;

/** The ancestor's `wait_for_messages`, made honest: what is handed out is on record only once its bytes have left. */
export const wait = operation({
  name: "messages.wait",
  action: "read",
  summary:
    "Take questions out of your mailbox, oldest first; with `waitMs`, wait for one. Acknowledge what you have with " +
    "messages.ack: what is not acknowledged is handed out again when its lease ends.",
  input: Type.Object(
    {
      waitMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: limits.longPollMsMax,
          description: `how long to wait, in milliseconds, at most ${limits.longPollMsMax}`,
        }),
      ),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageEventsMax })),
      leaseMs: Type.Optional(
        Type.Integer({
          minimum: limits.mailboxLeaseMsMin,
          maximum: limits.mailboxLeaseMsMax,
          description: `time to acknowledge, in milliseconds; ${limits.mailboxLeaseMsDefault} if absent`,
        }),
      ),
      acknowledged: Type.Optional(
        Type.Boolean({
          description: "also what was taken or acknowledged before and is still open: for a process that starts anew",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    messages: Type.Array(
      Type.Object({
        offer: OfferSchema,
        position: Position,
        delivery: Type.Integer({ minimum: 1, description: "handed out for the how manieth time" }),
        until: Millis("when it is handed out again unless it is acknowledged"),
        _meta: Type.Optional(Type.Object({ traceparent: Type.String() })),
      }),
    ),
    arm: Type.Enum([...arms], { description: "by which way your next question goes; push: it will not come here" }),
    more: Type.Boolean({ description: "there is more to take now" }),
  }),
  http: { method: "GET", path: "/v1/messages", status: 200 },
  waitMs: ({ waitMs = 0 }) => waitMs,
  run: async (
    bridge,
    who,
    {
      waitMs = 0,
      limit = limits.pageEventsDefault,
      leaseMs = limits.mailboxLeaseMsDefault,
      acknowledged: anew = false,
    },
    session,
  ) => {
    const { deliver, observer } = bridge;
    deliver.seen(who.agent, "poll");
    deliver.polled(who.agent);
    const take = () => deliver.mail.take(who.agent, { limit: limit + 1, leaseMs, anew });
    let taken = take();
    if (taken.length === 0 && waitMs > 0) {
      await deliver.untilMailed(who.agent, waitMs, session.signal);
      // Whoever has gone takes nothing with it.
      if (!session.signal.aborted) {
        deliver.polled(who.agent);
        taken = take();
      }
    }
    const letters = taken.map((letter) => ({ ...letter, offer: deliver.offerOf(letter.held) }));
    const fits = fitting(letters.slice(0, limit), ({ offer }) => charsOf(offer));
    for (const letter of letters.slice(fits.length)) deliver.mail.putBack(letter);
    const traces = fits.map(({ offer }) => observer.handing("ask", offer.id, "poll"));
    session.onReplied(() => deliver.mailLeft(fits, "poll", session.id, traces));
    const messages = fits.map(({ offer, held, delivery, until }, i) => ({
      offer: offer as never,
      position: held.askedAt,
      delivery,
      until,
      ...metaOf(traces[i] ?? null),
    }));
    return { ok: true, value: { messages, arm: bridge.armOf(who.agent), more: letters.length > fits.length } };
  },
});

export const ack = operation({
  name: "messages.ack",
  action: "read",
  summary: "Say that you have questions out of your mailbox and need not get them again. It is no answer.",
  input: Type.Object(
    {
      ids: Type.Array(ElicitationId, { minItems: 1, maxItems: limits.pageEventsMax }),
      holder: Type.Optional(
        Type.String({ minLength: 1, maxLength: 128, description: "names the worker that has them; absent: this call" }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    acknowledged: Type.Array(ElicitationId, { description: "those that will not come again, ended ones included" }),
  }),
  http: { method: "POST", path: "/v1/messages/ack", status: 200 },
  run: async (bridge, who, { ids, holder }, session) => {
    const acknowledged: string[] = [];
    const outcomes = await Promise.all(
      ids.map((id) => bridge.elicit.acknowledge(id, holder ?? session.id, callerOf(who))),
    );
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.ok) acknowledged.push(ids[i] as string);
      // Not there or not yours: one bad id is no reason to hand the others out again.
      else if (outcome.refusal.code !== "not_found" && outcome.refusal.code !== "not_addressee") return outcome;
    }
    return { ok: true, value: { acknowledged } };
  },
});

export const dead = operation({
  name: "messages.dead",
  action: "operate",
  summary: "Dead letters: questions that mailboxes gave up on, or that expired in one without being acknowledged.",
  input: Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0, description: "only those after this position" })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageEventsMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    dead: Type.Array(
      Type.Object({
        id: ElicitationId,
        from: Type.String(),
        to: Name,
        deliveries: Type.Integer({ minimum: 0, description: "times it was handed out" }),
        why: Type.Enum(["deliveries", "expired"]),
        at: Millis("when"),
        position: Position,
      }),
    ),
    count: Type.Integer({ minimum: 0, description: "of all that are kept" }),
    next: Type.Union([Position, Type.Null()]),
  }),
  http: { method: "GET", path: "/v1/messages/dead", status: 200 },
  run: async (bridge, _who, { after = 0, limit = limits.pageEventsDefault }) => {
    const found = bridge.deadLetters.list(after, limit + 1);
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1)?.position ?? null) : null;
    return {
      ok: true,
      value: { dead: page.map((letter) => ({ ...letter })), count: bridge.deadLetters.count(), next },
    };
  },
});

const Letters = Type.Object(
  {
    ids: Type.Array(ElicitationId, { minItems: 1, maxItems: limits.rerouteMax }),
    reason: Type.String({ minLength: 1, maxLength: limits.reasonCharsMax, description: "why; it is recorded" }),
  },
  { additionalProperties: false },
);
const notDead = Type.Array(ElicitationId, { description: "are open, and no dead letters" });

const redeemAll = async (
  bridge: Bridge,
  who: Principal,
  how: "requeue" | "discard",
  { ids, reason }: Static<typeof Letters>,
) => {
  const unique = [...new Set(ids)];
  const did = { done: [] as string[], not_dead: [] as string[], ended: [] as string[] };
  const outcomes = await Promise.all(unique.map((id) => bridge.redeem(how, id, reason, callerOf(who))));
  for (const [i, outcome] of outcomes.entries()) {
    // Repeating is harmless, so the rest is told by trying again.
    if (!outcome.ok) return outcome;
    did[outcome.did].push(unique[i] as string);
  }
  return { ok: true, did } as const;
};

export const requeue = operation({
  name: "messages.requeue",
  action: "operate",
  summary: "Put dead letters back into their mailboxes: they are handed out again, as if they were new.",
  input: Letters,
  output: Type.Object({
    requeued: Type.Array(ElicitationId),
    notDead,
    ended: Type.Array(ElicitationId, { description: "have ended, or never were: they can only be asked again" }),
  }),
  http: { method: "POST", path: "/v1/messages/dead/requeue", status: 200 },
  run: async (bridge, who, input) => {
    const all = await redeemAll(bridge, who, "requeue", input);
    if (!all.ok) return all;
    const { done, not_dead, ended } = all.did;
    return { ok: true, value: { requeued: done, notDead: not_dead, ended } };
  },
});

export const discard = operation({
  name: "messages.discard",
  action: "operate",
  summary:
    "Give dead letters up. One that is open ends as cancelled, with your reason; one that had expired is listed no more.",
  input: Letters,
  output: Type.Object({
    discarded: Type.Array(ElicitationId),
    notDead,
    ended: Type.Array(ElicitationId, { description: "have ended and are not listed, or never were" }),
  }),
  http: { method: "POST", path: "/v1/messages/dead/discard", status: 200 },
  run: async (bridge, who, input) => {
    const all = await redeemAll(bridge, who, "discard", input);
    if (!all.ok) return all;
    const { done, not_dead, ended } = all.did;
    return { ok: true, value: { discarded: done, notDead: not_dead, ended } };
  },
});
