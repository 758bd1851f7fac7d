import { type Static, Type } from "typebox";
import type { Inquiry } from "../../../domain/inquiry.ts";
import type { Json } from "../../../domain/json.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import type { HeldInquiry } from "../../projection/inquiries.ts";
import { operation, type Principal, type Reply } from "../operation.ts";
import { AnyJson, ElicitationId, IdempotencyKey, JwsSchema, Millis, Name, viewOf } from "../views.ts";
import { callerOf } from "./elicitations.ts";

const limits = defaultLimits;
const InquiryId = Type.String({ pattern: "^iq_[0-9a-z]{26}$", description: "id of an inquiry" });
const Ms = (description: string) =>
  Type.Integer({
    minimum: limits.timeoutMsMin,
    maximum: limits.timeoutMsMax,
    description: `${description}, in milliseconds`,
  });

const Quorum = Type.Union(
  [
    Type.Object(
      { kind: Type.Literal("first"), count: Type.Integer({ minimum: 1, maximum: limits.candidatesMax }) },
      { additionalProperties: false },
    ),
    Type.Object({ kind: Type.Enum(["majority", "all"]) }, { additionalProperties: false }),
  ],
  { description: "when there is enough: the first so many answers, all, or more than half saying the same" },
);

export const InquirySchema = Type.Object(
  {
    id: InquiryId,
    from: Name,
    message: Type.String(),
    schema: AnyJson,
    deadline: Millis("deadline"),
    status: Type.Enum(["open", "agreed", "default", "failed", "cancelled"]),
    attempts: Type.Array(
      Type.Object({
        elicitation: ElicitationId,
        to: Name,
        why: Type.String({ description: "why this agent was chosen" }),
        outcome: Type.Enum(["open", "accepted", "declined", "cancelled", "expired", "lapsed"]),
      }),
    ),
    answers: Type.Array(Type.Object({ elicitation: ElicitationId, from: Name, content: AnyJson }), {
      description: "the answers that concluded it, each its own signed record",
    }),
    default: Type.Optional(
      Type.Unsafe<Json>({ description: "the declared default, when nobody's answer concluded it" }),
    ),
  },
  { description: "one question to several, and what came of it" },
);

export const ask = operation({
  name: "inquiries.ask",
  action: "inquire",
  charge: "ask",
  summary: "Ask several agents, or whoever has an expertise: with a quorum, hedges, fallbacks and a declared default.",
  input: Type.Object(
    {
      to: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: limits.candidatesMax })),
      expertise: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,63}$" })),
      message: Type.String({ minLength: 1, maxLength: limits.questionCharsMax }),
      schema: Type.Optional(Type.Unsafe<Json>({ description: "JSON Schema (2020-12) that each answer must fit" })),
      quorum: Type.Optional(Quorum),
      width: Type.Optional(
        Type.Integer({ minimum: 1, maximum: limits.candidatesMax, description: "how many are asked at once" }),
      ),
      timeoutMs: Type.Optional(Ms("time until the inquiry's deadline")),
      attemptMs: Type.Optional(Ms("how long one attempt may take before the next candidate is asked")),
      hedgeMs: Type.Optional(Ms("after how long one more is asked beside it")),
      finally: Type.Optional(Name),
      default: Type.Optional(
        Type.Unsafe<Json>({ description: "the answer to assume when there is none; must fit the schema" }),
      ),
      causedBy: Type.Optional(ElicitationId),
      requireEd25519: Type.Optional(
        Type.Boolean({
          description: "as with `elicitations.ask`, of each answer; whoever has no own key is not asked",
        }),
      ),
      key: Type.Optional(IdempotencyKey),
      signed: Type.Optional({
        ...JwsSchema,
        description:
          "the inquiry as you sign it, once for all attempts: JWS (typ lighthouse-inquiry+jws) over the RFC 8785 form of " +
          '{v: 1, typ: "lighthouse.inquiry", aud, from, to, expertise, message, schema: SHA-256 of the canonical schema, ' +
          "quorum, width, timeoutMs, attemptMs, hedgeMs, finally, default: SHA-256 of the canonical default, key, " +
          "causedBy, requireEd25519, iat}, null for what is not given; needs `key`",
      }),
    },
    { additionalProperties: false },
  ),
  output: InquirySchema,
  http: { method: "POST", path: "/v1/inquiries", status: 201 },
  run: async (bridge, who, input) => {
    const asked = await bridge.inquire.ask(input, callerOf(who));
    if (!asked.ok) return asked;
    return { ok: true, value: await view(bridge, asked.id, asked.state) };
  },
});

