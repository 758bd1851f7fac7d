import { type KeyObject, sign, verify } from "node:crypto";
import { asBuffer } from "./digest.ts";

/** A DSSE 1.0.2 envelope. `payload` and `sig` are standard base64. */
export type Dsse = {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

export type DsseSigner = { readonly keyid: string; readonly privateKey: KeyObject };

/** Most signatures that are looked at on one envelope. */
export const MAX_DSSE_SIGNATURES = 16;

export type VerifiedDsse = {
  readonly ok: true;
  readonly payload: Uint8Array;
  readonly payloadType: string;
  /** Key ids of the trusted keys whose signature holds, each once. Who must be among them is for the caller to say. */
  readonly verified: readonly string[];
};

export type RefusedDsse = {
  readonly ok: false;
  readonly code: "malformed" | "unknown_key" | "signature_invalid";
  readonly reason: string;
};

/** The bytes that are signed: `DSSEv1 SP len(type) SP type SP len(body) SP body`, lengths in bytes as ASCII decimals. */
export const pae = (payloadType: string, payload: Uint8Array): Uint8Array =>
  Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `, "utf8"),
    payload,
  ]);

/** Signs with Ed25519, once per signer. A string payload is taken as UTF-8. */
export const signDsse = (payloadType: string, payload: Uint8Array | string, signers: readonly DsseSigner[]): Dsse => {
  if (signers.length === 0) throw new RangeError("an envelope needs at least one signer");
  const body = typeof payload === "string" ? Buffer.from(payload, "utf8") : asBuffer(payload);
  const message = pae(payloadType, body);
  return {
    payload: body.toString("base64"),
    payloadType,
    signatures: signers.map(({ keyid, privateKey }) => ({
      keyid,
      sig: sign(null, message, privateKey).toString("base64"),
    })),
  };
};

/**
 * Checks an envelope from anywhere; never throws. `keyOf` holds the trusted Ed25519 public keys by key id.
 * Signatures by other keys are passed over, as DSSE says; one by a trusted key that does not hold spoils the envelope.
 * Use the returned payload and never decode the envelope again. Standard and URL-safe base64 are both read.
 */
export const verifyDsse = (
  envelope: unknown,
  keyOf: (keyid: string) => KeyObject | undefined,
): VerifiedDsse | RefusedDsse => {
  const read = readDsse(envelope);
  if (!("payloadType" in read)) return read;
  const payload = fromAnyBase64(read.payload);
  if (payload === undefined) return refuse("malformed", "payload is not base64");
  const message = pae(read.payloadType, payload);
  const verified: string[] = [];
  for (const { keyid, sig } of read.signatures) {
    const key = keyOf(keyid);
    if (key === undefined || verified.includes(keyid)) continue;
    const bytes = fromAnyBase64(sig);
    if (bytes?.byteLength !== 64 || !verify(null, message, key, bytes))
      return refuse("signature_invalid", `the signature of ${keyid} does not hold`);
    verified.push(keyid);
  }
  if (verified.length === 0) return refuse("unknown_key", "no signature by a trusted key");
  return { ok: true, payload, payloadType: read.payloadType, verified };
};

const readDsse = (envelope: unknown): Dsse | RefusedDsse => {
  if (typeof envelope !== "object" || envelope === null) return refuse("malformed", "an envelope is an object");
  const { payload, payloadType, signatures } = envelope as { readonly [name: string]: unknown };
  if (typeof payload !== "string" || typeof payloadType !== "string" || !Array.isArray(signatures))
    return refuse("malformed", "an envelope has payload, payloadType and signatures");
  if (signatures.length > MAX_DSSE_SIGNATURES) return refuse("malformed", `over ${MAX_DSSE_SIGNATURES} signatures`);
  const read: { keyid: string; sig: string }[] = [];
  for (const item of signatures as readonly unknown[]) {
    if (typeof item !== "object" || item === null) return refuse("malformed", "a signature is an object");
    // keyid is optional in DSSE; one without it can match no trusted key here.
    const { keyid = "", sig } = item as { readonly [name: string]: unknown };
    if (typeof keyid !== "string" || typeof sig !== "string") return refuse("malformed", "a signature is {keyid, sig}");
    read.push({ keyid, sig });
  }
  return { payload, payloadType, signatures: read };
};

/** Standard or URL-safe, padded or not, but no foreign character and no stray bits. */
const fromAnyBase64 = (text: string): Buffer | undefined => {
  const plain = text.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Buffer.from(plain, "base64");
  return bytes.toString("base64").replace(/=+$/, "") === plain ? bytes : undefined;
};

const refuse = (code: RefusedDsse["code"], reason: string): RefusedDsse => ({ ok: false, code, reason });
