import type { DatabaseSync } from "node:sqlite";
import { signCheckpoint } from "../../../signing/checkpoint.ts";
import { leafHash } from "../../../signing/merkle.ts";
import type { NoteSigner } from "../../../signing/note.ts";
import { admit } from "../admit.ts";
import { LogCorrupt, type LogHead } from "../log.ts";
import { cachedHeads } from "./heads.ts";
import { type AppendMessage, COLUMNS, type GroupOutcome, type Rows } from "./message.ts";
import type { EventRow } from "./row.ts";
import { BLOCK_EVENTS, openForWriting } from "./schema.ts";
import { appendStatements, headStatements, sealStatements } from "./statements.ts";
import { addTerms } from "./terms.ts";
import { tileReader } from "./tiles.ts";
import { growingTree } from "./tree.ts";
import { columnsAt, takeClaims } from "./unpack.ts";
import { rewriteWal } from "./wal.ts";

export interface WriterOptions {
  readonly path: string;
  /** Signs checkpoints under its name, the log's origin. Without it there are none. */
  readonly signer?: NoteSigner;
  /** Events after which a checkpoint is signed. */
  readonly checkpointEvents: number;
}

/** The one connection that writes. Everything here is synchronous and runs in the writer's thread. */
export interface Writer {
  readonly head: () => LogHead;
  readonly checkpointed: () => number;
  /** One transaction and one sync for all of it. Throws when the disk fails; then nothing can be said of the group. */
  readonly commit: (group: readonly AppendMessage[], beforeCommit?: (outcome: GroupOutcome) => void) => GroupOutcome;
  /** What may happen behind the acknowledgement: the tree grows, whole blocks are sealed, checkpoints are signed. */
  readonly settle: () => void;
  /** Signs the present head, durably. */
  readonly sign: () => { readonly size: number; readonly note?: string };
  /** Events after a position, that a caller has not heard of. */
  readonly rowsAfter: (position: number) => Rows;
  /** Makes a few bytes durable. */
  readonly probe: () => void;
  readonly restartWal: () => void;
  readonly close: () => void;
  /** Lets go of a handle that failed: nothing more is written through it. */
  readonly abandon: () => void;
}

