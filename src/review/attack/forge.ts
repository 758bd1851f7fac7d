import { answerCore, answerTyp, type Offer } from "../../domain/answer.ts";
import type { Jws } from "../../domain/elicitation.ts";
import type { Json } from "../../domain/json.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url } from "../../signing/digest.ts";
import type { HmacKey } from "../../signing/keys.ts";
import { hmac } from "../../signing/mac.ts";
import type { Actor } from "./cast.ts";

/** An envelope of one signature out of parts that nobody checks: what an attacker can write and the client would not. */
export const envelope = (header: unknown, payload: string, sign: (input: string) => string): Jws => {
  const encoded = base64url(typeof header === "string" ? header : canonical(header));
  return { payload, signatures: [{ protected: encoded, signature: sign(`${encoded}.${payload}`) }] };
};

export const headerOf = (kid: string, alg = "HS256", typ = answerTyp) => ({ alg, kid, typ });

/** The core of an answer with members changed; what is set to undefined is left out. */
export const coreWith = (
  actor: Actor,
  offer: Offer,
  iat: number,
  change: Readonly<Record<string, unknown>>,
): unknown => ({
  ...(answerCore(offer, { action: "accept", content: "as agreed" }, actor.nextSeq(), iat) as object),
  ...change,
});

/** Signed in good order by the actor's own MAC key, whatever the core says. */
export const signedCore = (actor: Actor, core: unknown): Jws =>
  envelope(headerOf(actor.mac.kid), base64url(canonical(core)), (input) => hmac(actor.mac, input));

/** The same with a text that is not canonical JSON, or not JSON. */
export const signedText = (actor: Actor, text: string): Jws =>
  envelope(headerOf(actor.mac.kid), base64url(text), (input) => hmac(actor.mac, input));

export const macKey = (kid: string, secret: Uint8Array): HmacKey => ({ alg: "HS256", kid, secret });

/** The same envelope with another payload under the signatures that it had. */
export const withPayload = (jws: Jws, change: Readonly<Record<string, Json>>): Jws => {
  const core = JSON.parse(Buffer.from(jws.payload, "base64url").toString("utf8")) as object;
  return { ...jws, payload: base64url(canonical({ ...core, ...change })) };
};

/** The last character of a base64url text changed to another spelling of the same bytes, where there is one. */
export const respelled = (text: string): string => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(text.at(-1) ?? "");
  const bytes = Buffer.from(text, "base64url");
  for (let other = 0; other < 64; other++) {
    const spelled = `${text.slice(0, -1)}${alphabet[other]}`;
    if (other !== last && Buffer.from(spelled, "base64url").equals(bytes)) return spelled;
  }
  throw new Error("a text of whole bytes has one spelling");
};
