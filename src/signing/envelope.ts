/**
 * JWS General JSON Serialization (RFC 7515 section 7.2.1), nothing but these members.
 *
 * ```
 * payload   = base64url(JCS(core))
 * protected = base64url(JCS({"alg":"HS256"|"Ed25519","kid":…,"typ":…}))
 * signature = base64url(HMAC-SHA256 or Ed25519 over ASCII(protected "." payload))
 * ```
 */
export type Jws = {
  readonly payload: string;
  readonly signatures: readonly { readonly protected: string; readonly signature: string }[];
};

/** Most signatures on one envelope: a MAC, an own key, and both again while keys rotate. */
export const MAX_SIGNATURES = 4;

/** Largest payload that is read, in characters of base64url: one mebibyte of JSON. */
export const MAX_PAYLOAD_CHARS = 1_398_104;

export type EnvelopeFault = { readonly ok: false; readonly code: "malformed" | "too_large"; readonly reason: string };

/** Reads a stranger's value as an envelope, before anything in it is decoded. Never throws. */
export const readEnvelope = (value: unknown): { readonly ok: true; readonly jws: Jws } | EnvelopeFault => {
  if (!hasExactly(value, "payload", "signatures"))
    return refuse("malformed", "an envelope is {payload, signatures} and nothing else");
  const { payload, signatures } = value;
  if (typeof payload !== "string" || !Array.isArray(signatures))
    return refuse("malformed", "payload is a text and signatures a list");
  if (payload.length > MAX_PAYLOAD_CHARS) return refuse("too_large", `payload is over ${MAX_PAYLOAD_CHARS} characters`);
  if (signatures.length === 0) return refuse("malformed", "no signature");
  if (signatures.length > MAX_SIGNATURES) return refuse("too_large", `over ${MAX_SIGNATURES} signatures`);
  const read: { protected: string; signature: string }[] = [];
  for (const entry of signatures as readonly unknown[]) {
    if (!hasExactly(entry, "protected", "signature"))
      return refuse("malformed", "a signature is {protected, signature} and nothing else");
    const { protected: header, signature } = entry;
    if (typeof header !== "string" || typeof signature !== "string")
      return refuse("malformed", "protected and signature are texts");
    read.push({ protected: header, signature });
  }
  return { ok: true, jws: { payload, signatures: read } };
};

/** Whether the value is an object whose members are exactly these two. */
const hasExactly = <A extends string, B extends string>(
  value: unknown,
  a: A,
  b: B,
): value is { readonly [name in A | B]: unknown } =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === 2 &&
  Object.hasOwn(value, a) &&
  Object.hasOwn(value, b);

const refuse = (code: EnvelopeFault["code"], reason: string): EnvelopeFault => ({ ok: false, code, reason });
