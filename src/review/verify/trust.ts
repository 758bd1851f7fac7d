import type { KeyObject } from "node:crypto";
import type { Problem } from "../../domain/refusal.ts";
import { type PublicJwk, publicKeyFromJwk, thumbprint } from "../../signing/keys.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import type { Reviewer } from "../certificate/sign-offs.ts";
import { subjectNames } from "../check.ts";
import { msOf } from "../digest.ts";
import { problemsOf } from "../shape/problems.ts";
import { count, exactly, type FromShape, list, moment, object, oneOf, sha256Hex, text, word } from "../shape/shape.ts";

/** Whom a verifier believes, and for what. It comes from the verifier and never from what is verified. */

const jwk = exactly({
  kty: oneOf("OKP"),
  crv: oneOf("Ed25519"),
  x: { type: "string", pattern: "^[A-Za-z0-9_-]{43}$" },
});

const keyShape = object(
  { role: oneOf("issuer", "prober", "reviewer"), name: word, jwk },
  { roles: list(word, { max: 32 }), notBefore: moment, notAfter: moment },
);

export const trustShape = object(
  {
    version: { type: "integer", minimum: 1, maximum: 1 },
    keys: list(keyShape, { max: 1_000 }),
    logs: list(exactly({ origin: text, jwk }), { max: 32 }),
    /** Digests of the policies by which one may be judged: SHA-256 of their RFC 8785 form. */
    policies: list(sha256Hex, { max: 32 }),
  },
  {
    /** How many issuers have to sign; 1 unless given. */
    issuersMin: { ...count, minimum: 1, maximum: 16 },
    /** Digests of certificates (their lines) that are not believed any more. */
    revoked: list(sha256Hex, { max: 1_000 }),
    /** What the certificate has to be about. */
    subject: list(exactly({ name: oneOf(...subjectNames), digest: exactly({ sha256: sha256Hex }) }), { max: 3 }),
  },
);
export type TrustFile = FromShape<typeof trustShape>;

export interface TrustedKey {
  readonly role: "issuer" | "prober" | "reviewer";
  readonly name: string;
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly roles: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Trust {
  readonly keys: readonly TrustedKey[];
  readonly logs: readonly NoteVerifier[];
  readonly policies: readonly string[];
  readonly issuersMin: number;
  readonly revoked: readonly string[];
  readonly subject: TrustFile["subject"];
}

export type TrustRead =
  | { readonly ok: true; readonly trust: Trust }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a trust file. One key has one role: a prober who also issues would be his own judge. */
export const readTrust = (value: unknown): TrustRead => {
  const problems = [...problemsOf(trustShape, value)];
  if (problems.length > 0) return { ok: false, problems };
  const file = value as TrustFile;
  const keys: TrustedKey[] = [];
  for (const [i, { role, name, jwk: own, roles = [], notBefore, notAfter }] of file.keys.entries()) {
    const publicKey = publicKeyFromJwk(own);
    if (publicKey === undefined) {
      problems.push({ pointer: `/keys/${i}/jwk`, message: "is not an Ed25519 public key" });
      continue;
    }
    const kid = thumbprint(own as PublicJwk);
    if (keys.some((other) => other.kid === kid && other.role !== role))
      problems.push({ pointer: `/keys/${i}`, message: "is the key of another role: roles have keys of their own" });
    const from = notBefore === undefined ? 0 : msOf(notBefore);
    const to = notAfter === undefined ? Number.POSITIVE_INFINITY : msOf(notAfter);
    keys.push({ role, name, kid, publicKey, roles, notBefore: from, notAfter: to });
  }
  const logs = file.logs.flatMap(({ origin, jwk: own }, i) => {
    const publicKey = publicKeyFromJwk(own);
    if (publicKey === undefined) problems.push({ pointer: `/logs/${i}/jwk`, message: "is not an Ed25519 public key" });
    return publicKey === undefined ? [] : [{ name: origin, publicKey }];
  });
  if (problems.length > 0) return { ok: false, problems };
  const { policies, issuersMin = 1, revoked = [], subject } = file;
  return { ok: true, trust: { keys, logs, policies, issuersMin, revoked, subject } };
};

export const reviewersOf = ({ keys }: Trust): readonly Reviewer[] =>
  keys.filter(({ role }) => role === "reviewer").map(({ name, ...key }) => ({ ...key, agent: name }));
