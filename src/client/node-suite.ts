import { createPrivateKey, type KeyObject, sign as signBytes } from "node:crypto";
import { base64url, fromBase64url, sha256 } from "../signing/digest.ts";
import { signJws } from "../signing/jws.ts";
import { generateEd25519, type SigningKey } from "../signing/keys.ts";
import type { ClientKey, PrivateJwk, Suite } from "./suite.ts";

/** By node:crypto, without leaving the turn: 5 µs an HS256 signature, 30 µs more for an Ed25519 one. */
export const nodeSuite: Suite = {
  sign: (payload, keys, typ) => signJws(payload, keys.map(prepared), typ),
  signText: (text, key) => base64url(signBytes(null, Buffer.from(text, "utf8"), privateKeyOf(key))),
  digest: (text) => base64url(sha256(text)),
  generate: () => generateEd25519().privateKey.export({ format: "jwk" }) as unknown as PrivateJwk,
};

/** One object for the life of a key: what node:crypto prepares from it is remembered with it. */
const prepared = (key: ClientKey): SigningKey => {
  const known = preparedKeys.get(key);
  if (known !== undefined) return known;
  const made: SigningKey =
    key.alg === "HS256"
      ? { alg: key.alg, kid: key.kid, secret: secretOf(key.secret) }
      : { alg: key.alg, kid: key.kid, privateKey: privateKeyOf(key.jwk) };
  preparedKeys.set(key, made);
  return made;
};

const secretOf = (text: string): Uint8Array => {
  const secret = fromBase64url(text);
  if (secret === undefined) throw new TypeError("the credential's macSecret is not base64url");
  return secret;
};

const privateKeyOf = ({ kty, crv, x, d }: PrivateJwk): KeyObject =>
  createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" });

const preparedKeys = new WeakMap<ClientKey, SigningKey>();
