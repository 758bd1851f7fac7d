import { type Static, Type } from "typebox";
import { type KeyHistory, keyStateAt, type Place } from "../../domain/key.ts";
import { Millis, Position } from "./views.ts";

/** The public half of an Ed25519 key. */
export const JwkSchema = Type.Object(
  { kty: Type.Literal("OKP"), crv: Type.Literal("Ed25519"), x: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }) },
  { additionalProperties: false, description: "public JWK (RFC 8037)" },
);

const PlaceSchema = Type.Object({ position: Position, time: Millis("when") });

export const KeySchema = Type.Object(
  {
    kid: Type.String({ description: "an own key's RFC 7638 thumbprint, or `<agent>#mac<epoch>`" }),
    agent: Type.String(),
    alg: Type.Enum(["Ed25519", "HS256"]),
    jwk: Type.Optional(JwkSchema),
    epoch: Type.Optional(Type.Integer({ description: "of the master secret that a MAC key derives from" })),
    state: Type.Enum(["pending", "active", "retiring", "retired", "revoked"], { description: "what it is now" }),
    added: PlaceSchema,
    active: Type.Optional(PlaceSchema),
    retiring: Type.Optional(
      Type.Object({ position: Position, time: Millis("when"), until: Millis("until when it verifies") }),
    ),
    revoked: Type.Optional(
      Type.Object({
        position: Position,
        time: Millis("when"),
        reason: Type.String(),
        compromisedSince: Type.Optional(Position),
      }),
    ),
  },
  { description: "a key and what it was worth at each place of the log; nothing of it is secret" },
);

export type KeyView = Static<typeof KeySchema>;

export const keyView = (key: KeyHistory, now: number): KeyView => {
  const { kid, agent, material, active, retiring, revoked } = key;
  const state = keyStateAt(key, { position: Number.MAX_SAFE_INTEGER, time: now }) as KeyView["state"];
  return {
    kid,
    agent,
    alg: material.alg,
    ...(material.alg === "Ed25519" ? { jwk: material.jwk } : { epoch: material.epoch }),
    state,
    added: placeOf(key.added),
    ...(active === null ? {} : { active: placeOf(active) }),
    ...(retiring === null ? {} : { retiring: { ...placeOf(retiring), until: retiring.until } }),
    ...(revoked === null
      ? {}
      : {
          revoked: {
            ...placeOf(revoked),
            reason: revoked.reason,
            ...(revoked.compromisedSince === null ? {} : { compromisedSince: revoked.compromisedSince }),
          },
        }),
  };
};

const placeOf = ({ position, time }: Place) => ({ position, time });
