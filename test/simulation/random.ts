import type { Rng } from "../../src/domain/world.ts";

/** A stream of chance that is the same for the same names. */
export interface Random extends Rng {
  /** A whole number from 0 to below `n`. */
  readonly below: (n: number) => number;
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** One of the keys, as often as its weight says. */
  readonly weighted: <K extends string>(weights: Readonly<Record<K, number>>) => K;
}

/**
 * Everything in the simulation that has luck has a stream of its own, named after it: so a step taken out of a plan
 * leaves the luck of all the others as it was, and a failing plan can be cut down. sfc32, seeded by FNV-1a.
 */
export const random = (...names: readonly (string | number)[]): Random => {
  const text = names.join(" ");
  let a = hash(text, 0x811c9dc5);
  let b = hash(text, 0x9e3779b9);
  let c = hash(text, 0x85ebca6b);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  const below = (n: number): number => Math.floor((next() / 2 ** 32) * n);
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (probability) => next() / 2 ** 32 < probability,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    weighted: (weights) => {
      const entries = Object.entries(weights) as [keyof typeof weights, number][];
      let left = (next() / 2 ** 32) * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      return (entries.at(-1) as (typeof entries)[number])[0];
    },
    bytes: (size) => Uint8Array.from({ length: size }, () => next() & 0xff),
  };
};

/** Rounds after which sfc32 has forgotten that its seeds were alike. */
const WARM_UP = 12;

const hash = (text: string, basis: number): number => {
  let h = basis;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
};
