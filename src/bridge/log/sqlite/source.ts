import type { DatabaseSync } from "node:sqlite";
import { HASH_BYTES } from "../../../signing/merkle.ts";
import type { StoredRow } from "./row.ts";
import { openForReading } from "./schema.ts";
import type { Tile } from "./tree.ts";

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** How far a log reached at one moment. What is appended later never changes it. */
export interface Extent {
  readonly head: number;
  /** All checkpoints, smallest first. */
  readonly checkpoints: readonly StoredCheckpoint[];
  /** Blocks that have their tile and their postings. */
  readonly sealedBlocks: number;
  /** Every tile above the leaves: one for 65,536 events. */
  readonly upperTiles: readonly Tile[];
}

/** A log file as it lies on disk, for whoever checks, proves or copies it. Trusts nothing and repairs nothing. */
export interface LogSource {
  readonly db: DatabaseSync;
  readonly extent: () => Extent;
  /** Up to `limit` rows after a position, in order. */
  readonly rows: (after: number, limit: number) => readonly StoredRow[];
  readonly positionOf: (stream: string, revision: number) => number | undefined;
  readonly leafTile: (block: number) => Uint8Array | undefined;
  readonly hasPosting: (term: string, block: number) => boolean;
  /** Number of postings of the first `blocks` blocks. */
  readonly postings: (blocks: number) => number;
  /** What SQLite finds wrong with its own pages and indices; undefined when nothing. */
  readonly structureFault: () => string | undefined;
  readonly close: () => void;
}

/** Throws when there is no log at `path`. */
export const openSource = (path: string): LogSource => {
  const db = openForReading(path);
  const rows = db.prepare("SELECT * FROM event WHERE position > ? ORDER BY position LIMIT ?");
  const positionOf = db.prepare("SELECT position FROM event WHERE stream = ? AND revision = ?");
  const tile = db.prepare("SELECT hashes FROM tile WHERE level = 0 AND number = ?");
  const posting = db.prepare("SELECT 1 FROM posting WHERE term = ? AND block = ?");
  const count = (sql: string, ...values: number[]): number =>
    Object.values(db.prepare(sql).get(...values) ?? {})[0] as number;
  const all = <T>(sql: string): readonly T[] => db.prepare(sql).all() as unknown as readonly T[];
  return {
    db,
    extent: () => {
      db.exec("BEGIN");
      try {
        return {
          head: count("SELECT coalesce(max(position), 0) FROM event"),
          checkpoints: all<StoredCheckpoint>("SELECT size, note FROM checkpoint ORDER BY size"),
          sealedBlocks: count("SELECT coalesce(max(number) + 1, 0) FROM tile WHERE level = 0"),
          upperTiles: all<Tile>("SELECT level, number, hashes FROM tile WHERE level > 0 ORDER BY level, number"),
        };
      } finally {
        db.exec("COMMIT");
      }
    },
    rows: (after, limit) => rows.all(after, limit) as unknown as readonly StoredRow[],
    positionOf: (stream, revision) => positionOf.get(stream, revision)?.["position"] as number | undefined,
    leafTile: (block) => tile.get(block)?.["hashes"] as Uint8Array | undefined,
    hasPosting: (term, block) => posting.get(term, block) !== undefined,
    postings: (blocks) => count("SELECT count(*) FROM posting WHERE block < ?", blocks),
    structureFault: () => {
      const found = Object.values(db.prepare("PRAGMA integrity_check(1)").get() ?? {})[0];
      return found === "ok" ? undefined : String(found);
    },
    close: () => db.close(),
  };
};

/** Number of the first hash in which two tiles differ; undefined when they are the same. */
export const firstDifference = (a: Uint8Array, b: Uint8Array): number | undefined => {
  if (Buffer.compare(a, b) === 0) return undefined;
  for (let at = 0; at < Math.min(a.byteLength, b.byteLength); at++) {
    if (a[at] !== b[at]) return Math.floor(at / HASH_BYTES);
  }
  return Math.floor(Math.min(a.byteLength, b.byteLength) / HASH_BYTES);
};
