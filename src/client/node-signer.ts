import { answerTyp } from "../domain/answer.ts";
import { fromBase64url } from "../signing/digest.ts";
import { signJws } from "../signing/jws.ts";
import type { HmacKey } from "../signing/keys.ts";
import type { Credential } from "./credential.ts";
import type { Signer } from "./signer.ts";

/** HMAC-SHA256 by node:crypto: 5 µs an answer, without leaving the turn. */
export const nodeSigner = ({ macKid, macSecret }: Pick<Credential, "macKid" | "macSecret">): Signer => {
  const secret = fromBase64url(macSecret);
  if (secret === undefined) throw new TypeError("the credential's macSecret is not base64url");
  // One object for the life of the signer: what node:crypto prepares from the key is remembered with it.
  const keys: readonly HmacKey[] = [{ alg: "HS256", kid: macKid, secret }];
  return { sign: (core) => signJws(core, keys, answerTyp) };
};
