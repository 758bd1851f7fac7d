import type { Clock, Rng } from "../../../domain/world.ts";

export interface Sampling {
  /** Share of the traces that begin here and are kept; those that come with a caller keep the caller's decision. */
  readonly ratio: number;
  /** New traces a second at most. A tenth of 12,000 round trips a second would be 10 MB of spans a second. */
  readonly perSecondMax: number;
}

export const defaultSampling: Sampling = { ratio: 0.1, perSecondMax: 100 };

/** Bytes drawn at once; a draw from the operating system costs more than a hundred decisions. */
const POOL_BYTES = 256;

/** Whether a trace that begins here is kept. */
export const sampler = ({ ratio, perSecondMax }: Sampling, clock: Clock, rng: Rng): (() => boolean) => {
  const threshold = Math.round(ratio * 65_536);
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  let second = Number.NEGATIVE_INFINITY;
  let kept = 0;
  return () => {
    if (used + 2 > pool.length) {
      // A copy: what the source lends may be part of a pool of its own.
      pool = Uint8Array.from(rng.bytes(POOL_BYTES));
      used = 0;
    }
    const draw = (pool[used] as number) * 256 + (pool[used + 1] as number);
    used += 2;
    if (draw >= threshold) return false;
    const now = clock.monotonic();
    if (now - second >= 1000) {
      second = now;
      kept = 0;
    }
    return ++kept <= perSecondMax;
  };
};
