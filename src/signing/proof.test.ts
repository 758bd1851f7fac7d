import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compactRange, leafHash } from "./merkle.ts";
import {
  consistencyProof,
  consistencySubtrees,
  type HashAt,
  inclusionProof,
  inclusionSubtrees,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";

const MOST = 64;

/** Trees of 0 to `MOST` leaves: their leaf hashes, their heads, and their complete subtrees. */
const tree = () => {
  const subtrees = new Map<string, Uint8Array>();
  const range = compactRange();
  const leaves: Uint8Array[] = [];
  const heads = [range.root()];
  for (let i = 0; i < MOST; i++) {
    leaves.push(leafHash(`entry ${i}`));
    range.append(leaves[i] as Uint8Array, (level, index, hash) => subtrees.set(`${level}/${index}`, hash));
    heads.push(range.root());
  }
  const hashAt: HashAt = (level, index) => {
    const hash = subtrees.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`asked for an incomplete subtree ${level}/${index}`);
    return hash;
  };
  return { leaves: leaves as readonly Uint8Array[], heads: heads as readonly Uint8Array[], hashAt };
};

const { leaves, heads, hashAt } = tree();
const leaf = (i: number) => leaves[i] as Uint8Array;
const head = (size: number) => heads[size] as Uint8Array;

const flipBit = (hash: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
};

describe("an inclusion proof", () => {
  it("holds for every leaf of every tree, and for no other leaf, place, size or head", () => {
    for (let size = 1; size <= MOST; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, hashAt);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(verifyInclusion(index, size, leaf(index), proof, head(size))).toBe(true);
        const other = (index + 1) % MOST;
        expect(verifyInclusion(index, size, leaf(other), proof, head(size))).toBe(false);
        expect(verifyInclusion(index, size, leaf(index), proof, head(size === 1 ? 2 : size - 1))).toBe(false);
        if (size > 1) expect(verifyInclusion(other % size, size, leaf(index), proof, head(size))).toBe(false);
      }
    }
  });

  it("does not survive a flipped bit, a missing hash, an added hash or two swapped", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MOST }), fc.nat(), fc.nat(), fc.nat({ max: 255 }), (size, i, at, bit) => {
        const index = i % size;
        const proof = inclusionProof(index, size, hashAt);
        const place = at % proof.length;
        const holds = (tampered: readonly Uint8Array[]) =>
          verifyInclusion(index, size, leaf(index), tampered, head(size));
        expect(holds(proof)).toBe(true);
        expect(holds(proof.with(place, flipBit(proof[place] as Uint8Array, bit)))).toBe(false);
        expect(holds(proof.toSpliced(place, 1))).toBe(false);
        expect(holds(proof.toSpliced(place, 0, proof[place] as Uint8Array))).toBe(false);
        expect(holds([...proof, leaf(0)])).toBe(false);
        if (proof.length > 1) expect(holds([...proof].reverse())).toBe(false);
        expect(verifyInclusion(index, size, flipBit(leaf(index), bit), proof, head(size))).toBe(false);
        expect(verifyInclusion(index, size, leaf(index), proof, flipBit(head(size), bit))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("reads few complete subtrees and nothing else", () => {
    const read = inclusionSubtrees(123_456, 1_000_000).flat();
    expect(read.length).toBeLessThan(40);
    for (const { level, index } of read) expect((index + 1) * 2 ** level).toBeLessThanOrEqual(1_000_000);
  });

  it("is not given for a leaf outside the tree", () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [0.5, 5],
    ] as const)
      expect(() => inclusionProof(index, size, hashAt)).toThrow(RangeError);
  });
});

describe("a consistency proof", () => {
  it("holds between every two trees of one log", () => {
    for (let newSize = 0; newSize <= MOST; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const proof = consistencyProof(oldSize, newSize, hashAt);
        expect(verifyConsistency(oldSize, newSize, head(oldSize), head(newSize), proof)).toBe(true);
      }
    }
  });

  it("does not hold for another size or head, nor after any tampering", () => {
    const sizes = fc
      .tuple(fc.integer({ min: 1, max: MOST - 1 }), fc.integer({ min: 1, max: MOST }))
      .filter(([a, b]) => a < b);
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat({ max: 255 }), ([oldSize, newSize], at, bit) => {
        const proof = consistencyProof(oldSize, newSize, hashAt);
        const place = at % proof.length;
        const holds = (tampered: readonly Uint8Array[]) =>
          verifyConsistency(oldSize, newSize, head(oldSize), head(newSize), tampered);
        expect(holds(proof.with(place, flipBit(proof[place] as Uint8Array, bit)))).toBe(false);
        expect(holds(proof.toSpliced(place, 1))).toBe(false);
        expect(holds([...proof, leaf(0)])).toBe(false);
        expect(holds([])).toBe(false);
        expect(verifyConsistency(oldSize, newSize, flipBit(head(oldSize), bit), head(newSize), proof)).toBe(false);
        expect(verifyConsistency(oldSize, newSize, head(oldSize), flipBit(head(newSize), bit), proof)).toBe(false);
        expect(verifyConsistency(newSize, oldSize, head(newSize), head(oldSize), proof)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("is not there between two logs that differ in an old entry", () => {
    const changed = compactRange();
    for (let i = 0; i < MOST; i++) changed.append(i === 3 ? leafHash("another") : leaf(i));
    const proof = consistencyProof(10, MOST, hashAt);
    expect(verifyConsistency(10, MOST, head(10), changed.root(), proof)).toBe(false);
  });

  it("of equal trees is empty, and asks for equal heads", () => {
    expect(consistencyProof(7, 7, hashAt)).toEqual([]);
    expect(verifyConsistency(7, 7, head(7), head(7), [])).toBe(true);
    expect(verifyConsistency(7, 7, head(7), head(8), [])).toBe(false);
    expect(verifyConsistency(0, 7, head(1), head(7), [])).toBe(false);
  });

  it("reads few complete subtrees and nothing else", () => {
    const read = consistencySubtrees(654_321, 1_000_000).flat();
    expect(read.length).toBeLessThan(60);
    for (const { level, index } of read) expect((index + 1) * 2 ** level).toBeLessThanOrEqual(1_000_000);
    expect(() => consistencySubtrees(2, 1)).toThrow(RangeError);
  });
});

describe("a verifier", () => {
  it("never throws and never hangs, whatever it is given", () => {
    const hash = fc.uint8Array({ minLength: 31, maxLength: 33 });
    const proof = fc.array(hash, { maxLength: 70 });
    const size = fc.oneof(fc.double(), fc.maxSafeInteger());
    fc.assert(
      fc.property(size, size, hash, hash, proof, (a, b, x, y, hashes) => {
        expect(verifyInclusion(a, b, x, hashes, y)).toBe(false);
        if (a !== 0 && a !== b) expect(verifyConsistency(a, b, x, y, hashes)).toBe(false);
      }),
    );
  });
});
