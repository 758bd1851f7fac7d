import { Type } from "typebox";
import type { Elicitation, Jws } from "../../domain/elicitation.ts";
import { offerWays } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import { defaultLimits } from "../../domain/limit.ts";
import { pingVias } from "../../domain/ping.ts";
import type { Held } from "../projection/elicitations.ts";
import { recent } from "./recent.ts";

/** What goes over the wire, said once: these schemas validate, document (OpenAPI) and type. */

export const Name = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description: "name of an agent" });
export const ElicitationId = Type.String({ pattern: "^el_[0-9a-z]{26}$", description: "id of an elicitation" });
export const Millis = (description: string) => Type.Integer({ description: `${description}, milliseconds since 1970` });
export const Position = Type.Integer({ minimum: 0, description: "place in the log's one total order" });
export const IdempotencyKey = Type.String({
  minLength: 1,
  maxLength: defaultLimits.idempotencyKeyCharsMax,
  description: "idempotency key: the same request under the same key is done once, for a day",
});
export const AnyJson = Type.Unsafe<Json>({ description: "any JSON value" });

export const JwsSchema = Type.Object(
  {
    payload: Type.String(),
    signatures: Type.Array(
      Type.Object({ protected: Type.String(), signature: Type.String() }, { additionalProperties: false }),
      { minItems: 1, maxItems: 4 },
    ),
  },
  { additionalProperties: false, description: "JWS General JSON Serialization (RFC 7515) of an answer core" },
);

export const RequireEd25519 = Type.Boolean({
  description: "the answer must carry an Ed25519 signature by the target's own key beside the HS256 one",
});

export const OfferSchema = Type.Object(
  {
    id: ElicitationId,
    audience: Type.String(),
    from: Name,
    to: Name,
    message: Type.String(),
    schema: AnyJson,
    schemaHash: Type.String(),
    requestHash: Type.String(),
    challenge: Type.String(),
    deadline: Millis("deadline"),
    causedBy: Type.Optional(ElicitationId),
    requireEd25519: Type.Optional(RequireEd25519),
  },
  { description: "a question as its target gets it: all that is needed to sign an answer" },
);

/** By which way an agent can be expected to learn of a question, strongest first; measured, never declared. */
export const reachClasses = ["live", "hook", "webhook", "mcp", "poll", "none"] as const;

const evidence = {
  class: Type.Optional(
    Type.Enum([...reachClasses], {
      description:
        "live: connected now; else the way by which the latest question's bytes left for it; none: never any",
    }),
  ),
  proof: Type.Optional(
    Type.Object(
      {
        via: Type.Enum([...offerWays]),
        offeredAt: Millis("when the latest question's bytes left for it"),
        heardAt: Type.Union([Type.Integer(), Type.Null()], {
          description: "when it last claimed or answered one, milliseconds since 1970; null: never",
        }),
      },
      { description: "what the log has to show for it" },
    ),
  ),
  ping: Type.Optional(
    Type.Object(
      {
        at: Millis("when"),
        via: Type.Enum([...pingVias], { description: "none: there was no way on which an answer could come back" }),
        ok: Type.Boolean({ description: "an answer came back in time" }),
        says: Type.String(),
        tookMs: Type.Integer({ minimum: 0 }),
      },
      { description: "what came of the latest canary (`agents.ping`)" },
    ),
  ),
};

export const ReachSchema = Type.Union(
  [
    Type.Object({ state: Type.Literal("reachable"), ...evidence }),
    Type.Object({
      state: Type.Literal("queued"),
      lastSeen: Millis("when the target was last seen"),
      ...evidence,
    }),
    Type.Object({ state: Type.Literal("never_seen"), ...evidence }),
  ],
  { description: "what is true about reaching the target now: a live connection, or only a place in its inbox" },
);

export const ElicitationSchema = Type.Object(
  {
    id: ElicitationId,
    from: Name,
    to: Name,
    message: Type.String(),
    schema: AnyJson,
    deadline: Millis("deadline"),
    status: Type.Enum(["asked", "offered", "claimed", "accepted", "declined", "cancelled", "expired"]),
    position: Position,
    content: Type.Optional(AnyJson),
    reason: Type.Optional(Type.String()),
    answer: Type.Optional(JwsSchema),
    causedBy: Type.Optional(ElicitationId),
    answersRefused: Type.Optional(Type.Integer()),
    requireEd25519: Type.Optional(RequireEd25519),
  },
  { description: "an elicitation and, once it has ended, its one outcome" },
);

export type ElicitationView = Type.Static<typeof ElicitationSchema>;

const newView = (held: Held): ElicitationView => {
  const state = held.state as Exclude<Elicitation, { readonly status: "none" }>;
  const { from, to, message, schema, deadline, causedBy, requireEd25519 } = state.question;
  const base = {
    id: held.id,
    from,
    to,
    message,
    schema,
    deadline,
    position: held.position,
    ...(causedBy === undefined ? {} : { causedBy }),
    ...(requireEd25519 === true ? { requireEd25519 } : {}),
  };
  if (state.status === "open") return { ...base, status: state.stage.name, answersRefused: state.answersRefused };
  const { end } = state;
  switch (end.how) {
    case "accepted":
      return { ...base, status: end.how, content: contentOf(end.answer), answer: mutable(end.answer) };
    case "declined":
      return { ...base, status: end.how, reason: end.reason, answer: mutable(end.answer) };
    case "cancelled":
      return { ...base, status: end.how, reason: end.reason };
    case "expired":
      return { ...base, status: end.how };
  }
};

export const viewOf = recent(newView);

/** An elicitation as it is shown, in JSON. */
export const viewText = recent(
  (view: ElicitationView) => JSON.stringify(view),
  (text) => text.length,
);

/** The content lives in the signed payload and nowhere else, so it cannot differ from what was signed. */
export const contentOf = (answer: Jws): Json => {
  // An outcome is shown to both its parties: read once.
  const known = contents.get(answer);
  if (known !== undefined) return known;
  const core = JSON.parse(Buffer.from(answer.payload, "base64url").toString("utf8")) as { readonly content: Json };
  contents.set(answer, core.content);
  return core.content;
};

const contents = new WeakMap<Jws, Json>();

const mutable = (jws: Jws) => jws as Type.Static<typeof JwsSchema>;

export const EventSchema = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: Type.String({ description: "`stream@revision`" }),
    source: Type.String(),
    type: Type.String(),
    subject: Type.String({ description: "the stream" }),
    time: Type.String({ description: "RFC 3339" }),
    position: Position,
    revision: Type.Integer({ minimum: 0 }),
    actor: Type.String(),
    correlation: Type.String(),
    causation: Type.Union([Type.String(), Type.Null()]),
    traceparent: Type.Optional(Type.String()),
    data: AnyJson,
  },
  { description: "one event of the log with CloudEvents 1.0 attributes" },
);
