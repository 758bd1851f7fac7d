import { Type } from "typebox";
import { JwkSchema } from "../key-view.ts";
import { JwsSchema, Millis, Name } from "../views.ts";
import * as forms from "./forms.ts";
import { openOperation, type ServedOpenOperation } from "./operation.ts";

const Challenge = Type.String({ maxLength: 128, description: "from `agents.challenge`; used once" });
const MacSecret = Type.String({
  description: "HMAC-SHA256 key for signing, base64url; in this reply and nowhere else",
});

export const challenge = openOperation({
  name: "agents.challenge",
  summary: "A challenge to sign, good once and for a minute. Whoever asks gets one.",
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    challenge: Challenge,
    expiresAt: Millis("until when"),
    audience: Type.String({ description: "the bridge's name in everything that is signed" }),
  }),
  http: { method: "POST", path: "/v1/challenges", status: 201 },
  credential: "none",
  run: async (bridge) => ({ ok: true, value: { ...bridge.challenges.make(), audience: bridge.audience } }),
});

export const enrol = openOperation({
  name: "agents.enrol",
  summary:
    "Enrol a key of your own with the one-time token of an invitation, showing that you hold it. The token enrols once.",
  input: Type.Object(
    {
      name: Name,
      jwk: JwkSchema,
      challenge: Challenge,
      iat: Type.Integer({ description: "now, in seconds since 1970" }),
      signature: Type.String({
        maxLength: 128,
        description:
          'Ed25519 over the DSSE PAE of type "application/vnd.lighthouse.enrol+json" and the RFC 8785 form of ' +
          "{v: 1, aud, agentId, jwk, tokenSha256, challenge, iat}, base64url",
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    agent: Name,
    kid: Type.String({ description: "RFC 7638 thumbprint of the key" }),
    macKid: Type.String(),
    macSecret: MacSecret,
    audience: Type.String(),
  }),
  http: { method: "POST", path: "/v1/enrolments", status: 201 },
  credential: "enrolment",
  run: async (bridge, { token, trace }, input) => {
    const outcome = await bridge.enrolment.enrol(token, input, trace);
    if (!outcome.ok) return outcome;
    const { macSecret, ...enrolled } = outcome.enrolled;
    return {
      ok: true,
      value: { ...enrolled, macSecret: Buffer.from(macSecret).toString("base64url"), audience: bridge.audience },
    };
  },
});

export const open = openOperation({
  name: "sessions.open",
  summary: "Sign in with your own key: the reply has a token that works as a bearer credential for a limited time.",
  input: Type.Object(
    {
      login: {
        ...JwsSchema,
        description:
          "JWS (typ lighthouse-login+jws) by your key over the RFC 8785 form of " +
          '{v: 1, typ: "lighthouse.login", aud, agent, challenge, iat}',
      },
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    id: Type.String({ description: "names this login in the log" }),
    agent: Name,
    token: Type.String({ description: "bearer credential; the bridge keeps only its hash" }),
    expiresAt: Millis("when it ends however much it is used"),
    idleMs: Type.Integer({ description: "how long it may go unused, in milliseconds" }),
    kid: Type.String(),
    keySince: Millis("since when the key is in use"),
    macEpoch: Type.Integer({ description: "epoch of the master secret that your MAC key derives from" }),
    epoch: Type.Integer({ description: "the newest epoch; `agents.rotate` gives you its MAC key" }),
    audience: Type.String(),
  }),
  http: { method: "POST", path: "/v1/sessions", status: 201 },
  credential: "none",
  run: async (bridge, { trace }, input) => {
    const outcome = await bridge.signIn.open(input.login, trace);
    if (!outcome.ok) return outcome;
    const { id, agent, token, notAfter: expiresAt, idleMs, kid, keySince, macEpoch } = outcome.login;
    const { epoch } = bridge.masters.current();
    const value = { id, agent, token, expiresAt, idleMs, kid, keySince, macEpoch, epoch, audience: bridge.audience };
    return { ok: true, value };
  },
});

/** In the order of the documentation. */
export const openOperations: readonly ServedOpenOperation[] = [challenge, enrol, open, forms.show, forms.say];