/** Opens the log, checks how it ends, and makes one durable write before it says that it can be written. */
export const openWriter = (options: WriterOptions): Writer => {
  rewriteWal(options.path);
  const db = openForWriting(options.path);
  try {
    return writerOn(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
};

const writerOn = (db: DatabaseSync, { signer, checkpointEvents }: WriterOptions): Writer => {
  const append = appendStatements(db);
  const seal = sealStatements(db);
  const heads = cachedHeads(append.revisionOf);
  const { position: storedHead, time: storedTime, sealed, checkpoint } = headStatements(db);
  const tree = growingTree(sealed * BLOCK_EVENTS, tileReader(db));
  let position = storedHead;
  let time = storedTime;
  let checkpointed = checkpoint;
  const terms = new Set<string>();
  /** Committed events that the tree has not got yet. */
  let unsettled: EventRow[] = [];

  if (position < checkpointed) {
    throw new LogCorrupt(
      position + 1,
      `the log ends here, but a checkpoint was signed for ${checkpointed} events: its tail was cut off`,
    );
  }
  for (const row of append.rowsAfter(tree.size())) {
    const leaf = leafHash(row.record);
    if (Buffer.compare(leaf, row.leaf) !== 0) throw new LogCorrupt(row.position, "the record is not what was written");
    unsettled.push({ ...row, leaf });
  }

  const transaction = (work: () => void): void => {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  };

  /** Not synced: what it writes follows from the events, and the next commit's sync covers it. */
  const unsynced = (work: () => void): void => {
    db.exec("PRAGMA synchronous = NORMAL");
    try {
      transaction(work);
    } finally {
      db.exec("PRAGMA synchronous = FULL");
    }
  };

  const settle = (): void => {
    for (const event of unsettled) {
      tree.append(event.leaf);
      addTerms(terms, event);
      if (tree.size() % BLOCK_EVENTS === 0) {
        const block = tree.size() / BLOCK_EVENTS - 1;
        unsynced(() => {
          for (const tile of tree.takeTiles()) seal.tile(tile);
          // Sorted, so that neighbours in the table are written one after the other.
          for (const name of [...terms].sort()) seal.posting(name, block);
        });
        terms.clear();
      }
    }
    unsettled = [];
    if (signer !== undefined && position - checkpointed >= checkpointEvents) unsynced(() => writeCheckpoint(signer));
  };

  const writeCheckpoint = (by: NoteSigner): void => {
    seal.checkpoint(position, time, signCheckpoint({ origin: by.name, size: position, root: tree.root() }, by));
    checkpointed = position;
  };

  const sign: Writer["sign"] = () => {
    settle();
    if (signer !== undefined && position > checkpointed) transaction(() => writeCheckpoint(signer));
    return seal.newestCheckpoint() ?? { size: 0 };
  };

  const commit: Writer["commit"] = (group, beforeCommit) => {
    const before = { position, time };
    const fresh: EventRow[] = [];
    try {
      const outcome = insertGroup(group, fresh);
      beforeCommit?.(outcome);
      if (db.isTransaction) db.exec("COMMIT");
      unsettled.push(...fresh);
      return outcome;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      heads.clear();
      ({ position, time } = before);
      throw error;
    }
  };

  const insertGroup = (group: readonly AppendMessage[], fresh: EventRow[]): GroupOutcome => {
    const firstPosition = position + 1;
    const revisions: number[] = [];
    const conflicts: GroupOutcome["conflicts"][number][] = [];
    let index = 0;
    for (const { appends, claims: flat, columns } of group) {
      let at = 0;
      let column = 0;
      for (let a = 0; a < appends; a++, index++) {
        const claims = takeClaims(flat, at);
        at += 1 + claims.length * 3;
        const admission = admit(claims, heads);
        if (!admission.ok) {
          conflicts.push({ index, conflict: admission.conflict });
          for (const { events } of claims) column += events * COLUMNS;
          continue;
        }
        if (!db.isTransaction) db.exec("BEGIN IMMEDIATE");
        for (const [c, { stream, events }] of claims.entries()) {
          const first = admission.revisions[c] as number;
          revisions.push(first);
          for (let e = 0; e < events; e++, column += COLUMNS) {
            const event = columnsAt(columns, column, stream);
            position++;
            time = event.time;
            append.insert(position, first + e, event);
            fresh.push(event);
          }
        }
      }
    }
    return { appends: index, firstPosition, revisions, conflicts };
  };

  const probe = (): void => transaction(append.probe);
  probe();
  return {
    probe,
    head: () => ({ position, time }),
    checkpointed: () => checkpointed,
    commit: (group, beforeCommit) => {
      try {
        return commit(group, beforeCommit);
      } catch (error) {
        // The index knew better than the heads in memory. Decide again with fresh heads; each append then gets its own
        // answer instead of one of them failing the group. Events that are not ours are another matter.
        if (!isConstraint(error)) throw error;
        if (headStatements(db).position !== position) {
          throw new LogCorrupt(position + 1, "another program wrote into the log");
        }
        return commit(group, beforeCommit);
      }
    },
    settle,
    sign,
    rowsAfter: (after) => {
      const rows = append.rowsAfter(after);
      return {
        positions: rows.map((row) => row.position),
        revisions: rows.map((row) => row.revision),
        records: rows.map((row) => row.record),
      };
    },
    restartWal: () => void db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get(),
    close: () => {
      sign();
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      db.close();
    },
    abandon: () => db.close(),
  };
};

const SQLITE_CONSTRAINT = 19;
const isConstraint = (error: unknown): boolean =>
  ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_CONSTRAINT;
