import { parseCheckpoint, verifyCheckpoint } from "../../signing/checkpoint.ts";
import { HASH_BYTES, leafHash } from "../../signing/merkle.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import type { Progress } from "./progress.ts";
import { partiesColumn } from "./sqlite/parties.ts";
import type { StoredRow } from "./sqlite/row.ts";
import { BLOCK_EVENTS } from "./sqlite/schema.ts";
import { type Extent, firstDifference, type LogSource, openSource, type StoredCheckpoint } from "./sqlite/source.ts";
import { addTerms } from "./sqlite/terms.ts";
import { growingTree } from "./sqlite/tree.ts";

export interface VerifyOptions {
  /** The keys that may sign this log's checkpoints. Without any, signatures are not checked, and the verdict says so. */
  readonly keys?: readonly NoteVerifier[];
  /** A checkpoint that was kept elsewhere: the only thing that shows a tail cut off together with its checkpoints. */
  readonly anchor?: string;
  readonly onProgress?: Progress;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly events: number;
      /** The RFC 6962 tree head over all events, 32 bytes. */
      readonly root: Uint8Array;
      readonly checkpoints: number;
      /** Events under the newest checkpoint. The ones after it are whole, but nothing would show that more are missing. */
      readonly covered: number;
      readonly signaturesChecked: boolean;
    }
  | Damage;

export interface Damage {
  readonly ok: false;
  /** The first position that is wrong; null when the damage is in the file itself and not in an event. */
  readonly position: number | null;
  readonly what: string;
}

/**
 * Reads the whole log and makes everything again that can be made: every leaf from its record, every column, the order,
 * the revisions, every tile, every checkpoint. Constant memory; 1,000,000 events take some seconds. Reads a
 * log that a bridge is writing as well as one at rest. Throws when there is no log at `path`.
 */
export const verifyLog = async (path: string, options: VerifyOptions = {}): Promise<Verdict> => {
  const source = openSource(path);
  try {
    return await verifySource(source, options);
  } finally {
    source.close();
  }
};

const ROWS_AT_ONCE = 1_000;

