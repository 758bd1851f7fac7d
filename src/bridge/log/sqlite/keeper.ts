import { DatabaseSync } from "node:sqlite";
import { proveIn } from "../prove.ts";

/** Chores that take long and that nobody waits for on the way of an event. */
export type KeeperAsk = { readonly kind: "checkpointWal" } | { readonly kind: "prove"; readonly position: number };

export interface Keeper {
  readonly db: DatabaseSync;
  readonly close: () => void;
}

export const openKeeper = (path: string): Keeper => {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
  return { db, close: () => db.close() };
};

export const answerKeeper = ({ db }: Keeper, ask: KeeperAsk): unknown => {
  switch (ask.kind) {
    case "checkpointWal":
      return checkpointWal(db);
    case "prove":
      return proveIn(db, ask.position);
  }
};

/** Passes over the write-ahead log; each brings in what was there when it began, while the writer goes on. */
const PASSES = 3;
/** Frames that the writer may be left to bring in itself, between two commits: well under a millisecond. */
const FEW_FRAMES = 128;

/**
 * Brings the write-ahead log into the database while the writer goes on appending. In the writer it would stand between
 * a commit and its acknowledgement: 7 to 14 ms every 1,000 pages.
 */
const checkpointWal = (db: DatabaseSync): void => {
  const passive = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  for (let pass = 0; pass < PASSES; pass++) {
    const { log, checkpointed } = passive.get() as { readonly log: number; readonly checkpointed: number };
    if (log - checkpointed <= FEW_FRAMES) return;
  }
};
