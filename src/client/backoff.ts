import type { Rng } from "../domain/world.ts";
import type { ClientLimits } from "./limit.ts";

/**
 * How long to wait before attempt `attempt` (0 is the first after a loss), in milliseconds: full jitter, a random time
 * below base × 2^attempt. A thousand clients that a restart cut off come back spread out, not in step.
 */
export const backoffMs = (
  attempt: number,
  rng: Rng,
  { backoffBaseMs, backoffMaxMs }: Pick<ClientLimits, "backoffBaseMs" | "backoffMaxMs">,
): number => Math.floor(fraction(rng) * Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(attempt, EXPONENT_MAX)));

/** 100 ms × 2^20 is 29 hours: beyond any sensible maximum, and far from overflow. */
const EXPONENT_MAX = 20;

/** Uniform in [0, 1), from 32 random bits. */
const fraction = (rng: Rng): number => {
  const [a = 0, b = 0, c = 0, d = 0] = rng.bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
};
