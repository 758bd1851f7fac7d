import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Writes the bytes of the write-ahead log over themselves and syncs them, through a handle of its own. After a failed
 * fsync Linux keeps pages that never reached the disk and calls them clean, so that neither a new commit nor another
 * fsync would ever write them; what SQLite then reads back as committed would be gone with the power. Once they are
 * dirty again and synced, what a reopened database shows is what is on disk. Costs milliseconds: checkpoints
 * keep the file at some tens of MB, under any load that was tried.
 */
export const rewriteWal = (databasePath: string): void => {
  const path = `${databasePath}-wal`;
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const file = openSync(path, "r+");
  try {
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at, bytes.byteLength - at, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
