import type { DatabaseSync } from "node:sqlite";
import { verifyCheckpoint } from "../../signing/checkpoint.ts";
import { leafHash, rootOf } from "../../signing/merkle.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import {
  consistencyProof,
  type HashAt,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../signing/proof.ts";
import { openForReading } from "./sqlite/schema.ts";
import { hashesFrom, tileReader } from "./sqlite/tiles.ts";

/** Everything that shows an event's place in the log to someone who has the log's public key and nothing else. Plain JSON. */
export interface EventProof {
  readonly position: number;
  /** The record as it was written; leaf `position - 1` of the tree is SHA-256(0x00 ‖ its UTF-8). */
  readonly record: string;
  /** RFC 6962 inclusion proof up to the checkpoint's root, lowest hash first, each base64. */
  readonly path: readonly string[];
  /** The signed tree head (C2SP tlog-checkpoint note). */
  readonly checkpoint: string;
}

/** Shows that the log of `to.size` events begins with the log of `from.size` events. Roots and path base64. */
export interface ConsistencyProof {
  readonly from: { readonly size: number; readonly root: string };
  readonly to: { readonly size: number; readonly root: string };
  readonly path: readonly string[];
}

export type Proven<P> = { readonly ok: true; readonly proof: P } | { readonly ok: false; readonly reason: string };

/** Proves the event at `position` under the newest checkpoint. Throws when there is no log at `path`. */
export const proveEvent = (path: string, position: number): Proven<EventProof> =>
  withLog(path, (db) => proveIn(db, position));

export const proveIn = (db: DatabaseSync, position: number): Proven<EventProof> => {
  const record = db.prepare("SELECT record FROM event WHERE position = ?").get(position)?.["record"];
  if (typeof record !== "string") return { ok: false, reason: `there is no event at position ${position}` };
  const newest = db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").get() as
    | { readonly size: number; readonly note: string }
    | undefined;
  if (newest === undefined || newest.size < position) {
    const covered = newest?.size ?? 0;
    return {
      ok: false,
      reason: `no checkpoint covers position ${position} yet (the newest covers ${covered} events); the bridge signs one every few seconds and when it stops`,
    };
  }
  const path = inclusionProof(position - 1, newest.size, hashesFrom(tileReader(db))).map(base64);
  return { ok: true, proof: { position, record, path, checkpoint: newest.note } };
};

/** Checks a proof offline. Never throws, whatever it is given. */
export const verifyEventProof = (
  proof: EventProof,
  keys: readonly NoteVerifier[],
): { readonly ok: true } | { readonly ok: false; readonly reason: string } => {
  if (!isEventProof(proof)) return { ok: false, reason: "this is not the proof of an event" };
  const { position, record, path, checkpoint } = proof;
  const signed = verifyCheckpoint(checkpoint, keys);
  if (!signed.ok) return { ok: false, reason: `the checkpoint is not sound: ${signed.reason}` };
  if (!record.isWellFormed()) return { ok: false, reason: "the record is not text" };
  const { size, root } = signed.checkpoint;
  return verifyInclusion(position - 1, size, leafHash(record), path.map(bytes), root)
    ? { ok: true }
    : { ok: false, reason: `the record is not event ${position} of the log that the checkpoint was signed for` };
};

const isEventProof = (value: Partial<EventProof> | null): value is EventProof =>
  value !== null &&
  typeof value === "object" &&
  typeof value.position === "number" &&
  typeof value.record === "string" &&
  typeof value.checkpoint === "string" &&
  Array.isArray(value.path) &&
  value.path.every((hash) => typeof hash === "string");

/** Proves that nothing of the first `from` events was changed on the way to `to` events. */
export const proveConsistency = (path: string, from: number, to: number): Proven<ConsistencyProof> =>
  withLog(path, (db) => {
    const head = Object.values(db.prepare("SELECT coalesce(max(position), 0) FROM event").get() ?? {})[0] as number;
    if (from > to || to > head || from < 0) {
      return { ok: false, reason: `sizes must be 0 ≤ from ≤ to ≤ ${head}, the length of the log` };
    }
    const hashAt = hashesFrom(tileReader(db));
    const headOf = (size: number) => ({ size, root: base64(treeHead(size, hashAt)) });
    const proof = { from: headOf(from), to: headOf(to), path: consistencyProof(from, to, hashAt).map(base64) };
    return { ok: true, proof };
  });

export const verifyConsistencyProof = ({ from, to, path }: ConsistencyProof): boolean =>
  verifyConsistency(from.size, to.size, bytes(from.root), bytes(to.root), path.map(bytes));

/** The checkpoints that the log keeps, newest first: what to pin elsewhere, and what proofs refer to. */
export const storedCheckpoints = (
  path: string,
  limit = 10,
): readonly { readonly size: number; readonly note: string }[] =>
  withLog(
    path,
    (db) =>
      db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT ?").all(limit) as unknown as readonly {
        size: number;
        note: string;
      }[],
  );

/** The tree head over the first `size` leaves. */
const treeHead = (size: number, hashAt: HashAt): Uint8Array => {
  const peaks: Uint8Array[] = [];
  let at = 0;
  for (let level = 52; level >= 0; level--) {
    const width = 2 ** level;
    if (at + width > size) continue;
    peaks.push(hashAt(level, at / width));
    at += width;
  }
  return rootOf(peaks);
};

const withLog = <T>(path: string, work: (db: DatabaseSync) => T): T => {
  const db = openForReading(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
};

const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString("base64");
const bytes = (text: string): Uint8Array => Buffer.from(text, "base64");
