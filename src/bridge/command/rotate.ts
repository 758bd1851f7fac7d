import type { Agent, AgentCommand } from "../../domain/agent.ts";
import type { Jws } from "../../domain/elicitation.ts";
import type { KeyHistory } from "../../domain/key.ts";
import type { Limits } from "../../domain/limit.ts";
import { readRotationCore, rotationTyp } from "../../domain/proof.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { parseCanonical } from "../../signing/canonical.ts";
import { verifyJwsAsync } from "../../signing/jws.ts";
import { hmacKeyOf, publicJwk, publicKeyFromJwk, thumbprint, type VerifyKey } from "../../signing/keys.ts";
import type { Challenges } from "./challenge.ts";
import type { Handled } from "./handle.ts";
import type { Masters } from "./master.ts";
import type { Caller } from "./world.ts";

export interface RotatePorts {
  readonly now: () => number;
  readonly limits: Limits;
  readonly audience: string;
  readonly masters: Masters;
  readonly challenges: Challenges;
  readonly agent: (name: string) => Agent;
  readonly historyOf: (kid: string) => KeyHistory | undefined;
  readonly keyOf: (agent: string, kid: string) => VerifyKey | undefined;
  readonly run: (name: string, command: AgentCommand, caller: Caller) => Promise<Handled<Agent>>;
}

export interface Rotated {
  readonly agent: string;
  /** The agent's own active key; null while it has none. */
  readonly kid: string | null;
  readonly macKid: string;
  readonly macSecret: Uint8Array;
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

/**
 * Gives an agent its next keys: its own, for which the old one signs and which signs too, and the MAC key of the newest
 * epoch. A bearer token alone gets neither: whoever stole one could otherwise sign from then on.
 */
export const rotateCommand = (ports: RotatePorts) => {
  const { now, limits, masters } = ports;

  return async (signed: Jws, caller: Caller): Promise<Outcome> => {
    const agent = caller.actor;
    const next = nextKeyIn(signed);
    const keyOf = (kid: string): VerifyKey | undefined => (kid === next?.kid ? next : ports.keyOf(agent, kid));
    const verified = await verifyJwsAsync(signed, keyOf, rotationTyp);
    if (!verified.ok) return no(refusal("signature_invalid", verified.reason));
    const read = readRotationCore(verified.payload, ports.audience);
    if (!read.ok)
      return no(refusal("invalid_input", "what was signed is no rotation here", { problems: read.problems }));
    if (read.core.agent !== agent) return no(refusal("signature_invalid", "that rotation is another agent's"));
    if (read.core.jwk !== null && next === undefined) {
      const message = "must be the public half of an Ed25519 key, or null";
      return no(refusal("invalid_input", "that is no key", { problems: [{ pointer: "/jwk", message }] }));
    }
    const stale = ports.challenges.untimely(read.core.iat) ?? ports.challenges.spend(read.core.challenge);
    if (stale !== undefined) return no(stale);
    const signers = verified.verified;
    if (next !== undefined) {
      const refused = await replaceKey(next, signed, signers, caller);
      if (refused !== undefined) return no(refused);
    }
    return renewMac(signers, caller);
  };

  async function replaceKey(
    { kid, publicKey }: OwnKey,
    proof: Jws,
    signers: readonly string[],
    caller: Caller,
  ): Promise<Refusal | undefined> {
    const owner = ports.historyOf(kid)?.agent;
    if (owner !== undefined && owner !== caller.actor) return refusal("key_exists", "that key is in the registry");
    const by = signers.find((other) => other !== kid && ports.historyOf(other)?.material.alg === "Ed25519") ?? null;
    const { keyOverlapMs: overlapMs, keyAgeMsMin: ageMsMin } = limits;
    const [jwk, isHeld] = [publicJwk(publicKey), signers.includes(kid)];
    const command = { type: "rotate", kid, jwk, by, isHeld, proof, now: now(), overlapMs, ageMsMin } as const;
    const outcome = await ports.run(caller.actor, command, caller);
    return outcome.ok ? undefined : outcome.refusal;
  }

  /** Where an agent has a key of its own, only that one may ask for the MAC key of a new epoch. */
  async function renewMac(signers: readonly string[], caller: Caller): Promise<Outcome> {
    const agent = caller.actor;
    const { epoch, secret } = masters.current();
    const command = { type: "renewMac", epoch, now: now(), overlapMs: limits.keyOverlapMs } as const;
    const known = ports.agent(agent);
    const own =
      known.status === "active" ? known.keys.find((key) => key.isOwn && key.state.name === "active") : undefined;
    if (own !== undefined && !signers.includes(own.kid))
      return no(refusal("signature_invalid", "the agent's own active key must sign for its MAC key"));
    const renewed = await ports.run(agent, command, caller);
    if (!renewed.ok) return renewed;
    const mac = hmacKeyOf(secret, agent, epoch);
    return { ok: true, rotated: { agent, kid: own?.kid ?? null, macKid: mac.kid, macSecret: mac.secret } };
  }
};

type Outcome = { readonly ok: true; readonly rotated: Rotated } | Refused;
type OwnKey = VerifyKey & { readonly alg: "Ed25519" };

/** The key that an unverified rotation names, to verify the signature of that very key with. */
const nextKeyIn = ({ payload }: Jws): OwnKey | undefined => {
  const parsed = parseCanonical(Buffer.from(payload, "base64url").toString("utf8"));
  if (!parsed.ok) return undefined;
  const publicKey = publicKeyFromJwk((parsed.value as { readonly jwk?: unknown } | null)?.jwk);
  if (publicKey === undefined) return undefined;
  return { alg: "Ed25519", kid: thumbprint(publicJwk(publicKey)), publicKey };
};

const no = (refused: Refusal): Refused => ({ ok: false, refusal: refused });
