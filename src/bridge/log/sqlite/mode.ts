import { closeSync, openSync } from "node:fs";

/** Makes the file before SQLite makes it, which would let everyone read it; its -wal and -shm take the same mode. */
export const ownersAlone = (path: string): void => {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch {
    // It is there already, or cannot be made: SQLite says which, in its own words.
  }
};
