/**
 * Which share of agents an agent belongs to: the same for ever, on every machine, without anything being stored. The
 * hash and the arithmetic are those of flagd's `fractional` rule, so that a flag can move between the two.
 */

/** A share is a number of these: 0.01 % each. */
export const BUCKETS = 10_000;

/**
 * The bucket of `key` under a flag, from 0 to 9,999. Murmur3 over both names, so that two flags draw their shares
 * independently: the ancestor hashed the agent alone, and the same agents were first in every rollout.
 */
export const bucketOf = (flag: string, key: string): number =>
  // Both factors together stay below 2^53, so this is the integer arithmetic of `(hash * 10000) >> 32`.
  Math.floor((murmur3(flag + key) * BUCKETS) / 2 ** 32);

/** Whether `key` is in the first `percentage` per cent. Raising it adds keys and moves none out; lowering, the reverse. */
export const isWithin = (flag: string, key: string, percentage: number): boolean =>
  bucketOf(flag, key) < Math.round((percentage * BUCKETS) / 100);

/** MurmurHash3 x86 32 with seed 0, over UTF-8. Unsigned. */
export const murmur3 = (text: string): number => {
  const bytes = utf8.encode(text);
  const blocks = bytes.length & ~3;
  let h = 0;
  for (let i = 0; i < blocks; i += 4) {
    h ^= scrambled(at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24));
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | at(bytes, i);
  h ^= scrambled(tail) ^ bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

const scrambled = (block: number): number => {
  const k = Math.imul(block, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
};

const at = (bytes: Uint8Array, i: number): number => bytes[i] as number;
const utf8 = new TextEncoder();
