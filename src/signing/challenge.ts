import { createHmac, timingSafeEqual } from "node:crypto";
import { fromBase64url } from "./digest.ts";

/**
 * Challenges that whoever gave them out recognises without having kept them, so that strangers who ask for them cost no
 * memory:
 *
 *     lhc_ base64url( 16 random bytes ‖ expiry, milliseconds since 1970, 6 bytes ‖ first 16 bytes of HMAC-SHA256(secret, both) )
 */
export const makeChallenge = (secret: Uint8Array, random: Uint8Array, expiresAt: number): string => {
  const bytes = Buffer.alloc(SIGNED_BYTES + MAC_BYTES);
  bytes.set(random.subarray(0, RANDOM_BYTES));
  bytes.writeUIntBE(expiresAt, RANDOM_BYTES, EXPIRY_BYTES);
  bytes.set(mac(secret, bytes.subarray(0, SIGNED_BYTES)), SIGNED_BYTES);
  return `${PREFIX}${bytes.toString("base64url")}`;
};

/** When this challenge expires, in milliseconds since 1970; undefined unless it was made with this secret. */
export const readChallenge = (secret: Uint8Array, challenge: string): number | undefined => {
  if (!challenge.startsWith(PREFIX) || challenge.length !== CHALLENGE_CHARS) return undefined;
  const bytes = fromBase64url(challenge.slice(PREFIX.length));
  if (bytes?.byteLength !== SIGNED_BYTES + MAC_BYTES) return undefined;
  const signed = Buffer.from(bytes.subarray(0, SIGNED_BYTES));
  if (!timingSafeEqual(mac(secret, signed), bytes.subarray(SIGNED_BYTES))) return undefined;
  return signed.readUIntBE(RANDOM_BYTES, EXPIRY_BYTES);
};

const PREFIX = "lhc_";
const RANDOM_BYTES = 16;
const EXPIRY_BYTES = 6;
const SIGNED_BYTES = RANDOM_BYTES + EXPIRY_BYTES;
const MAC_BYTES = 16;
const CHALLENGE_CHARS = PREFIX.length + Math.ceil(((SIGNED_BYTES + MAC_BYTES) * 4) / 3);

const mac = (secret: Uint8Array, bytes: Uint8Array): Buffer =>
  createHmac("sha256", secret).update(bytes).digest().subarray(0, MAC_BYTES);
