import { agentNamePattern } from "./agent.ts";
import type { Json } from "./json.ts";
import type { PublicJwk } from "./key.ts";
import type { Problem } from "./refusal.ts";

/**
 * The JSON values with which an agent shows that it holds a key, before it is anybody. As for answers, both sides build
 * them from here; the exact bytes are their RFC 8785 form.
 */

/** DSSE payload type of an enrolment; what is signed is its PAE over the RFC 8785 form of `enrolmentCore`. */
export const enrolmentType = "application/vnd.lighthouse.enrol+json";
/** `typ` in the protected header of a JWS. */
export const loginTyp = "lighthouse-login+jws";
export const rotationTyp = "lighthouse-rotation+jws";

export interface Enrolment {
  readonly audience: string;
  readonly agent: string;
  readonly jwk: PublicJwk;
  /** SHA-256 of the one-time token, base64url. */
  readonly tokenHash: string;
  readonly challenge: string;
  /** Seconds since 1970. */
  readonly iat: number;
}

export const enrolmentCore = ({ audience, agent, jwk, tokenHash, challenge, iat }: Enrolment): Json => ({
  v: 1,
  aud: audience,
  agentId: agent,
  jwk: { kty: jwk.kty, crv: jwk.crv, x: jwk.x },
  tokenSha256: tokenHash,
  challenge,
  iat,
});

export interface LoginCore {
  readonly agent: string;
  readonly challenge: string;
  readonly iat: number;
}

export const loginCore = (audience: string, { agent, challenge, iat }: LoginCore): Json => ({
  v: 1,
  typ: "lighthouse.login",
  aud: audience,
  agent,
  challenge,
  iat,
});

export interface RotationCore extends LoginCore {
  /** The key that is to follow; null to renew nothing but the MAC key. */
  readonly jwk: PublicJwk | null;
}

export const rotationCore = (audience: string, { agent, jwk, challenge, iat }: RotationCore): Json => ({
  v: 1,
  typ: "lighthouse.rotation",
  aud: audience,
  agent,
  jwk: jwk === null ? null : { kty: jwk.kty, crv: jwk.crv, x: jwk.x },
  challenge,
  iat,
});

type Read<Core> =
  | { readonly ok: true; readonly core: Core }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const readLoginCore = (payload: unknown, audience: string): Read<LoginCore> => {
  const read = common(payload, audience, "lighthouse.login", []);
  return read.problems.length > 0 ? { ok: false, problems: read.problems } : { ok: true, core: read.core };
};

/** That `jwk` is an Ed25519 key is for whoever can tell. */
export const readRotationCore = (payload: unknown, audience: string): Read<LoginCore & { readonly jwk: unknown }> => {
  const read = common(payload, audience, "lighthouse.rotation", ["jwk"]);
  if (read.problems.length > 0) return { ok: false, problems: read.problems };
  return { ok: true, core: { ...read.core, jwk: (payload as { readonly jwk: unknown }).jwk } };
};

const named = new RegExp(agentNamePattern);
const members = ["v", "typ", "aud", "agent", "challenge", "iat"];

const common = (payload: unknown, audience: string, typ: string, more: readonly string[]) => {
  const problems: Problem[] = [];
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    return { core: {} as LoginCore, problems: [{ pointer: "", message: "must be an object" }] };
  }
  const raw = payload as { readonly [name: string]: unknown };
  const need = (ok: boolean, member: string, message: string): void => {
    if (!ok) problems.push({ pointer: `/${member}`, message });
  };
  for (const name in raw) need(members.includes(name) || more.includes(name), name, "is not a member of this proof");
  for (const name of more) need(raw[name] !== undefined, name, "is missing");
  const { v, typ: found, aud, agent, challenge, iat } = raw;
  need(v === 1, "v", "must be 1");
  need(found === typ, "typ", `must be "${typ}"`);
  need(aud === audience, "aud", `must be "${audience}"`);
  need(typeof agent === "string" && named.test(agent), "agent", "must be an agent's name");
  need(typeof challenge === "string", "challenge", "must be a string");
  need(Number.isSafeInteger(iat), "iat", "must be whole seconds since 1970");
  return { core: { agent, challenge, iat } as LoginCore, problems };
};
