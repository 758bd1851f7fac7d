import { sign, timingSafeEqual, verify } from "node:crypto";
import { canonical, parseCanonical } from "./canonical.ts";
import { base64url, fromBase64url } from "./digest.ts";
import { type Jws, MAX_SIGNATURES, readEnvelope } from "./envelope.ts";
import { type Header, protectedHeader, readHeader, rememberHeader } from "./header.ts";
import type { SigningKey, VerifyKey } from "./keys.ts";
import { hmac } from "./mac.ts";

export type JwsFault =
  | "malformed"
  | "too_large"
  | "not_canonical"
  | "wrong_type"
  | "unknown_key"
  | "algorithm_mismatch"
  | "signature_invalid";

/** Faults of form: nobody's signature was tried yet. */
export const isFormal = (fault: JwsFault): boolean => formal.has(fault);
const formal: ReadonlySet<JwsFault> = new Set(["malformed", "too_large", "not_canonical", "wrong_type"]);

export type VerifiedJws = {
  readonly ok: true;
  readonly payload: unknown;
  /** The JCS text that was signed; its UTF-8 is what `payload` of the envelope encodes. */
  readonly payloadText: string;
  /** Kids whose signature was checked and holds, in the envelope's order. Never empty. */
  readonly verified: readonly string[];
  /** Their headers, in the same order; `alg` is also what the registry has for the kid. */
  readonly headers: readonly Header[];
  /** Kids that `keyOf` does not know, whose signatures nobody checked. Empty unless `strangers` is "report". */
  readonly unknown: readonly string[];
};

export type RefusedJws = { readonly ok: false; readonly code: JwsFault; readonly reason: string };

/** Signs once per key, in their order. HS256 costs one JCS and one HMAC; Ed25519 25 µs more. */
export const signJws = (payload: unknown, keys: readonly SigningKey[], typ: string): Jws => {
  if (keys.length === 0 || keys.length > MAX_SIGNATURES) throw new RangeError(`sign with 1 to ${MAX_SIGNATURES} keys`);
  const encoded = base64url(canonical(payload));
  return {
    payload: encoded,
    signatures: keys.map((key) => {
      const header = protectedHeader(key, typ);
      return { protected: header, signature: signature(key, `${header}.${encoded}`) };
    }),
  };
};

/**
 * Checks an envelope from a stranger; never throws, whatever it is. The first fault in this order is named: shape and
 * size, headers, keys and their algorithms, every HMAC, canonical form, every Ed25519 signature (the dear ones last).
 *
 * - The algorithm is the one that the registry has for the `kid`; a header that says another is refused.
 * - Headers hold exactly alg, kid and typ: `crit`, `b64`, `jwk` and the rest are malformed, as is an unprotected header.
 * - Every signature of a known key must hold, and at least one must be there. One that fails spoils the envelope.
 * - A `kid` that is not known is refused too: the bridge knows every key, so whatever it accepts was checked in full.
 *   A third party who holds the public key and no MAC secret has `strangers` "report" it instead; then it counts for
 *   nothing, and at least one known key must have signed.
 *
 * Give `keyOf` the same key object each time: what is prepared from it (9 µs for a MAC key) is remembered with it.
 */
export const verifyJws = (
  jws: unknown,
  keyOf: (kid: string) => VerifyKey | undefined,
  typ: string,
  strangers: "refuse" | "report" = "refuse",
): VerifiedJws | RefusedJws => {
  const opened = open(jws, keyOf, typ, strangers);
  if (!opened.ok) return opened;
  for (const check of opened.asymmetric) {
    if (!verify(null, Buffer.from(check.input), check.key, check.signature)) return invalid(check.kid);
  }
  return accept(opened);
};

/**
 * `verifyJws` with the Ed25519 part (65 µs a signature) on the thread pool, so that it cannot hold up other work. An
 * envelope without such a signature is judged at once: whoever has none pays nothing for those who have.
 */
export const verifyJwsAside = (
  jws: unknown,
  keyOf: (kid: string) => VerifyKey | undefined,
  typ: string,
  strangers: "refuse" | "report" = "refuse",
): VerifiedJws | RefusedJws | Promise<VerifiedJws | RefusedJws> => {
  const opened = open(jws, keyOf, typ, strangers);
  if (!opened.ok) return opened;
  return opened.asymmetric.length === 0 ? accept(opened) : verifyAside(opened);
};

/** `verifyJwsAside`, and always a promise. */
export const verifyJwsAsync = async (...all: Parameters<typeof verifyJws>): Promise<VerifiedJws | RefusedJws> =>
  verifyJwsAside(...all);

