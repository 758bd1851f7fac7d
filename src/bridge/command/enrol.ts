import { type Agent, type AgentCommand, bridgeActor } from "../../domain/agent.ts";
import type { Limits } from "../../domain/limit.ts";
import { enrolmentCore, enrolmentType } from "../../domain/proof.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng } from "../../domain/world.ts";
import { verifyPae } from "../../signing/enrolment.ts";
import {
  hmacKeyOf,
  newToken,
  publicJwk,
  publicKeyFromJwk,
  TOKEN_BYTES,
  thumbprint,
  tokenHash,
} from "../../signing/keys.ts";
import type { Challenges } from "./challenge.ts";
import type { Handled } from "./handle.ts";
import type { Masters } from "./master.ts";
import type { NewAgent } from "./register.ts";
import type { Caller } from "./world.ts";

export interface EnrolPorts {
  readonly rng: Rng;
  readonly now: () => number;
  readonly limits: Limits;
  readonly audience: string;
  readonly masters: Masters;
  readonly challenges: Challenges;
  /** Who may enrol with the token that this is the hash of. */
  readonly invited: (tokenHash: string) => string | undefined;
  /** Whether anybody has or had this key. */
  readonly isKeyKnown: (kid: string) => boolean;
  /** Runs a command on an agent's stream. */
  readonly run: (name: string, command: AgentCommand, caller: Caller) => Promise<Handled<Agent>>;
}

/** What whoever has the one-time token sends along with it. Every member has the right type. */
export interface EnrolmentRequest {
  readonly name: string;
  readonly jwk: unknown;
  readonly challenge: string;
  readonly iat: number;
  /** Ed25519 over the PAE of the enrolment, base64url. */
  readonly signature: string;
}

export interface Enrolled {
  readonly agent: string;
  readonly kid: string;
  readonly macKid: string;
  readonly macSecret: Uint8Array;
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

export const enrolCommands = (ports: EnrolPorts) => {
  const { rng, now, limits, masters } = ports;

  /** The token is in the reply and nowhere else; it lets one key be enrolled for this agent, for a quarter of an hour. */
  const invite = async (
    { name, kind, roles, expertise }: NewAgent,
    caller: Caller,
  ): Promise<{ readonly ok: true; readonly token: string; readonly notAfter: number } | Refused> => {
    const token = newToken("lhe_", rng.bytes(TOKEN_BYTES));
    const notAfter = now() + limits.invitationMs;
    const invitation = { agent: name, kind, roles, expertise, tokenHash: tokenHash(token), notAfter };
    const outcome = await ports.run(name, { type: "invite", invitation }, caller);
    return outcome.ok ? { ok: true, token, notAfter } : outcome;
  };

  /**
   * In this order: the token, so that nobody without it learns anything or costs more than a hash; the form; the
   * signature; the challenge, which only a good signature uses up; and the decision, which uses up the invitation where
   * it is read, so that a token enrols once whoever else tries at the same time and whatever crashes.
   */
  const enrol = async (
    token: string | undefined,
    request: EnrolmentRequest,
    trace: string | null,
  ): Promise<{ readonly ok: true; readonly enrolled: Enrolled } | Refused> => {
    const hash = token?.startsWith("lhe_") === true ? tokenHash(token) : undefined;
    const agent = hash === undefined ? undefined : ports.invited(hash);
    if (hash === undefined || agent === undefined || agent !== request.name) return no(invalidToken());
    const publicKey = publicKeyFromJwk(request.jwk);
    if (publicKey === undefined) {
      const message = "must be the public half of an Ed25519 key: kty, crv and x, and nothing private";
      return no(refusal("invalid_input", "that is no key", { problems: [{ pointer: "/jwk", message }] }));
    }
    const { challenge, iat, signature } = request;
    const untimely = ports.challenges.untimely(iat);
    if (untimely !== undefined) return no(untimely);
    const jwk = publicJwk(publicKey);
    const core = enrolmentCore({ audience: ports.audience, agent, jwk, tokenHash: hash, challenge, iat });
    if (!(await verifyPae(enrolmentType, core, publicKey, signature))) {
      return no(refusal("unauthenticated", "the signature does not show that you hold the key"));
    }
    const stale = ports.challenges.spend(challenge);
    if (stale !== undefined) return no(stale);
    const kid = thumbprint(jwk);
    if (ports.isKeyKnown(kid)) return no(refusal("key_exists", "that key was enrolled before"));
    const { epoch, secret } = masters.current();
    const proof = { challenge, iat, signature };
    const outcome = await ports.run(
      agent,
      { type: "enrol", tokenHash: hash, kid, jwk, epoch, proof, now: now(), overlapMs: limits.keyOverlapMs },
      // From here on there is somebody who did it.
      { actor: agent, trace },
    );
    if (!outcome.ok) return outcome;
    const mac = hmacKeyOf(secret, agent, epoch);
    return { ok: true, enrolled: { agent, kid, macKid: mac.kid, macSecret: mac.secret } };
  };

  return { invite, enrol };
};

export type EnrolCommands = ReturnType<typeof enrolCommands>;

const no = (refused: Refusal): Refused => ({ ok: false, refusal: refused });

/** The same words whether it never was, was used, is too old, or is somebody else's. */
const invalidToken = (): Refusal => refusal("unauthenticated", "that enrolment token is not valid");

/** Nobody may be called as the bridge itself. */
export const isReserved = (name: string): boolean => name === bridgeActor;
