import type { Limits } from "../../domain/limit.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng } from "../../domain/world.ts";
import { makeChallenge, readChallenge } from "../../signing/challenge.ts";

export interface Challenge {
  readonly challenge: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface ChallengePorts {
  readonly rng: Rng;
  /** The log's time, by which a challenge expires. */
  readonly now: () => number;
  /**
   * The machine's own clock, by which a proof is of now. The log's time can be ahead of it for hours after the clock was
   * wrong for a moment, and nobody could sign in until it had caught up.
   */
  readonly wall: () => number;
  readonly limits: Pick<Limits, "challengeMs" | "challengesSpentMax" | "clockSkewMsMax">;
}

const SECRET_BYTES = 32;
const RANDOM_BYTES = 16;

/**
 * Gives out challenges and takes each back once. Those that are out are kept nowhere; those that came back with a good
 * signature are kept until they expire. The secret is drawn anew with every start, so that none of an earlier life is
 * believed, whatever was lost with its memory.
 */
export const challenges = ({ rng, now, wall, limits }: ChallengePorts) => {
  let secret: Uint8Array | undefined;
  const secretOfThisLife = (): Uint8Array => {
    secret ??= rng.bytes(SECRET_BYTES).slice();
    return secret;
  };
  // In the order of use; an entry stays at most `challengeMs`, so the first ones are the first to go.
  const spent = new Map<string, number>();

  const forgetExpired = (time: number): void => {
    for (const [challenge, usedAt] of spent) {
      if (time - usedAt < limits.challengeMs) break;
      spent.delete(challenge);
    }
  };

  return {
    make: (): Challenge => {
      const expiresAt = now() + limits.challengeMs;
      return { challenge: makeChallenge(secretOfThisLife(), rng.bytes(RANDOM_BYTES), expiresAt), expiresAt };
    },
    /** Uses it up. Call it once the signature over it has held, so that strangers cannot use up anything. */
    spend: (challenge: string): Refusal | undefined => {
      const time = now();
      const expiresAt = readChallenge(secretOfThisLife(), challenge);
      if (expiresAt === undefined || time >= expiresAt || spent.has(challenge)) {
        return refusal(
          "unauthenticated",
          "that challenge is used, expired or none of this bridge's: ask for a new one",
        );
      }
      forgetExpired(time);
      if (spent.size >= limits.challengesSpentMax) {
        return refusal("too_busy", "too many proofs in one minute", { retryAfterMs: limits.challengeMs });
      }
      spent.set(challenge, time);
      return undefined;
    },
    /** Why a proof of this time, in seconds since 1970, is not believed. */
    untimely: (iat: number): Refusal | undefined => {
      const offMs = iat * 1_000 - wall();
      if (Math.abs(offMs) <= limits.clockSkewMsMax) return undefined;
      const message = `is ${Math.round(offMs / 1_000)} s from the bridge's clock: set yours`;
      return refusal("invalid_input", "the proof is not of now", { problems: [{ pointer: "/iat", message }] });
    },
  };
};

export type Challenges = ReturnType<typeof challenges>;