const verifyAside = async (opened: Opened): Promise<VerifiedJws | RefusedJws> => {
  const held = await Promise.all(opened.asymmetric.map(verifyOnThreadPool));
  const failed = opened.asymmetric[held.indexOf(false)];
  return failed === undefined ? accept(opened) : invalid(failed.kid);
};

type AsymmetricCheck = {
  readonly kid: string;
  readonly key: Extract<VerifyKey, { alg: "Ed25519" }>["publicKey"];
  readonly input: string;
  readonly signature: Uint8Array;
};

type Opened = {
  readonly ok: true;
  readonly payload: unknown;
  readonly payloadText: string;
  readonly headers: readonly { readonly encoded: string; readonly header: Header }[];
  readonly unknown: readonly string[];
  readonly asymmetric: readonly AsymmetricCheck[];
};

/** Everything but the Ed25519 arithmetic. */
const open = (
  jws: unknown,
  keyOf: (kid: string) => VerifyKey | undefined,
  typ: string,
  strangers: "refuse" | "report",
): Opened | RefusedJws => {
  const envelope = readEnvelope(jws);
  if (!envelope.ok) return envelope;
  const { payload, signatures } = envelope.jws;

  const headers: { encoded: string; header: Header }[] = [];
  const unknown: string[] = [];
  const asymmetric: AsymmetricCheck[] = [];
  let failedMac: string | undefined;
  for (const entry of signatures) {
    const header = readHeader(entry.protected);
    if (header === undefined) return refuse("malformed", "a protected header is not canonical {alg, kid, typ}");
    if (header.typ !== typ) return refuse("wrong_type", `typ is not ${typ}`);
    if (headers.some((other) => other.header.kid === header.kid)) return refuse("malformed", "one kid signs twice");
    headers.push({ encoded: entry.protected, header });
    const key = keyOf(header.kid);
    if (key === undefined) {
      unknown.push(header.kid);
      continue;
    }
    if (key.kid !== header.kid || key.alg !== header.alg)
      return refuse("algorithm_mismatch", `the key ${header.kid} is registered for ${key.alg}`);
    const input = `${entry.protected}.${payload}`;
    switch (key.alg) {
      case "HS256":
        if (!sameText(hmac(key, input), entry.signature)) failedMac ??= header.kid;
        break;
      case "Ed25519": {
        const bytes = fromBase64url(entry.signature);
        if (bytes?.byteLength !== 64) return refuse("malformed", "an Ed25519 signature is 64 bytes of base64url");
        asymmetric.push({ kid: header.kid, key: key.publicKey, input, signature: bytes });
      }
    }
  }
  if (unknown.length === headers.length || (unknown.length > 0 && strangers === "refuse"))
    return refuse("unknown_key", `no key is known for ${unknown.map((kid) => JSON.stringify(kid)).join(", ")}`);
  if (failedMac !== undefined) return invalid(failedMac);

  const payloadText = Buffer.from(payload, "base64url").toString("utf8");
  // One comparison refuses a second base64url spelling and bytes that are not UTF-8.
  if (base64url(payloadText) !== payload) return refuse("malformed", "payload is not base64url of UTF-8");
  const parsed = parseCanonical(payloadText);
  if (!parsed.ok) return refuse("not_canonical", `payload: ${parsed.reason}`);
  return { ok: true, payload: parsed.value, payloadText, headers, unknown, asymmetric };
};

const signature = (key: SigningKey, input: string): string => {
  switch (key.alg) {
    case "HS256":
      return hmac(key, input);
    case "Ed25519":
      return base64url(sign(null, Buffer.from(input), key.privateKey));
  }
};

const verifyOnThreadPool = (check: AsymmetricCheck): Promise<boolean> =>
  new Promise((resolve) => {
    verify(null, Buffer.from(check.input), check.key, check.signature, (error, held) => resolve(!error && held));
  });

/** Compares base64url texts in constant time, which also refuses any other spelling of the same bytes. */
const sameText = (expected: string, given: string): boolean => {
  const [a, b] = [Buffer.from(expected, "utf8"), Buffer.from(given, "utf8")];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
};

const accept = (opened: Opened): VerifiedJws => {
  const { payload, payloadText, unknown } = opened;
  const verified: string[] = [];
  const headers: Header[] = [];
  for (const { encoded, header } of opened.headers) {
    if (unknown.includes(header.kid)) continue;
    rememberHeader(encoded, header);
    verified.push(header.kid);
    headers.push(header);
  }
  return { ok: true, payload, payloadText, verified, headers, unknown };
};

const invalid = (kid: string): RefusedJws => refuse("signature_invalid", `the signature of ${kid} does not hold`);

const refuse = (code: JwsFault, reason: string): RefusedJws => ({ ok: false, code, reason });
