import type { Agent } from "../../domain/agent.ts";
import type { Jws } from "../../domain/elicitation.ts";
import type { Json } from "../../domain/json.ts";
import type { Limits } from "../../domain/limit.ts";
import { questionProblems } from "../../domain/question.ts";
import { type Problem, type Refusal, refusal } from "../../domain/refusal.ts";
import { base64url, sha256 } from "../../signing/digest.ts";
import { isFormal, verifyJwsAsync } from "../../signing/jws.ts";
import type { VerifyKey } from "../../signing/keys.ts";

export interface QuestionPorts {
  readonly now: () => number;
  readonly limits: Pick<Limits, "clockSkewMsMax" | "idempotencyWindowMs">;
  readonly agent: (name: string) => Agent;
  readonly keyOf: (agent: string, kid: string) => VerifyKey | undefined;
}

/** `hash`: SHA-256 of what was signed, base64url. */
export type VerifiedQuestion =
  | { readonly ok: true; readonly hash: string }
  | { readonly ok: false; readonly refusal: Refusal };

/** What must have been signed: its type, the asker's idempotency key, and the value that follows from what is asked. */
export interface Signable {
  readonly typ: string;
  readonly key: string | undefined;
  readonly core: (key: string) => Json;
}

/**
 * Whether this question, or inquiry, is what its asker has signed, every word of it. A signature is good for as long as its idempotency
 * key is remembered: sent again in that time it asks nothing new, and later it is too old.
 */
export const questionVerifier =
  ({ now, limits, agent, keyOf }: QuestionPorts) =>
  async (envelope: Jws, from: string, { typ, key, core }: Signable): Promise<VerifiedQuestion> => {
    if (key === undefined) return differs([{ pointer: "/key", message: "is missing: a signed question needs one" }]);
    const verified = await verifyJwsAsync(envelope, (kid) => keyOf(from, kid), typ);
    if (!verified.ok) return no(isFormal(verified.code) ? "envelope_malformed" : "signature_invalid", verified.reason);
    if (agent(from).status !== "active" || !verified.headers.every(({ kid }) => keyOf(from, kid) !== undefined)) {
      return no("signature_invalid", "its key, or its agent, was taken out of use while it was checked");
    }
    if (!verified.headers.some(({ alg }) => alg === "HS256")) {
      return no(
        "envelope_malformed",
        "a signed question carries an HS256 signature; an Ed25519 one may stand beside it",
      );
    }
    const problems = questionProblems(verified.payload, core(key));
    if (problems.length > 0) return differs(problems.map((p) => ({ ...p, pointer: `/signed${p.pointer}` })));
    const ageMs = now() - (verified.payload as { readonly iat: number }).iat * 1_000;
    if (ageMs > limits.idempotencyWindowMs || ageMs < -limits.clockSkewMsMax) {
      return differs([
        { pointer: "/signed/iat", message: `is ${Math.round(ageMs / 1_000)} s before the bridge's clock` },
      ]);
    }
    return { ok: true, hash: base64url(sha256(verified.payloadText)) };
  };

const differs = (problems: readonly Problem[]): VerifiedQuestion => ({
  ok: false,
  refusal: refusal("invalid_input", "what was signed is not what is asked", { problems }),
});

const no = (code: Refusal["code"], detail: string): VerifiedQuestion => ({ ok: false, refusal: refusal(code, detail) });
