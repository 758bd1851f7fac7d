import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { LogUnavailable } from "../log.ts";
import { ownersAlone } from "./mode.ts";

/**
 * The tables. `event` and `checkpoint` are the truth; `tile` and `posting` follow from `event` and are written behind
 * the acknowledgement, a block of `BLOCK_EVENTS` at a time.
 */
const tables = `
-- One row for each event. The columns repeat what the record says, for queries; verify compares them. The leaf hash
-- stands in the row, so that a flipped bit shows even in an event that no tile or checkpoint covers yet.
CREATE TABLE event (
  position    INTEGER PRIMARY KEY,
  stream      TEXT    NOT NULL,
  revision    INTEGER NOT NULL,
  type        TEXT    NOT NULL,
  time        INTEGER NOT NULL,
  actor       TEXT    NOT NULL,
  parties     TEXT    NOT NULL,
  correlation TEXT    NOT NULL,
  leaf        BLOB    NOT NULL,
  record      TEXT    NOT NULL
) STRICT;

-- Reads of one stream, and the backstop behind the revision check in memory. Costs 0.5 µs and 57 bytes an event, as
-- long as new streams sort behind old ones. Time needs no index: it never decreases along position.
CREATE UNIQUE INDEX event_stream ON event (stream, revision);

-- Which blocks of 256 events hold a term: @agent (actor or party), #type, =correlation. One row for each term and
-- block instead of four index entries for each event, and not before the acknowledgement. With 100 agents an append
-- costs 15.1 µs of CPU with indices on actor, type, correlation and a party table, 8.9 with this, 5.5 with neither.
CREATE TABLE posting (
  term  TEXT    NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;

-- Tiles of the RFC 6962 tree as C2SP tlog-tiles cuts them: up to 256 hashes of 32 bytes. Level 0 holds leaf hashes of
-- whole blocks, level n + 1 the roots of the full tiles of level n.
CREATE TABLE tile (
  level  INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hashes BLOB    NOT NULL,
  PRIMARY KEY (level, number)
) STRICT;

-- Signed tree heads (C2SP tlog-checkpoint notes), one for each size at most.
CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  note TEXT    NOT NULL
) STRICT;

-- One row whose only purpose is to be written: whether the disk takes a durable write, and how long that lasts.
CREATE TABLE probe (count INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (0);
`;

/** Events in one block: the unit of sealing. 256, so that a block is a level 0 tile. */
export const BLOCK_EVENTS = 256;

/** "LHLG": says that the file is one of ours before anything is read from it. */
export const APPLICATION_ID = 0x4c484c47;
/** Raised when the tables change; a build opens only what it knows. */
export const FORMAT_VERSION = 1;

/** Waiting for another program's lock (a shell, a backup tool), in milliseconds. Nobody else of ours ever writes. */
const BUSY_MS = 5_000;

/**
 * Opens for writing; creates what is not there. `synchronous=FULL` is what makes a commit durable: a WAL commit under
 * NORMAL is not synced. Pages of 8 KiB: with records of 500 bytes 10 % fewer bytes and microseconds than 4 KiB. No mmap:
 * an I/O error on a mapped page kills the process, on a read page it is an error code.
 */
export const openForWriting = (path: string): DatabaseSync => {
  ownersAlone(path);
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    const fresh = pragma(db, "schema_version") === 0;
    if (!fresh) assertFormat(db, path);
    db.exec(`
      PRAGMA page_size = 8192;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA cache_size = -65536;
      PRAGMA temp_store = MEMORY;
    `);
    if (fresh) {
      db.exec(`BEGIN IMMEDIATE; ${tables}
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; COMMIT`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

/** Opens for reading only; what is not there is an error. */
export const openForReading = (path: string): DatabaseSync => {
  if (!existsSync(path)) throw new Error(`there is no log at ${path}`);
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  try {
    assertFormat(db, path);
    db.exec("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

const assertFormat = (db: DatabaseSync, path: string): void => {
  if (pragma(db, "application_id") !== APPLICATION_ID) throw new LogUnavailable(`${path} is not a Lighthouse log`);
  const version = pragma(db, "user_version");
  if (version !== FORMAT_VERSION) {
    throw new LogUnavailable(
      `${path} has format ${version}, this build knows ${FORMAT_VERSION}: run the build that wrote it`,
    );
  }
};

export const pragma = (db: DatabaseSync, name: string): unknown =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
