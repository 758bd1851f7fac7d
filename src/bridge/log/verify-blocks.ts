import { HASH_BYTES } from "../../signing/merkle.ts";
import type { StoredRow } from "./sqlite/row.ts";
import { BLOCK_EVENTS } from "./sqlite/schema.ts";
import { type Extent, firstDifference, type LogSource } from "./sqlite/source.ts";
import { addTerms } from "./sqlite/terms.ts";
import { growingTree } from "./sqlite/tree.ts";
import { type Damage, damaged } from "./verify-damage.ts";

/** Compares every tile and every query posting with what the events say. */
export const blockChecks = (source: LogSource, { head, sealedBlocks, upperTiles, checkpoints }: Extent) => {
  const signedSize = checkpoints.at(-1)?.size ?? 0;
  const tree = growingTree(0, () => new Uint8Array());
  const upper = new Map<string, Uint8Array>();
  let terms = new Set<string>();
  let postings = 0;
  let tile: Uint8Array | undefined;

  /** Whether the stored tile, if there is one, holds this leaf where it stands. */
  const inTile = (position: number, leaf: Uint8Array): Damage | undefined => {
    const offset = (position - 1) % BLOCK_EVENTS;
    const block = (position - 1 - offset) / BLOCK_EVENTS;
    if (offset === 0) {
      tile = source.leafTile(block);
      // A crash may leave the newest blocks unsealed, but nothing signs or seals past them.
      const last = position + BLOCK_EVENTS - 1;
      if (tile === undefined && last <= head && (block < sealedBlocks || last <= signedSize)) {
        return damaged(position, `the tile of the ${BLOCK_EVENTS} events from here on is missing`);
      }
    }
    const stored = tile?.subarray(offset * HASH_BYTES, (offset + 1) * HASH_BYTES);
    if (stored === undefined || Buffer.compare(stored, leaf) === 0) return undefined;
    return damaged(position, "the event is not the one that its tile holds");
  };

  const postingsOf = (block: number): Damage | undefined => {
    for (const term of terms) {
      if (source.hasPosting(term, block)) continue;
      return damaged(block * BLOCK_EVENTS + 1, `queries for ${term.slice(1)} would miss events from here on`);
    }
    postings += terms.size;
    return undefined;
  };

  return {
    root: tree.root,
    leaf: (row: StoredRow, leaf: Uint8Array): Damage | undefined => {
      tree.append(leaf);
      addTerms(terms, row);
      const damage = inTile(row.position, leaf);
      if (damage !== undefined || tree.size() % BLOCK_EVENTS !== 0) return damage;
      const block = tree.size() / BLOCK_EVENTS - 1;
      const made = tree.takeTiles();
      if (block >= sealedBlocks) return undefined;
      for (const { level, number, hashes } of made) if (level > 0) upper.set(`${level}/${number}`, hashes);
      const lost = postingsOf(block);
      terms = new Set();
      return lost;
    },
    end: (): Damage | undefined => {
      if (sealedBlocks * BLOCK_EVENTS > tree.size()) {
        return damaged(tree.size() + 1, "tiles were made of more events than there are: the tail was cut off");
      }
      for (const { level, number, hashes } of upperTiles) {
        const made = upper.get(`${level}/${number}`);
        const different = made === undefined ? 0 : firstDifference(hashes, made);
        if (different !== undefined) return damagedTile(level, number * BLOCK_EVENTS + different);
        upper.delete(`${level}/${number}`);
      }
      for (const key of upper.keys()) {
        const [level, number] = key.split("/").map(Number) as [number, number];
        return damagedTile(level, number * BLOCK_EVENTS);
      }
      if (source.postings(sealedBlocks) !== postings)
        return damaged(null, "the query index names events that are not there");
      return undefined;
    },
  };
};

const damagedTile = (level: number, entry: number): Damage =>
  damaged(
    entry * BLOCK_EVENTS ** level + 1,
    `the stored hash of the ${BLOCK_EVENTS ** level} events from here on is wrong`,
  );
