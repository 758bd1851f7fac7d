import { type KeyObject, sign, verify } from "node:crypto";
import { canonical } from "./canonical.ts";
import { base64url, fromBase64url } from "./digest.ts";
import { pae } from "./dsse.ts";

/** Ed25519 over the DSSE PAE of a payload's RFC 8785 form, base64url. */
export const signPae = (payloadType: string, payload: unknown, privateKey: KeyObject): string =>
  base64url(sign(null, paeOf(payloadType, payload), privateKey));

/**
 * Whether `signature` is one by `publicKey` over the same bytes. The verifier builds the payload itself, so there is
 * nothing of a stranger's to parse. On the thread pool (65 µs), so that strangers hold up nobody. Never throws for what
 * a stranger can send.
 */
export const verifyPae = (
  payloadType: string,
  payload: unknown,
  publicKey: KeyObject,
  signature: string,
): Promise<boolean> => {
  const bytes = fromBase64url(signature);
  if (bytes?.byteLength !== SIGNATURE_BYTES) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(null, paeOf(payloadType, payload), publicKey, bytes, (error, held) => resolve(!error && held));
  });
};

const SIGNATURE_BYTES = 64;

const paeOf = (payloadType: string, payload: unknown): Uint8Array =>
  pae(payloadType, Buffer.from(canonical(payload), "utf8"));
