import { DatabaseSync } from "node:sqlite";
import { LogUnavailable } from "../log.ts";
import { ownersAlone } from "./mode.ts";

/**
 * Makes this process the only one that writes in a data folder, until `release` or its end, however it ends. The lock
 * is SQLite's RESERVED lock on a database of its own: the kernel drops it with the process, so it can never be stale,
 * and it still lets the process that is refused read whose it is. (A pid file alone can be stale or reused.)
 */
export const lockFolder = (path: string, pid: number): { readonly release: () => void } => {
  ownersAlone(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    const holder = holderOf(db);
    db.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new LogUnavailable(
      `another bridge${holder === undefined ? "" : ` (process ${holder})`} is using this data folder (${path} is locked). ` +
        "Stop it, or give this one a folder of its own.",
      "timeout",
    );
  }
  noteHolder(db, pid);
  return {
    release: () => {
      db.exec("ROLLBACK");
      db.close();
    },
  };
};

/** Writes down who holds the lock, for the one who will be refused. A full disk must not keep a bridge from starting. */
const noteHolder = (db: DatabaseSync, pid: number): void => {
  try {
    db.exec(`CREATE TABLE IF NOT EXISTS holder (pid INTEGER); DELETE FROM holder; INSERT INTO holder VALUES (${pid})`);
    db.exec("COMMIT");
  } catch {
    if (db.isTransaction) db.exec("ROLLBACK");
  }
  db.exec("BEGIN IMMEDIATE");
};

const holderOf = (db: DatabaseSync): number | undefined => {
  try {
    return db.prepare("SELECT pid FROM holder").get()?.["pid"] as number | undefined;
  } catch {
    return undefined;
  }
};

const SQLITE_BUSY = 5;
