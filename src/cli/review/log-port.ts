import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { backupLog, restoreLog } from "../../bridge/log/backup.ts";
import { storedCheckpoints } from "../../bridge/log/prove.ts";
import { openSource } from "../../bridge/log/sqlite/source.ts";
import { type Verdict, verifyLog } from "../../bridge/log/verify.ts";
import type { Rng } from "../../domain/world.ts";
import type { LogCopy, LogFile, LogReport } from "../../review/probe/log-port.ts";
import { parseCheckpoint } from "../../signing/checkpoint.ts";
import { compactRange, HASH_BYTES } from "../../signing/merkle.ts";
import type { LogFile as Lies } from "../log-file.ts";
import { realClock } from "../world.ts";

/** The log's file of a bridge on this machine, as the probes of a review use it. It is only ever read. */
export const logPort = ({ path, keys }: Lies): LogFile => ({
  verify: async (progress) => reportOf(await verifyLog(path, { keys, onProgress: progress })),
  tree: async () => {
    const newest = await checkpointOver(path, headOf(path));
    const read = parseCheckpoint(newest.note);
    if (!read.ok) throw new Error(`the newest checkpoint cannot be read: ${read.reason}`);
    const { size, root } = read.checkpoint;
    const signed = { size, root: Buffer.from(root).toString("base64"), note: newest.note };
    return { leaves: linesOf(leavesOf(path, size)), checkpoint: signed };
  },
  copy: () => copyOf(path, keys),
  restore: async () => {
    const began = realClock.monotonic();
    const folder = scratch();
    try {
      const backup = join(folder, "backup.db");
      const eventsBefore = headOf(path);
      const copied = await backupLog(path, backup, { keys });
      if (!copied.ok) throw new Error(copied.reason);
      const restored = join(folder, "restored", "events.db");
      const put = await restoreLog(backup, restored, { keys });
      const report: LogReport = put.ok ? reportOf(put.verdict) : { ok: false, position: null, what: put.reason };
      return {
        backupBytes: statSync(backup).size,
        eventsBefore,
        liveRoot: report.ok ? rootOver(leavesOf(path, report.events)) : "",
        restoredRoot: report.ok ? report.root : "none",
        restoredEvents: report.ok ? report.events : 0,
        report,
        tookMs: Math.round(realClock.monotonic() - began),
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** One is signed every few seconds. */
const SIGNED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 100;

/** The newest checkpoint as soon as it covers `events`, or the newest there is when that takes too long. */
export const checkpointOver = async (path: string, events: number) => {
  const until = realClock.monotonic() + SIGNED_WITHIN_MS;
  for (;;) {
    const newest = storedCheckpoints(path, 1)[0];
    const isLate = realClock.monotonic() > until;
    if (newest !== undefined && (newest.size >= events || isLate)) return newest;
    if (isLate) throw new Error("the log has no signed checkpoint; the bridge signs one every few seconds");
    await new Promise<void>((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

const scratch = (): string => mkdtempSync(join(tmpdir(), "lighthouse-review-"));

const copyOf = async (path: string, keys: Lies["keys"]): Promise<LogCopy> => {
  const folder = scratch();
  const discard = (): void => rmSync(folder, { recursive: true, force: true });
  const to = join(folder, "copy.db");
  const copied = await backupLog(path, to, { keys });
  if (!copied.ok) {
    discard();
    throw new Error(copied.reason);
  }
  return {
    verify: async () => reportOf(await verifyLog(to, { keys })),
    flipBit: async (rng) => flipIn(to, rng),
    discard,
  };
};

/**
 * One bit of the data of an event in the middle of the log, chosen so that the record still reads well: a digit or a
 * letter becomes another one. Whatever only looks at form or at the columns beside it sees nothing; the hash has to.
 */
const flipIn = (path: string, rng: Rng): number => {
  const db = new DatabaseSync(path);
  try {
    const row = db
      .prepare("SELECT position, record FROM event ORDER BY position LIMIT 1 OFFSET (SELECT count(*) / 2 FROM event)")
      .get() as { readonly position: number; readonly record: string } | undefined;
    if (row === undefined) throw new Error("the log is empty");
    const from = row.record.indexOf('"data":') + '"data":'.length;
    const places = [...row.record.slice(from).matchAll(/[a-zA-Z0-9]/g)].map(({ index }) => from + index);
    const chosen = Array.from(
      { length: CHOICES },
      () => places[Buffer.from(rng.bytes(4)).readUInt32BE() % places.length],
    );
    const at = chosen.find((place) => place !== undefined && readsWell(flippedAt(row.record, place), row.record));
    if (at === undefined) throw new Error(`the event at ${row.position} has no data in which a bit could be changed`);
    db.prepare("UPDATE event SET record = ? WHERE position = ?").run(flippedAt(row.record, at), row.position);
    return row.position;
  } finally {
    db.close();
  }
};

/** Nearly every one will do; a record can be long, and each has to be read. */
const CHOICES = 64;

const flippedAt = (text: string, at: number): string =>
  `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`;

/** JSON as before, with everything outside its data unchanged. */
const readsWell = (text: string, before: string): boolean => {
  try {
    const [{ data: _, ...rest }, { data: __, ...was }] = [JSON.parse(text), JSON.parse(before)] as readonly [
      { readonly data: unknown },
      { readonly data: unknown },
    ];
    return JSON.stringify(rest) === JSON.stringify(was);
  } catch {
    return false;
  }
};

const ROWS_AT_ONCE = 1_000;

const leavesOf = (path: string, size: number): Buffer => {
  const source = openSource(path);
  try {
    const leaves = Buffer.alloc(size * HASH_BYTES);
    for (let at = 0; at < size; ) {
      const rows = source.rows(at, Math.min(ROWS_AT_ONCE, size - at));
      if (rows.length === 0) throw new Error(`the log ends at ${at}, before its checkpoint of ${size}`);
      for (const { leaf } of rows) leaves.set(leaf, at++ * HASH_BYTES);
    }
    return leaves;
  } finally {
    source.close();
  }
};

const linesOf = (leaves: Buffer): string => {
  const lines: string[] = [];
  for (let at = 0; at < leaves.byteLength; at += HASH_BYTES)
    lines.push(`${leaves.toString("base64", at, at + HASH_BYTES)}\n`);
  return lines.join("");
};

const headOf = (path: string): number => {
  const source = openSource(path);
  try {
    return source.extent().head;
  } finally {
    source.close();
  }
};

const rootOver = (leaves: Uint8Array): string => {
  const range = compactRange();
  for (let at = 0; at < leaves.byteLength; at += HASH_BYTES) range.append(leaves.subarray(at, at + HASH_BYTES));
  return Buffer.from(range.root()).toString("hex");
};

const reportOf = (verdict: Verdict): LogReport =>
  verdict.ok
    ? { ...verdict, root: Buffer.from(verdict.root).toString("hex") }
    : { ok: false, position: verdict.position, what: verdict.what };
