import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import type { NoteVerifier } from "../../signing/note.ts";
import type { Progress } from "./progress.ts";
import { ownersAlone } from "./sqlite/mode.ts";
import { openForReading } from "./sqlite/schema.ts";
import { type Verdict, verifyLog } from "./verify.ts";

export interface CopyOptions {
  readonly keys?: readonly NoteVerifier[];
  /** Pages copied, then events verified. */
  readonly onCopied?: Progress;
  readonly onVerified?: Progress;
}

export type Copied =
  /** `verdict` is what verifying the copy came to; a copy that does not verify is kept, under a name that says so. */
  | { readonly ok: true; readonly verdict: Verdict }
  | { readonly ok: false; readonly reason: string; readonly damaged?: string };

/** Pages in one step of a backup: 2 MB, so that progress is heard and the thread is not held. */
const PAGES_AT_ONCE = 256;

/**
 * Copies a log that may be in use into one file that is consistent at one moment, and verifies the copy. A snapshot held
 * open on the source keeps a busy writer from sending the copy back to its beginning. Refuses to overwrite.
 */
export const backupLog = async (path: string, to: string, options: CopyOptions = {}): Promise<Copied> => {
  if (existsSync(to)) return { ok: false, reason: `${to} exists; choose another name, a backup is never overwritten` };
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  ownersAlone(partial);
  const source = openForReading(path);
  try {
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, partial, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) => options.onCopied?.(totalPages - remainingPages, totalPages),
    });
  } finally {
    if (source.isTransaction) source.exec("COMMIT");
    source.close();
  }
  return verifyAndName(partial, to, options);
};

/** Puts a backup in the place of a log that is not there, after verifying it. Refuses to overwrite. */
export const restoreLog = async (from: string, path: string, options: CopyOptions = {}): Promise<Copied> => {
  if (!existsSync(from)) return { ok: false, reason: `there is no backup at ${from}` };
  for (const file of [path, `${path}-wal`]) {
    if (existsSync(file)) {
      return { ok: false, reason: `${file} exists; restore goes into an empty folder, move that one away first` };
    }
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  copyFileSync(from, partial);
  // As the log that it becomes, whatever the backup was.
  chmodSync(partial, 0o600);
  return verifyAndName(partial, path, options);
};

/** Leaves no write-ahead log behind: a backup is one file that can be copied as one. */
const intoOneFile = (path: string): void => {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = DELETE");
  db.close();
};

const verifyAndName = async (partial: string, to: string, options: CopyOptions): Promise<Copied> => {
  try {
    intoOneFile(partial);
  } catch (error) {
    rmSync(partial, { force: true });
    return { ok: false, reason: `it is not a Lighthouse log: ${error instanceof Error ? error.message : error}` };
  }
  sync(partial);
  const verdict = await verifyLog(partial, {
    ...(options.keys === undefined ? {} : { keys: options.keys }),
    ...(options.onVerified === undefined ? {} : { onProgress: options.onVerified }),
  });
  if (!verdict.ok) {
    const damaged = `${to}.damaged`;
    renameSync(partial, damaged);
    const where = verdict.position === null ? "" : ` at position ${verdict.position}`;
    return { ok: false, reason: `the copy does not verify${where}: ${verdict.what} (kept as ${damaged})`, damaged };
  }
  renameSync(partial, to);
  sync(dirname(to));
  return { ok: true, verdict };
};

/** Makes a file's bytes, or a folder's names, survive a power cut. */
const sync = (path: string): void => {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
