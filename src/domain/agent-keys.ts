import type { Agent, AgentFact, AgentKey } from "./agent-state.ts";
import { type Decision, decided, refused } from "./decider.ts";
import type { EventData } from "./event.ts";
import { macKidOf, type PublicJwk } from "./key.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** What may happen to an agent's keys. Signatures were verified before; here it is decided what they are good for. */
export type KeyCommand =
  | {
      readonly type: "enrol";
      readonly tokenHash: string;
      readonly kid: string;
      readonly jwk: PublicJwk;
      readonly epoch: number;
      readonly proof: EventData<"agent.enrolled">["proof"];
      readonly now: number;
      /** How long the keys before it go on verifying, in milliseconds. */
      readonly overlapMs: number;
    }
  | {
      readonly type: "rotate";
      readonly kid: string;
      readonly jwk: PublicJwk;
      /** The old key that signed for the new one; null when only the new one did. */
      readonly by: string | null;
      /** The new key has signed too, so that it is known to be held. */
      readonly isHeld: boolean;
      readonly proof: EventData<"agent.key_added">["proof"];
      readonly now: number;
      readonly overlapMs: number;
      /** Keys younger than this are not replaced, in milliseconds: what is appended is kept for ever. */
      readonly ageMsMin: number;
    }
  | { readonly type: "renewMac"; readonly epoch: number; readonly now: number; readonly overlapMs: number }
  | {
      readonly type: "revokeKey";
      readonly kid: string;
      readonly reason: string;
      /** A position in the log; null when nobody else ever had the key. */
      readonly compromisedSince: number | null;
    };

type Command<T extends KeyCommand["type"]> = Extract<KeyCommand, { readonly type: T }>;
type Outcome = Decision<AgentFact>;

/** One invitation, one key. Whoever has not got the token is told nothing but that it is not valid. */
export const enrol = (state: Agent, command: Command<"enrol">): Outcome => {
  const { tokenHash, kid, jwk, epoch, proof, now, overlapMs } = command;
  const invitation = state.status === "invited" || state.status === "active" ? state.invitation : null;
  if (invitation?.tokenHash !== tokenHash || now >= invitation.notAfter) return refused(noInvitation());
  const keys = state.status === "active" ? state.keys : [];
  if (keys.some((key) => key.kid === kid)) return refused(refusal("key_exists", "that key was enrolled before"));
  const mac = macKidOf(invitation.agent, epoch);
  const retiring = keys.filter((key) => isActive(key) && key.kid !== mac).map((key) => key.kid);
  return decided({
    type: "agent.enrolled",
    data: { kid, jwk, epoch, tokenHash, proof, retiring, until: now + overlapMs },
  });
};

/** The old key says who follows it, the new one shows that it is held; the second may come later than the first. */
export const rotate = (state: Agent, command: Command<"rotate">): Outcome => {
  const { kid, jwk, by, isHeld, proof, now, overlapMs, ageMsMin } = command;
  if (state.status !== "active") return refused(absent(state));
  const known = state.keys.find((key) => key.kid === kid);
  if (known !== undefined && known.state.name === "active") return decided();
  if (known !== undefined && known.state.name !== "pending")
    return refused(refusal("key_exists", `that key is ${known.state.name}: a key is never used again`));
  const old = state.keys.filter((key) => key.isOwn && isActive(key));
  const facts: AgentFact[] = [];
  if (known === undefined) {
    if (by === null || !old.some((key) => key.kid === by))
      return refused(refusal("signature_invalid", "an active key of the agent must sign for the new one"));
    if (state.keys.some((key) => key.state.name === "pending"))
      return refused(refusal("key_exists", "another new key is pending: finish that rotation, or revoke it"));
    const youngest = Math.max(...old.map((key) => key.since));
    if (now - youngest < ageMsMin) {
      const detail = `a key is replaced ${ageMsMin} ms after it came, at the earliest`;
      return refused(refusal("rate_limited", detail, { retryAfterMs: ageMsMin - (now - youngest) }));
    }
    facts.push({ type: "agent.key_added", data: { kid, jwk, by, proof } });
  }
  if (isHeld) {
    const retiring = old.map((key) => key.kid);
    facts.push({ type: "agent.key_activated", data: { kid, retiring, until: now + overlapMs } });
  }
  return decided(...facts);
};

export const renewMac = (state: Agent, { epoch, now, overlapMs }: Command<"renewMac">): Outcome => {
  if (state.status !== "active") return refused(absent(state));
  if (epoch <= state.profile.epoch) return decided();
  const retiring = state.keys.filter((key) => !key.isOwn && isActive(key)).map((key) => key.kid);
  return decided({ type: "agent.mac_renewed", data: { epoch, retiring, until: now + overlapMs } });
};

/** A revocation can only become stricter: a theft turns out to be older, never younger. */
export const revokeKey = (state: Agent, { kid, reason, compromisedSince }: Command<"revokeKey">): Outcome => {
  const keys = state.status === "none" || state.status === "invited" ? [] : state.keys;
  const known = keys.find((key) => key.kid === kid);
  if (known === undefined) return refused(refusal("not_found", "that agent has no such key"));
  if (known.state.name === "revoked") {
    const before = known.state.compromisedSince ?? Number.POSITIVE_INFINITY;
    if ((compromisedSince ?? Number.POSITIVE_INFINITY) >= before) return decided();
  }
  const since = compromisedSince === null ? {} : { compromisedSince };
  return decided({ type: "agent.key_revoked", data: { kid, reason, ...since } });
};

const isActive = (key: AgentKey): boolean => key.state.name === "active";

const noInvitation = (): Refusal => refusal("unauthenticated", "that enrolment token is not valid");

/** Why an agent that has to be active is not. */
export const absent = (state: Agent): Refusal => {
  switch (state.status) {
    case "suspended":
      return refusal("agent_suspended", state.reason === "" ? "it is suspended" : `it is suspended: ${state.reason}`);
    case "revoked":
      return refusal("agent_revoked", "it was revoked");
    case "none":
    case "invited":
    case "active":
      return refusal("agent_unknown", "no agent of that name is enrolled");
  }
};
