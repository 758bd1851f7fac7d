import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Bridge } from "../bridge.ts";
import { traceparentIn } from "./meta.ts";
import type { Principal } from "./operation.ts";

/** The token of an `Authorization: Bearer …` header. */
export const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer ([\x21-\x7e]+)$/i.exec(header ?? "")?.[1];

/** Longest token that is looked at: ours have 47 characters. */
const TOKEN_CHARS_MAX = 256;

/** Who this credential belongs to. The one place where a request gets an identity, and it comes from nowhere else. */
export const identify = (
  bridge: Bridge,
  token: string | undefined,
  trace: string | readonly string[] | undefined,
): Principal | undefined => {
  if (token === undefined || token.length > TOKEN_CHARS_MAX) return undefined;
  const owner = bridge.authenticate(token);
  if (owner === undefined) return undefined;
  const { agent, login } = owner;
  const known = bridge.agents.get(agent);
  if (known.status !== "active") return undefined;
  return {
    agent,
    roles: known.profile.roles,
    mayAudit: bridge.gate.isAllowed(agent, "audit"),
    trace: traceparentIn(trace),
    ...(login === undefined ? {} : { login }),
  };
};

/** Why nobody got in. Who holds the credential of a suspended agent is told so; all others learn nothing. */
export const turnedAway = (bridge: Bridge, token: string | undefined): Refusal => {
  if (token === undefined) return refusal("unauthenticated", "there is no bearer credential");
  const owner = token.length > TOKEN_CHARS_MAX ? undefined : bridge.authenticate(token);
  const known = owner === undefined ? undefined : bridge.agents.get(owner.agent);
  if (known?.status === "suspended") return refusal("agent_suspended", known.reason);
  return refusal("unauthenticated", "that credential is nobody's, or no longer good");
};
