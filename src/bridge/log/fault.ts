import type { LogFault } from "./log.ts";

/** What a failed write comes to: the metric's label, and a sentence for `/health`. */
export interface Fault {
  readonly fault: LogFault;
  readonly reason: string;
}

/** Reads the error of a disk, of Node or of SQLite. */
export const faultOf = (error: unknown): Fault => {
  const { message = String(error), code, errcode } = error as { message?: string; code?: string; errcode?: number };
  // The low byte of an extended SQLite code is its family.
  const family = errcode === undefined ? undefined : errcode & 0xff;
  if (code === "ENOSPC" || code === "EDQUOT" || family === SQLITE_FULL) {
    return { fault: "disk_full", reason: `the disk is full (${message})` };
  }
  if (code === "EROFS" || family === SQLITE_READONLY)
    return { fault: "io", reason: `the disk is read-only (${message})` };
  if (family === SQLITE_BUSY) return { fault: "timeout", reason: `another program holds the database (${message})` };
  return { fault: "io", reason: message };
};

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;
