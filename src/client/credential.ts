import { agentNamePattern } from "../domain/agent.ts";
import type { Problem } from "../domain/refusal.ts";

/** What `agent add` hands out, once: who somebody is and how they prove it. A file of this is as good as the agent. */
export interface Credential {
  /** Where the bridge is: `http://host:port`. */
  readonly url: string;
  readonly agent: string;
  /** Bearer token. */
  readonly token: string;
  readonly macKid: string;
  /** HMAC-SHA256 key for answers, base64url. */
  readonly macSecret: string;
  /** The bridge's name in everything that is signed. */
  readonly audience: string;
}

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
  const problems: Problem[] = [];
  for (const [name, { pattern, says }] of Object.entries(members)) {
    const value = found[name];
    if (value === undefined) problems.push({ pointer: `/${name}`, message: "is missing" });
    else if (typeof value !== "string" || !pattern.test(value)) problems.push({ pointer: `/${name}`, message: says });
  }
  if (problems.length > 0) return { ok: false, problems };
  const { url, agent, token, macKid, macSecret, audience } = raw as Credential;
  return { ok: true, credential: { url, agent, token, macKid, macSecret, audience } };
};

const members: { readonly [K in keyof Credential]: { readonly pattern: RegExp; readonly says: string } } = {
  url: { pattern: /^(https?|wss?):\/\/\S+$/, says: "must be a URL such as http://127.0.0.1:8765" },
  agent: { pattern: new RegExp(agentNamePattern), says: "must be an agent's name" },
  token: { pattern: /^[\x21-\x7e]{1,256}$/, says: "must be a bearer token" },
  macKid: { pattern: /^\S{1,128}$/, says: "must be a key id" },
  macSecret: { pattern: /^[A-Za-z0-9_-]{43,}$/, says: "must be at least 32 bytes in base64url" },
  audience: { pattern: /^\S{1,256}$/, says: "must be a bridge's name" },
};
