import type { KeyObject } from "node:crypto";
import type { Jws } from "../domain/elicitation.ts";
import {
  enrolmentCore,
  enrolmentType,
  type LoginCore,
  loginCore,
  loginTyp,
  rotationCore,
  rotationTyp,
} from "../domain/proof.ts";
import { signPae } from "../signing/enrolment.ts";
import { signJws } from "../signing/jws.ts";
import { publicJwk, type SigningKey, thumbprint, tokenHash } from "../signing/keys.ts";

/** What is sent along with a one-time token to enrol a key, as `agents.enrol` takes it. */
export interface EnrolmentRequest {
  readonly name: string;
  readonly jwk: ReturnType<typeof publicJwk>;
  readonly challenge: string;
  readonly iat: number;
  readonly signature: string;
}

/** Shows that `privateKey` is held by whoever holds the token, to this bridge and now. `iat` in seconds since 1970. */
export const enrolmentRequest = (
  audience: string,
  token: string,
  privateKey: KeyObject,
  { agent, challenge, iat }: LoginCore,
): EnrolmentRequest => {
  const jwk = publicJwk(privateKey);
  const core = enrolmentCore({ audience, agent, jwk, tokenHash: tokenHash(token), challenge, iat });
  return { name: agent, jwk, challenge, iat, signature: signPae(enrolmentType, core, privateKey) };
};

/** An Ed25519 key as JWS takes it, under its thumbprint. */
export const ownKey = (privateKey: KeyObject): SigningKey => ({
  alg: "Ed25519",
  kid: thumbprint(publicJwk(privateKey)),
  privateKey,
});

export const signedLogin = (audience: string, privateKey: KeyObject, core: LoginCore): Jws =>
  signJws(loginCore(audience, core), [ownKey(privateKey)], loginTyp);

/** `keys` sign: the old one and, if there is one, the next. Without a next one, only the MAC key is renewed. */
export const signedRotation = (
  audience: string,
  keys: readonly SigningKey[],
  next: KeyObject | null,
  core: LoginCore,
): Jws => signJws(rotationCore(audience, { ...core, jwk: next === null ? null : publicJwk(next) }), keys, rotationTyp);
