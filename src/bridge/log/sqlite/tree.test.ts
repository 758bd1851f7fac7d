import { describe, expect, test } from "vitest";
import { compactRange, HASH_BYTES, leafHash } from "../../../signing/merkle.ts";
import { inclusionProof, verifyInclusion } from "../../../signing/proof.ts";
import { BLOCK_EVENTS } from "./schema.ts";
import { hashesFrom, type ReadTile } from "./tiles.ts";
import { growingTree } from "./tree.ts";

/** 70,000: past 256², so that three levels of tiles exist. */
const LEAVES = Array.from({ length: 70_000 }, (_, i) => leafHash(String(i)));

describe("the tree and its tiles", () => {
  const stored = new Map<string, Uint8Array>();
  const readTile: ReadTile = (level, number) => {
    const tile = stored.get(`${level}/${number}`);
    if (tile !== undefined || level > 0) return tile ?? new Uint8Array();
    return Buffer.concat(LEAVES.slice(number * BLOCK_EVENTS, (number + 1) * BLOCK_EVENTS));
  };
  const tree = growingTree(0, readTile);
  const roots = new Map<number, Uint8Array>();
  const oracle = compactRange();
  for (const leaf of LEAVES) {
    tree.append(leaf);
    oracle.append(leaf);
    if (tree.size() % BLOCK_EVENTS !== 0) continue;
    for (const { level, number, hashes } of tree.takeTiles()) stored.set(`${level}/${number}`, hashes);
    roots.set(tree.size(), tree.root());
  }

  test("its head is that of RFC 6962", () => expect(tree.root()).toEqual(oracle.root()));

  test("full tiles have 256 hashes; the level above has one hash for each of them", () => {
    const blocks = Math.floor(LEAVES.length / BLOCK_EVENTS);
    for (let n = 0; n < blocks; n++) expect(stored.get(`0/${n}`)?.byteLength).toBe(BLOCK_EVENTS * HASH_BYTES);
    expect(stored.get(`0/${blocks}`)).toBeUndefined();
    expect(stored.get("1/0")?.byteLength).toBe(BLOCK_EVENTS * HASH_BYTES);
    expect(stored.get("1/1")?.byteLength).toBe((blocks - BLOCK_EVENTS) * HASH_BYTES);
    expect(stored.get("2/0")?.byteLength).toBe(HASH_BYTES);
  });

  test("proofs made from tiles hold for leaves everywhere", () => {
    for (const index of [0, 1, 255, 256, 40_000, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      const proof = inclusionProof(index, LEAVES.length, hashesFrom(readTile));
      expect(verifyInclusion(index, LEAVES.length, LEAVES[index] as Uint8Array, proof, tree.root())).toBe(true);
    }
  });

  test("goes on from any whole block, with the same head and the same tiles", () => {
    for (const blocks of [1, 2, 255, 256, 257, 272]) {
      const size = blocks * BLOCK_EVENTS;
      // What stands above a block keeps growing, so each start reads the tiles as they were then.
      const then: ReadTile = (level, number) => {
        const count = Math.floor(size / BLOCK_EVENTS ** level) - number * BLOCK_EVENTS;
        return readTile(level, number).subarray(0, Math.max(0, Math.min(count, BLOCK_EVENTS)) * HASH_BYTES);
      };
      const again = growingTree(size, then);
      expect(again.root()).toEqual(roots.get(size));
      for (const leaf of LEAVES.slice(size, size + 2 * BLOCK_EVENTS)) {
        again.append(leaf);
        if (again.size() % BLOCK_EVENTS !== 0) continue;
        for (const { level, number, hashes } of again.takeTiles()) {
          expect(Buffer.from(hashes)).toEqual(Buffer.from(readTile(level, number).subarray(0, hashes.byteLength)));
        }
        expect(again.root()).toEqual(roots.get(again.size()));
      }
    }
  });
});
