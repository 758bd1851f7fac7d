import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { canonical } from "./canonical.ts";
import { base64url, sha256 } from "./digest.ts";

/** RFC 7518 section 3.2: an HS256 key is at least as long as its hash. In bytes. */
export const MIN_SECRET_BYTES = 32;

/** A secret shared by two. Proves authorship to the other holder and to nobody else. */
export type HmacKey = { readonly alg: "HS256"; readonly kid: string; readonly secret: Uint8Array };

export type SigningKey = HmacKey | { readonly alg: "Ed25519"; readonly kid: string; readonly privateKey: KeyObject };

/** What a verifier's registry holds for one `kid`; the algorithm comes from here and never from a message. */
export type VerifyKey = HmacKey | { readonly alg: "Ed25519"; readonly kid: string; readonly publicKey: KeyObject };

/** The public half as a JWK (RFC 8037), exactly these members. */
export type PublicJwk = { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string };

/**
 * The MAC key of one agent in one epoch of the master: 32 bytes of HKDF-SHA256, salt empty,
 * info `lighthouse/v1/answer-mac|<agent>|epoch=<n>`. 9 µs: keep the result.
 *
 * No agent name can imitate another pair: the prefix has a fixed length and the epoch, being digits only, ends at the
 * last `|`, so the info can be read back in one way. The one hole would be a name that UTF-8 cannot carry (every lone
 * surrogate becomes U+FFFD), which is refused.
 */
export const macKey = (master: Uint8Array, agent: string, epoch: number): Uint8Array => {
  if (master.byteLength < MIN_SECRET_BYTES) throw new RangeError(`a master key has at least ${MIN_SECRET_BYTES} bytes`);
  return new Uint8Array(hkdfSync("sha256", master, "", macKeyInfo(agent, epoch), 32));
};

export const macKeyInfo = (agent: string, epoch: number): string => {
  if (!agent.isWellFormed()) throw new RangeError("an agent name with a lone surrogate has no key");
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new RangeError("an epoch is a whole number from 0");
  return `lighthouse/v1/answer-mac|${agent}|epoch=${epoch}`;
};

/**
 * Tells two master secrets apart and gives neither away: 32 bytes of HKDF-SHA256, salt empty, info
 * `lighthouse/v1/master-fingerprint`, base64url.
 */
export const masterFingerprint = (master: Uint8Array): string =>
  base64url(new Uint8Array(hkdfSync("sha256", master, "", "lighthouse/v1/master-fingerprint", 32)));

/** The key id that goes with `macKey`: `<agent>#mac<epoch>`. */
export const macKid = (agent: string, epoch: number): string => `${agent}#mac${epoch}`;

/** `macKey` under its `macKid`, ready to sign and verify with. */
export const hmacKeyOf = (master: Uint8Array, agent: string, epoch: number): HmacKey => ({
  alg: "HS256",
  kid: macKid(agent, epoch),
  secret: macKey(master, agent, epoch),
});

/** A fresh Ed25519 pair; `kid` is the RFC 7638 thumbprint of the public half. */
export const generateEd25519 = (): {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
} => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { kid: thumbprint(publicJwk(publicKey)), privateKey, publicKey };
};

/** The Ed25519 private key with this 32-byte seed (RFC 8032): for simulations and vectors. */
export const ed25519FromSeed = (seed: Uint8Array): KeyObject => {
  if (seed.byteLength !== 32) throw new RangeError("an Ed25519 seed has 32 bytes");
  const der = Buffer.concat([PKCS8_ED25519, seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
};

/** Everything of an RFC 8410 private key that comes before its seed. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

export const publicKeyOf = (privateKey: KeyObject): KeyObject => createPublicKey(privateKey);

/** Throws a TypeError unless the key is Ed25519. Accepts a private key and gives away only its public half. */
export const publicJwk = (key: KeyObject): PublicJwk => {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const jwk = publicKey.export({ format: "jwk" });
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || jwk.x === undefined) throw new TypeError("not an Ed25519 key");
  return { kty: "OKP", crv: "Ed25519", x: jwk.x };
};

/** A stranger's public JWK, or `undefined` unless it is a well-formed Ed25519 public key (a private member is refused). */
export const publicKeyFromJwk = (jwk: unknown): KeyObject | undefined => {
  if (typeof jwk !== "object" || jwk === null) return undefined;
  const { kty, crv, x, d } = jwk as { [name: string]: unknown } as JsonWebKey;
  if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string" || d !== undefined) return undefined;
  if (!/^[A-Za-z0-9_-]{43}$/.test(x)) return undefined;
  try {
    const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
    return publicJwk(key).x === x ? key : undefined;
  } catch {
    return undefined;
  }
};

/** RFC 7638, SHA-256, base64url: 43 characters. */
export const thumbprint = (jwk: PublicJwk): string =>
  base64url(sha256(canonical({ crv: jwk.crv, kty: jwk.kty, x: jwk.x })));

export const privateKeyToPem = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();
export const publicKeyToPem = (key: KeyObject): string => key.export({ format: "pem", type: "spki" }).toString();

/** Throws a TypeError that never quotes the text: it may hold a secret. */
export const privateKeyFromPem = (pem: string): KeyObject => ed25519Only(() => createPrivateKey(pem), "private");
export const publicKeyFromPem = (pem: string): KeyObject => ed25519Only(() => createPublicKey(pem), "public");

const ed25519Only = (read: () => KeyObject, kind: string): KeyObject => {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== "ed25519") throw new TypeError(`not an Ed25519 ${kind} key in PEM`);
  return key;
};

/** 32 random bytes under a prefix that tells leaked-secret scanners what was found. */
export const newToken = (prefix: string, random: Uint8Array): string => {
  if (random.byteLength < TOKEN_BYTES) throw new RangeError(`a token needs ${TOKEN_BYTES} random bytes`);
  return `${prefix}${base64url(random)}`;
};

/** Entropy of a token, in bytes. */
export const TOKEN_BYTES = 32;

/** What is stored instead of a token: its SHA-256 in base64url. A plain hash is enough for 256 random bits. */
export const tokenHash = (token: string): string => base64url(sha256(token));
