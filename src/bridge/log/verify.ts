import { parseCheckpoint } from "../../signing/checkpoint.ts";
import { leafHash } from "../../signing/merkle.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import type { Progress } from "./progress.ts";
import { partiesColumn } from "./sqlite/parties.ts";
import type { StoredRow } from "./sqlite/row.ts";
import { type Extent, type LogSource, openSource, type StoredCheckpoint } from "./sqlite/source.ts";
import { blockChecks } from "./verify-blocks.ts";
import { checkpointChecks } from "./verify-checkpoints.ts";
import { type Damage, damaged } from "./verify-damage.ts";

export interface VerifyOptions {
  /** The keys that may sign this log's checkpoints. Without any, signatures are not checked, and the verdict says so. */
  readonly keys?: readonly NoteVerifier[];
  /** A checkpoint that was kept elsewhere: the only thing that shows a tail cut off together with its checkpoints. */
  readonly anchor?: string;
  readonly onProgress?: Progress;
  /** Awaited after every thousand events, for whoever wants to leave the machine to others; a turn of the loop unless given. */
  readonly rest?: () => Promise<void>;
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
      await (options.rest ?? nextTurn)();
    }
    return checks.end();
  } catch (error) {
    return damaged(at, `the file cannot be read from here: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const checksOf = (source: LogSource, extent: Extent, options: VerifyOptions, anchor: readonly StoredCheckpoint[]) => {
  const all = [...extent.checkpoints, ...anchor].sort((a, b) => a.size - b.size);
  const checkpoints = checkpointChecks(all, options.keys);
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

const anchorOf = ({ anchor }: VerifyOptions): readonly StoredCheckpoint[] => {
  if (anchor === undefined) return [];
  const read = parseCheckpoint(anchor);
  if (!read.ok) throw new TypeError(`the anchor is not a checkpoint: ${read.reason}`);
  return [{ size: read.checkpoint.size, note: anchor }];
};
