import type { DatabaseSync } from "node:sqlite";
import { HASH_BYTES, nodeHash } from "../../../signing/merkle.ts";
import type { HashAt } from "../../../signing/proof.ts";
import { BLOCK_EVENTS } from "./schema.ts";

/** Levels of the tree in one level of tiles: 2^8 hashes in a tile. */
export const TILE_HEIGHT = 8;

/** The hashes of a tile, as many as there are now; empty when there is none. */
export type ReadTile = (level: number, number: number) => Uint8Array;

/** Tiles as stored; leaf hashes that no tile has yet come from their events. */
export const tileReader = (db: DatabaseSync): ReadTile => {
  const stored = db.prepare("SELECT hashes FROM tile WHERE level = ? AND number = ?");
  const leaves = db.prepare("SELECT leaf FROM event WHERE position BETWEEN ? AND ? ORDER BY position");
  return (level, number) => {
    const tile = stored.get(level, number)?.["hashes"] as Uint8Array | undefined;
    if (tile !== undefined || level > 0) return tile ?? new Uint8Array();
    const rows = leaves.all(number * BLOCK_EVENTS + 1, (number + 1) * BLOCK_EVENTS);
    return Buffer.concat(rows.map((row) => row["leaf"] as Uint8Array));
  };
};

/** Any complete subtree of the log's tree, from at most 128 hashes of one tile. Throws if the log does not reach it. */
export const hashesFrom =
  (readTile: ReadTile): HashAt =>
  (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const width = 2 ** (level % TILE_HEIGHT);
    const first = index * width;
    const tile = readTile(tileLevel, Math.floor(first / BLOCK_EVENTS));
    const from = (first % BLOCK_EVENTS) * HASH_BYTES;
    if (tile.byteLength < from + width * HASH_BYTES) throw new RangeError(`no subtree ${index} at level ${level}`);
    return fold(tile, from, width);
  };

/** The root over `width` (a power of two) hashes that stand in `tile` from byte `from`. */
const fold = (tile: Uint8Array, from: number, width: number): Uint8Array =>
  width === 1
    ? tile.slice(from, from + HASH_BYTES)
    : nodeHash(fold(tile, from, width / 2), fold(tile, from + (width / 2) * HASH_BYTES, width / 2));