const verifySource = async (source: LogSource, options: VerifyOptions): Promise<Verdict> => {
  const anchor = anchorOf(options);
  let at = 1;
  try {
    // What a running bridge appends from here on is not looked at, so it cannot be mistaken for a fault.
    const extent = source.extent();
    const checks = checksOf(source, extent, options, anchor);
    while (at <= extent.head) {
      const rows = source.rows(at - 1, Math.min(ROWS_AT_ONCE, extent.head - at + 1));
      if (rows.length === 0) return damaged(at, "the event is missing, and all after it");
      for (const row of rows) {
        const damage = checks.row(row, at);
        if (damage !== undefined) return damage;
        at++;
      }
      options.onProgress?.(at - 1, extent.head);
      await nextTurn();
    }
    return checks.end();
  } catch (error) {
    return damaged(at, `the file cannot be read from here: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const checksOf = (source: LogSource, extent: Extent, options: VerifyOptions, anchor: readonly StoredCheckpoint[]) => {
  const all = [...extent.checkpoints, ...anchor].sort((a, b) => a.size - b.size);
  const checkpoints = checkpointChecks(all, options);
  const blocks = blockChecks(source, extent);
  const revisions = revisionCheck(source);
  let lastTime = 0;
  return {
    row: (row: StoredRow, expected: number): Damage | undefined => {
      if (row.position !== expected) return damaged(expected, `the event is missing; the next one is ${row.position}`);
      const leaf = leafHash(row.record);
      if (Buffer.compare(leaf, row.leaf) !== 0) return damaged(expected, "the record does not match its leaf hash");
      const wrong = wrongColumn(row);
      if (wrong !== undefined) return damaged(expected, `the column ${wrong} does not say what the record says`);
      if (row.time < lastTime) return damaged(expected, "its time is before that of the event before it");
      lastTime = row.time;
      return revisions(row) ?? blocks.leaf(row, leaf) ?? checkpoints.reach(expected, blocks.root);
    },
    end: (): Verdict => {
      const damage = checkpoints.end(extent.head) ?? blocks.end();
      if (damage !== undefined) return damage;
      const structure = source.structureFault();
      if (structure !== undefined) return damaged(null, `the database file itself is damaged: ${structure}`);
      return {
        ok: true,
        events: extent.head,
        root: blocks.root(),
        checkpoints: extent.checkpoints.length,
        covered: checkpoints.covered(),
        signaturesChecked: options.keys !== undefined,
      };
    },
  };
};

const wrongColumn = (row: StoredRow): string | undefined => {
  const said = JSON.parse(row.record) as StoredRow & { readonly parties: readonly string[] };
  for (const column of ["stream", "type", "time", "actor", "correlation"] as const) {
    if (row[column] !== said[column]) return column;
  }
  return row.parties === partiesColumn(said.parties) ? undefined : "parties";
};

/** Streams whose newest revision is remembered, so that most events need no look-up. */
const REMEMBERED_STREAMS = 262_144;

/** Revision r is right if r - 1 stands earlier in the log: by induction a stream then has 0, 1, 2 … in order. */
const revisionCheck = (source: LogSource) => {
  const newest = new Map<string, number>();
  return ({ stream, revision, position }: StoredRow): Damage | undefined => {
    const before = newest.get(stream);
    const follows =
      before === undefined
        ? revision === 0 || (source.positionOf(stream, revision - 1) ?? position) < position
        : revision === before + 1;
    if (!follows) return damaged(position, `revision ${revision} of ${stream} does not follow from what is before it`);
    if (before === undefined && newest.size >= REMEMBERED_STREAMS) newest.clear();
    newest.set(stream, revision);
    return undefined;
  };
};

/** Compares every tile and every query posting with what the events say. */
const blockChecks = (source: LogSource, { head, sealedBlocks, upperTiles, checkpoints }: Extent) => {
  const signedSize = checkpoints.at(-1)?.size ?? 0;
  const tree = growingTree(0, () => new Uint8Array());
  const upper = new Map<string, Uint8Array>();
  let terms = new Set<string>();
  let postings = 0;
  let tile: Uint8Array | undefined;

  /** Whether the stored tile, if there is one, holds this leaf where it stands. */
  const inTile = (position: number, leaf: Uint8Array): Damage | undefined => {
    const offset = (position - 1) % BLOCK_EVENTS;
    const block = (position - 1 - offset) / BLOCK_EVENTS;
    if (offset === 0) {
      tile = source.leafTile(block);
      // A crash may leave the newest blocks unsealed, but nothing signs or seals past them.
      const last = position + BLOCK_EVENTS - 1;
      if (tile === undefined && last <= head && (block < sealedBlocks || last <= signedSize)) {
        return damaged(position, `the tile of the ${BLOCK_EVENTS} events from here on is missing`);
      }
    }
    const stored = tile?.subarray(offset * HASH_BYTES, (offset + 1) * HASH_BYTES);
    if (stored === undefined || Buffer.compare(stored, leaf) === 0) return undefined;
    return damaged(position, "the event is not the one that its tile holds");
  };

  const postingsOf = (block: number): Damage | undefined => {
    for (const term of terms) {
      if (source.hasPosting(term, block)) continue;
      return damaged(block * BLOCK_EVENTS + 1, `queries for ${term.slice(1)} would miss events from here on`);
    }
    postings += terms.size;
    return undefined;
  };

  return {
    root: tree.root,
    leaf: (row: StoredRow, leaf: Uint8Array): Damage | undefined => {
      tree.append(leaf);
      addTerms(terms, row);
      const damage = inTile(row.position, leaf);
      if (damage !== undefined || tree.size() % BLOCK_EVENTS !== 0) return damage;
      const block = tree.size() / BLOCK_EVENTS - 1;
      const made = tree.takeTiles();
      if (block >= sealedBlocks) return undefined;
      for (const { level, number, hashes } of made) if (level > 0) upper.set(`${level}/${number}`, hashes);
      const lost = postingsOf(block);
      terms = new Set();
      return lost;
    },
    end: (): Damage | undefined => {
      if (sealedBlocks * BLOCK_EVENTS > tree.size()) {
        return damaged(tree.size() + 1, "tiles were made of more events than there are: the tail was cut off");
      }
      for (const { level, number, hashes } of upperTiles) {
        const made = upper.get(`${level}/${number}`);
        const different = made === undefined ? 0 : firstDifference(hashes, made);
        if (different !== undefined) return damagedTile(level, number * BLOCK_EVENTS + different);
        upper.delete(`${level}/${number}`);
      }
      for (const key of upper.keys()) {
        const [level, number] = key.split("/").map(Number) as [number, number];
        return damagedTile(level, number * BLOCK_EVENTS);
      }
      if (source.postings(sealedBlocks) !== postings)
        return damaged(null, "the query index names events that are not there");
      return undefined;
    },
  };
};

const damagedTile = (level: number, entry: number): Damage =>
  damaged(
    entry * BLOCK_EVENTS ** level + 1,
    `the stored hash of the ${BLOCK_EVENTS ** level} events from here on is wrong`,
  );

const anchorOf = ({ anchor }: VerifyOptions): readonly StoredCheckpoint[] => {
  if (anchor === undefined) return [];
  const read = parseCheckpoint(anchor);
  if (!read.ok) throw new TypeError(`the anchor is not a checkpoint: ${read.reason}`);
  return [{ size: read.checkpoint.size, note: anchor }];
};

/** Compares every checkpoint, smallest first, with the tree of its size. */
const checkpointChecks = (all: readonly StoredCheckpoint[], { keys }: VerifyOptions) => {
  let next = 0;
  let covered = 0;

  const judge = ({ size, note }: StoredCheckpoint, root: Uint8Array): Damage | undefined => {
    const read = keys === undefined ? parseCheckpoint(note) : verifyCheckpoint(note, keys);
    if (!read.ok) return damaged(size, `the checkpoint for ${size} events is not sound: ${read.reason}`);
    if (read.checkpoint.size !== size)
      return damaged(size, `a checkpoint for ${read.checkpoint.size} events stands here`);
    if (Buffer.compare(read.checkpoint.root, root) !== 0) {
      return damaged(
        covered + 1,
        `events ${covered + 1} to ${size} are not those that the checkpoint for ${size} was signed for`,
      );
    }
    covered = size;
    return undefined;
  };

  return {
    covered: () => covered,
    reach: (size: number, root: () => Uint8Array): Damage | undefined => {
      for (let due = all[next]; due !== undefined && due.size <= size; due = all[++next]) {
        const damage = due.size < size ? damaged(size, "a checkpoint has no place") : judge(due, root());
        if (damage !== undefined) return damage;
      }
      return undefined;
    },
    end: (events: number): Damage | undefined => {
      const beyond = all[next];
      if (beyond === undefined) return undefined;
      return damaged(
        events + 1,
        `the log ends here, but a checkpoint was signed for ${beyond.size} events: its tail was cut off`,
      );
    },
  };
};

const damaged = (position: number | null, what: string): Damage => ({ ok: false, position, what });
