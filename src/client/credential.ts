import { agentNamePattern } from "../domain/agent.ts";
import type { Problem } from "../domain/refusal.ts";
import type { ClientKey, PrivateJwk } from "./suite.ts";

/** Who somebody is and how they prove it. A file of this is as good as the agent. */
export type Credential = TokenCredential | KeyCredential;

interface Common {
  /** Where the bridge is: `http://host:port`. */
  readonly url: string;
  readonly agent: string;
  readonly macKid: string;
  /** HMAC-SHA256 key for answers, base64url. */
  readonly macSecret: string;
  /** The bridge's name in everything that is signed. */
  readonly audience: string;
}

/** What `agent add` hands out, once. */
export interface TokenCredential extends Common {
  /** Bearer token: good until the agent is revoked. */
  readonly token: string;
  readonly kid?: never;
  readonly privateKey?: never;
}

/** What an agent has once it has enrolled. It signs in with its own key, for a limited time. */
export interface KeyCredential extends Common {
  readonly token?: never;
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly privateKey: PrivateJwk;
  /** A key that was to follow when the client last wrote this: the bridge knows whether it does already. */
  readonly next?: OwnKey;
}

export interface OwnKey {
  readonly kid: string;
  readonly privateKey: PrivateJwk;
}

export const hasOwnKey = (credential: Credential): credential is KeyCredential => credential.privateKey !== undefined;

/** What this credential signs with: the MAC key always, the own key beside it. */
export const keysOf = (credential: Credential): readonly ClientKey[] => {
  const mac: ClientKey = { alg: "HS256", kid: credential.macKid, secret: credential.macSecret };
  return hasOwnKey(credential) ? [mac, clientKeyOf(credential)] : [mac];
};

export const clientKeyOf = ({ kid, privateKey: jwk }: OwnKey): ClientKey => ({ alg: "Ed25519", kid, jwk });

export type CredentialRead =
  | { readonly ok: true; readonly credential: Credential }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the text of a credential file. Problems never quote what was found: it may be a secret in the wrong place. */
export const readCredential = (text: string): CredentialRead => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, problems: [{ pointer: "", message: "is not JSON" }] };
  }
  if (typeof raw !== "object" || raw === null) {
    return { ok: false, problems: [{ pointer: "", message: "must be an object" }] };
  }
  const found = raw as { readonly [name: string]: unknown };
  const isKey = found["privateKey"] !== undefined;
  const problems: Problem[] = [];
  for (const [name, { pattern, says }] of Object.entries({ ...who, ...(isKey ? ofKey : ofToken), ...what })) {
    const value = found[name];
    if (value === undefined) problems.push({ pointer: `/${name}`, message: "is missing" });
    else if (typeof value !== "string" || !pattern.test(value)) problems.push({ pointer: `/${name}`, message: says });
  }
  if (isKey) problems.push(...keyProblems("/privateKey", found["privateKey"]));
  if (found["next"] !== undefined) {
    problems.push(
      ...keyProblems("/next/privateKey", (found["next"] as { readonly privateKey?: unknown } | null)?.privateKey),
    );
  }
  if (problems.length > 0) return { ok: false, problems };
  const { url, agent, macKid, macSecret, audience } = raw as Credential;
  const base = { url, agent, macKid, macSecret, audience };
  if (!isKey) return { ok: true, credential: { ...base, token: (raw as TokenCredential).token } };
  const { kid, privateKey, next } = raw as KeyCredential;
  return { ok: true, credential: { ...base, kid, privateKey, ...(next === undefined ? {} : { next }) } };
};

interface Member {
  readonly pattern: RegExp;
  readonly says: string;
}

const who: { readonly [K in "url" | "agent"]: Member } = {
  url: { pattern: /^(https?|wss?):\/\/\S+$/, says: "must be a URL such as http://127.0.0.1:8765" },
  agent: { pattern: new RegExp(agentNamePattern), says: "must be an agent's name" },
};
const what: { readonly [K in Exclude<keyof Common, keyof typeof who>]: Member } = {
  macKid: { pattern: /^\S{1,128}$/, says: "must be a key id" },
  macSecret: { pattern: /^[A-Za-z0-9_-]{43,}$/, says: "must be at least 32 bytes in base64url" },
  audience: { pattern: /^\S{1,256}$/, says: "must be a bridge's name" },
};
const ofToken: { readonly [name: string]: Member } = {
  token: { pattern: /^[\x21-\x7e]{1,256}$/, says: "must be a bearer token" },
};
const ofKey: { readonly [name: string]: Member } = {
  kid: { pattern: /^[A-Za-z0-9_-]{43}$/, says: "must be a key's RFC 7638 thumbprint" },
};

const keyProblems = (pointer: string, key: unknown): readonly Problem[] => {
  const { kty, crv, x, d } = (key ?? {}) as { readonly [name: string]: unknown };
  const half = /^[A-Za-z0-9_-]{43}$/;
  const isKey = kty === "OKP" && crv === "Ed25519" && [x, d].every((one) => typeof one === "string" && half.test(one));
  return isKey ? [] : [{ pointer, message: "must be a private Ed25519 JWK: kty, crv, x and d" }];
};
