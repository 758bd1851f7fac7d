import type { DatabaseSync } from "node:sqlite";
import type { EventRow, StoredRow } from "./row.ts";
import type { Tile } from "./tree.ts";

/** Appending: the only statements between an append and its acknowledgement. */
export const appendStatements = (db: DatabaseSync) => {
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  // Answered by the index alone. Runs once for a stream that is not among the heads in memory.
  const head = db.prepare("SELECT revision FROM event WHERE stream = ? ORDER BY revision DESC LIMIT 1");
  const after = db.prepare("SELECT * FROM event WHERE position > ? ORDER BY position");
  const probe = db.prepare("UPDATE probe SET count = count + 1");
  return {
    insert: (position: number, revision: number, e: EventRow): void => {
      insert.run(
        position,
        e.stream,
        revision,
        e.type,
        e.time,
        e.actor,
        e.parties,
        e.correlation,
        e.leaf as Uint8Array<ArrayBuffer>,
        e.record,
      );
    },
    revisionOf: (stream: string): number => (head.get(stream)?.["revision"] as number | undefined) ?? -1,
    rowsAfter: (position: number) => after.all(position) as unknown as readonly StoredRow[],
    probe: (): void => void probe.run(),
  };
};

/** What is written behind the acknowledgement. Everything here could be made again from the events. */
export const sealStatements = (db: DatabaseSync) => {
  // The last tile of every level above the leaves grows, so it replaces itself.
  const tile = db.prepare("INSERT OR REPLACE INTO tile VALUES (?, ?, ?)");
  const posting = db.prepare("INSERT OR IGNORE INTO posting VALUES (?, ?)");
  const checkpoint = db.prepare("INSERT OR IGNORE INTO checkpoint VALUES (?, ?, ?)");
  const newest = db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1");
  return {
    tile: ({ level, number, hashes }: Tile): void => void tile.run(level, number, hashes as Uint8Array<ArrayBuffer>),
    posting: (term: string, block: number): void => void posting.run(term, block),
    checkpoint: (size: number, time: number, note: string): void => void checkpoint.run(size, time, note),
    newestCheckpoint: () => newest.get() as { readonly size: number; readonly note: string } | undefined,
  };
};

/** Where the log ends: its newest event, the number of sealed blocks, the size of the newest checkpoint. */
export const headStatements = (db: DatabaseSync) => {
  const newest = db.prepare("SELECT position, time FROM event ORDER BY position DESC LIMIT 1").get() as
    | { readonly position: number; readonly time: number }
    | undefined;
  const count = (sql: string): number => Object.values(db.prepare(sql).get() ?? {})[0] as number;
  return {
    position: newest?.position ?? 0,
    time: newest?.time ?? 0,
    sealed: count("SELECT coalesce(max(number) + 1, 0) FROM tile WHERE level = 0"),
    checkpoint: count("SELECT coalesce(max(size), 0) FROM checkpoint"),
  };
};
