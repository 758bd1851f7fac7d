import { parseCheckpoint, verifyCheckpoint } from "../../signing/checkpoint.ts";
import { compactRange, leafHash } from "../../signing/merkle.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import { inclusionProof, verifyInclusion } from "../../signing/proof.ts";
import { PAGE_EVENTS_MAX } from "./log.ts";
import type { Progress } from "./progress.ts";
import { openReader } from "./sqlite/reader.ts";
import { openForReading } from "./sqlite/schema.ts";
import { hashesFrom, tileReader } from "./sqlite/tiles.ts";
import type { EventFilter } from "./tail.ts";

/**
 * The log as JSON lines that can be verified without the database:
 *
 * ```
 * {"lighthouseExport":1,"complete":true,"checkpoint":"<signed note>"}
 * {"position":1,"record":"<the record exactly as written>"}            complete: the tree is made again from all records
 * {"position":7,"record":"…","path":["<base64>", …]}                   a selection: each line has its inclusion proof
 * ```
 */
export interface ExportOptions {
  /** Only matching events, each with its proof. Everything unless given. */
  readonly filter?: EventFilter;
  readonly onProgress?: Progress;
}

export type Exported =
  /** `uncovered`: events after the newest checkpoint, which cannot be proven yet and are not in the export. */
  | { readonly ok: true; readonly events: number; readonly uncovered: number }
  | { readonly ok: false; readonly reason: string };

/** Writes lines (each with its line feed) up to the newest checkpoint. Throws when there is no log at `path`. */
export const exportLog = async (
  path: string,
  write: (line: string) => void | Promise<void>,
  { filter, onProgress }: ExportOptions = {},
): Promise<Exported> => {
  const db = openForReading(path);
  const reader = openReader(path);
  try {
    const checkpoint = db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").get() as
      | { readonly size: number; readonly note: string }
      | undefined;
    const head = Object.values(db.prepare("SELECT coalesce(max(position), 0) FROM event").get() ?? {})[0] as number;
    if (checkpoint === undefined)
      return { ok: false, reason: "the log has no checkpoint yet, so nothing can be proven" };
    const { size, note } = checkpoint;
    const complete = filter === undefined;
    const hashAt = hashesFrom(tileReader(db));
    await write(`${JSON.stringify({ lighthouseExport: 1, complete, checkpoint: note })}\n`);
    let events = 0;
    for (let after = 0; after < size; ) {
      const { positions, records } = reader.read({ ...filter, after, limit: PAGE_EVENTS_MAX }, size);
      let lines = "";
      for (const [i, position] of positions.entries()) {
        const path = complete ? {} : { path: inclusionProof(position - 1, size, hashAt).map(base64) };
        lines += `${JSON.stringify({ position, record: records[i], ...path })}\n`;
      }
      if (lines !== "") await write(lines);
      events += positions.length;
      after = positions.length > PAGE_EVENTS_MAX ? (positions.at(-1) as number) : size;
      onProgress?.(after, size);
    }
    return { ok: true, events, uncovered: head - size };
  } finally {
    reader.close();
    db.close();
  }
};

export type ExportVerdict =
  | {
      readonly ok: true;
      readonly events: number;
      /** Whether these are all events up to the checkpoint, or a selection of them. */
      readonly complete: boolean;
      readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: Uint8Array };
      readonly signatureChecked: boolean;
    }
  /** `line`, from 1, is the first that is wrong; `position` the event it speaks of, if it does. */
  | { readonly ok: false; readonly line: number; readonly position: number | null; readonly what: string };

/**
 * Verifies an export with nothing but the log's public key; without keys the signature is not checked, and the verdict
 * says so. `lines` without their line feeds. Constant memory. Never throws, whatever the lines hold.
 */
export const verifyExport = async (
  lines: AsyncIterable<string> | Iterable<string>,
  options: { readonly keys?: readonly NoteVerifier[]; readonly onProgress?: Progress } = {},
): Promise<ExportVerdict> => {
  const range = compactRange();
  let number = 0;
  let last = 0;
  let events = 0;
  let head: Extract<Head, { readonly ok: true }> | undefined;
  const wrong = (what: string, position: number | null = null): ExportVerdict => ({
    ok: false,
    line: number,
    position,
    what,
  });

  for await (const line of lines) {
    number++;
    if (line === "") continue;
    if (head === undefined) {
      const read = readHead(line, options.keys);
      if (!read.ok) return wrong(read.what);
      head = read;
      continue;
    }
    const entry = readEntry(line);
    if (entry === undefined) return wrong("this is not an event of an export");
    const { position, record, path } = entry;
    const { size, root } = head.checkpoint;
    if (head.complete ? position !== last + 1 : position <= last) {
      return wrong(`position ${position} does not follow ${last}: an event is missing or out of place`, last + 1);
    }
    if (position > size) return wrong("the checkpoint does not cover this event", position);
    const leaf = leafHash(record);
    if (head.complete) range.append(leaf);
    else if (!verifyInclusion(position - 1, size, leaf, path ?? [], root)) {
      return wrong("the record is not the one that the checkpoint was signed for", position);
    }
    last = position;
    events++;
    if (events % PAGE_EVENTS_MAX === 0) options.onProgress?.(position, size);
  }
  if (head === undefined) return wrong("there is no header line");
  if (head.complete && last !== head.checkpoint.size) {
    return wrong(`the export ends at ${last}, its checkpoint covers ${head.checkpoint.size} events`, last + 1);
  }
  if (head.complete && Buffer.compare(range.root(), head.checkpoint.root) !== 0) {
    return wrong("the events are not those that the checkpoint was signed for");
  }
  const { complete, checkpoint } = head;
  return { ok: true, events, complete, checkpoint, signatureChecked: options.keys !== undefined };
};

type Head =
  | {
      readonly ok: true;
      readonly complete: boolean;
      readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: Uint8Array };
    }
  | { readonly ok: false; readonly what: string };

const readHead = (line: string, keys: readonly NoteVerifier[] | undefined): Head => {
  const head = parse(line) as { lighthouseExport?: unknown; complete?: unknown; checkpoint?: unknown } | undefined;
  if (head?.lighthouseExport !== 1 || typeof head.complete !== "boolean" || typeof head.checkpoint !== "string") {
    return { ok: false, what: "the first line is not the header of an export" };
  }
  const note = keys === undefined ? parseCheckpoint(head.checkpoint) : verifyCheckpoint(head.checkpoint, keys);
  if (!note.ok) return { ok: false, what: `the checkpoint is not sound: ${note.reason}` };
  return { ok: true, complete: head.complete, checkpoint: note.checkpoint };
};

interface Entry {
  readonly position: number;
  readonly record: string;
  readonly path: readonly Uint8Array[] | undefined;
}

const readEntry = (line: string): Entry | undefined => {
  const entry = parse(line) as { position?: unknown; record?: unknown; path?: unknown } | undefined;
  if (entry === undefined || entry === null || typeof entry !== "object") return undefined;
  const { position, record, path } = entry;
  if (typeof position !== "number" || !Number.isSafeInteger(position) || position < 1) return undefined;
  if (typeof record !== "string" || !record.isWellFormed()) return undefined;
  if (path !== undefined && !(Array.isArray(path) && path.every((hash) => typeof hash === "string"))) return undefined;
  return { position, record, path: (path as string[] | undefined)?.map((hash) => Buffer.from(hash, "base64")) };
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString("base64");
