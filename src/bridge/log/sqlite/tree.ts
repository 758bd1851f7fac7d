import { base64url } from "../../../signing/digest.ts";
import { type CompactRange, compactRange, HASH_BYTES } from "../../../signing/merkle.ts";
import { BLOCK_EVENTS } from "./schema.ts";
import { hashesFrom, type ReadTile, TILE_HEIGHT } from "./tiles.ts";

export interface Tile {
  readonly level: number;
  readonly number: number;
  readonly hashes: Uint8Array;
}

/** The tree as it grows: its head at any moment, and the tiles that a whole block makes new or longer. */
export interface GrowingTree {
  readonly size: () => number;
  readonly root: () => Uint8Array;
  readonly append: (leaf: Uint8Array) => void;
  /** Tiles that have changed since the last call and are due: whole blocks of leaves, and what stands above them. */
  readonly takeTiles: () => readonly Tile[];
}

/** The tree over the first `size` leaves, a whole number of blocks, whose tiles can be read. */
export const growingTree = (size: number, readTile: ReadTile): GrowingTree => {
  const range = rangeOf(size, readTile);
  /** For each level the tile that still grows. */
  const growing: { number: number; hashes: Uint8Array[]; changed: boolean }[] = [];
  const due: Tile[] = [];

  const tileAt = (level: number) => {
    const known = growing[level];
    if (known !== undefined) return known;
    const count = Math.floor(size / BLOCK_EVENTS ** level);
    const number = Math.floor(count / BLOCK_EVENTS);
    const tile = { number, hashes: hashesOf(readTile(level, number), count % BLOCK_EVENTS), changed: false };
    growing[level] = tile;
    return tile;
  };
  // Every level is brought to memory before it grows, because what is stored does not know what grows.
  for (let level = 0; size >= BLOCK_EVENTS ** level; level++) tileAt(level);

  const add = (level: number, hash: Uint8Array): void => {
    const tile = tileAt(level);
    tile.hashes.push(hash);
    tile.changed = true;
    if (tile.hashes.length < BLOCK_EVENTS) return;
    due.push({ level, number: tile.number, hashes: Buffer.concat(tile.hashes) });
    growing[level] = { number: tile.number + 1, hashes: [], changed: false };
  };

  return {
    size: range.size,
    root: range.root,
    append: (leaf) =>
      range.append(leaf, (level, _, hash) => {
        if (level % TILE_HEIGHT === 0) add(level / TILE_HEIGHT, hash);
      }),
    takeTiles: () => {
      for (const [level, tile] of growing.entries()) {
        if (level === 0 || !tile.changed) continue;
        due.push({ level, number: tile.number, hashes: Buffer.concat(tile.hashes) });
        tile.changed = false;
      }
      return due.splice(0);
    },
  };
};

const rangeOf = (size: number, readTile: ReadTile): CompactRange => {
  const hashAt = hashesFrom(readTile);
  const peaks: string[] = [];
  let at = 0;
  for (let level = 52; level >= 0; level--) {
    const width = 2 ** level;
    if (at + width > size) continue;
    peaks.push(base64url(hashAt(level, at / width)));
    at += width;
  }
  return compactRange({ size, peaks });
};

const hashesOf = (tile: Uint8Array, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => tile.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
