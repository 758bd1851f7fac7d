import type { Rng } from "../../src/domain/world.ts";

/** Bytes that are the same for the same seed (mulberry32): for tests, and of no worth as secrets. */
export const seededRng = (seed: number): Rng => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { bytes: (size) => Uint8Array.from({ length: size }, () => next() & 0xff) };
};
