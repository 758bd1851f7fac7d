import { Type } from "typebox";
import { defaultLimits } from "../../../domain/limit.ts";
import { KeySchema, keyView } from "../key-view.ts";
import { operation } from "../operation.ts";
import { JwsSchema, Name, Position } from "../views.ts";
import { callerOf } from "./elicitations.ts";

export const rotate = operation({
  name: "agents.rotate",
  action: "rotateKey",
  summary:
    "Get your next keys: the MAC key of the newest epoch, and a new key of your own in the place of the old one, which " +
    "goes on verifying for a day. Both keys sign for it; your logins by the old one die.",
  input: Type.Object(
    {
      rotation: {
        ...JwsSchema,
        description:
          "JWS (typ lighthouse-rotation+jws) by the old key and the new one over the RFC 8785 form of " +
          '{v: 1, typ: "lighthouse.rotation", aud, agent, jwk, challenge, iat}; jwk null renews the MAC key alone',
      },
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    agent: Name,
    kid: Type.Union([Type.String(), Type.Null()], { description: "your own active key; null while you have none" }),
    macKid: Type.String(),
    macSecret: Type.String({ description: "HMAC-SHA256 key for signing, base64url; in this reply and nowhere else" }),
  }),
  http: { method: "POST", path: "/v1/keys/rotate", status: 200 },
  run: async (bridge, who, { rotation }) => {
    const outcome = await bridge.rotate(rotation, callerOf(who));
    if (!outcome.ok) return outcome;
    const { macSecret, ...rotated } = outcome.rotated;
    return { ok: true, value: { ...rotated, macSecret: Buffer.from(macSecret).toString("base64url") } };
  },
});

export const revoke = operation({
  name: "keys.revoke",
  action: "revoke",
  summary:
    "Revoke one key of an agent: from here on it signs nothing. With `compromisedSince`, what it signed from that " +
    "position of the log on is suspect. Needs the role admin.",
  input: Type.Object(
    {
      name: Name,
      kid: Type.String({ minLength: 1, maxLength: 128 }),
      reason: Type.Optional(Type.String({ maxLength: defaultLimits.reasonCharsMax })),
      compromisedSince: Type.Optional(
        Type.Integer({ minimum: 1, description: "position in the log; can later be set to an earlier one" }),
      ),
    },
    { additionalProperties: false },
  ),
  output: KeySchema,
  http: { method: "POST", path: "/v1/agents/:name/keys/revoke", status: 200 },
  run: async (bridge, who, { name, kid, reason = "", compromisedSince = null }) => {
    const outcome = await bridge.registry.revokeKey(name, kid, reason, compromisedSince, callerOf(who));
    if (!outcome.ok) return outcome;
    const key = bridge.keys.get(kid);
    if (key === undefined) throw new Error(`${kid} was revoked and is not in the directory`);
    return { ok: true, value: keyView(key, bridge.now()) };
  },
});

export const rotateMaster = operation({
  name: "master.rotate",
  action: "rotateMaster",
  summary:
    "Begin a new epoch of the master secret: new MAC keys derive from it, agents come for theirs by themselves. Older " +
    "epochs go on, unless they are revoked here because the secret was lost. Needs the role admin.",
  input: Type.Object(
    {
      older: Type.Optional(Type.Enum(["accepted", "revoked"], { description: "accepted unless given" })),
      reason: Type.Optional(Type.String({ maxLength: defaultLimits.reasonCharsMax })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ epoch: Type.Integer(), position: Position }),
  http: { method: "POST", path: "/v1/master/rotate", status: 200 },
  run: async (bridge, who, { older = "accepted", reason = "" }) => {
    const outcome = await bridge.master.rotate(older, reason, callerOf(who));
    if (!outcome.ok) return outcome;
    return { ok: true, value: { epoch: outcome.epoch, position: bridge.log.head().position } };
  },
});