export const get = operation({
  name: "inquiries.get",
  action: "read",
  summary: "Read an inquiry of yours: whom it was put to and why, and what came of it.",
  input: Type.Object({ id: InquiryId }, { additionalProperties: false }),
  output: InquirySchema,
  http: { method: "GET", path: "/v1/inquiries/:id", status: 200 },
  run: async (bridge, who, { id }) => mine(bridge, await bridge.inquiries.get(id), who),
});

export const wait = operation({
  name: "inquiries.wait",
  action: "read",
  summary: "Wait until an inquiry of yours is concluded, or until the wait is over. Wait again with the same id.",
  input: Type.Object(
    { id: InquiryId, waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.longPollMsMax })) },
    { additionalProperties: false },
  ),
  output: InquirySchema,
  http: { method: "GET", path: "/v1/inquiries/:id/wait", status: 200 },
  waitMs: ({ waitMs = limits.longPollMsMax }) => waitMs,
  run: async (bridge, who, { id, waitMs = limits.longPollMsMax }, session) => {
    const now = await mine(bridge, await bridge.inquiries.get(id), who);
    if (!now.ok || now.value.status !== "open") return now;
    await bridge.deliver.untilConcluded(id, waitMs, session.signal);
    return mine(bridge, await bridge.inquiries.get(id), who);
  },
});

export const cancel = operation({
  name: "inquiries.cancel",
  action: "cancel",
  summary: "Take back an inquiry; whoever still thinks about it is told.",
  input: Type.Object({ id: InquiryId }, { additionalProperties: false }),
  output: InquirySchema,
  http: { method: "POST", path: "/v1/inquiries/:id/cancel", status: 200 },
  run: async (bridge, who, { id }) => {
    const outcome = await bridge.inquire.cancel(id, callerOf(who));
    return outcome.ok ? mine(bridge, await bridge.inquiries.get(id), who) : outcome;
  },
});

const mine = async (
  bridge: Bridge,
  held: HeldInquiry | undefined,
  who: Principal,
): Promise<Reply<Static<typeof InquirySchema>>> => {
  const state = held?.state;
  const mayRead = state !== undefined && state.status !== "none" && (state.plan.from === who.agent || who.mayAudit);
  if (held === undefined || !mayRead)
    return { ok: false, refusal: refusal("not_found", "no inquiry of that id is yours") };
  return { ok: true, value: await view(bridge, held.id, held.state) };
};

const view = async (bridge: Bridge, id: string, state: Inquiry): Promise<Static<typeof InquirySchema>> => {
  if (state.status === "none") throw new Error(`${id} was committed and is not there`);
  const { plan, attempts } = state;
  const conclusion = state.status === "concluded" ? state.conclusion : undefined;
  const answers = [];
  for (const elicitation of conclusion?.elicitations ?? []) {
    const held = await bridge.elicitations.get(elicitation);
    if (held === undefined) throw new Error(`${elicitation} concluded ${id} and is not there`);
    const { to, content = null } = viewOf(held);
    answers.push({ elicitation, from: to, content });
  }
  const whyOf = new Map(plan.candidates.map((c) => [c.agent, c.why]));
  return {
    id,
    from: plan.from,
    message: plan.message,
    schema: plan.schema,
    deadline: plan.deadline,
    status: conclusion?.how ?? "open",
    attempts: attempts.map(({ elicitation, to, outcome }) => ({
      elicitation,
      to,
      why: whyOf.get(to) ?? "",
      outcome: outcome.how,
    })),
    answers,
    ...(conclusion?.how === "default" ? { default: plan.default ?? null } : {}),
  };
};
