import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { type Fault, faultOf } from "../fault.ts";
import { LogCorrupt } from "../log.ts";
import { lockFolder } from "./lock.ts";
import { type AppendMessage, COLUMNS, type FromWriter, type GroupOutcome, noRows, type ToWriter } from "./message.ts";
import { asRefusal } from "./refusal.ts";
import { openForReading } from "./schema.ts";
import type { WriterData } from "./thread-data.ts";
import { openWriter, type Writer } from "./writer.ts";

/** Most events and UTF-16 units of records in one commit, give or take one message. */
export const GROUP_EVENTS_MAX = 512;
export const GROUP_CHARS_MAX = 262_144;

/** Bytes written to the write-ahead log, by estimate, after which it is brought into the database. */
const WAL_BYTES = 8_388_608;
/** How long after its acknowledgement a group is committed when `unsafeAckBeforeCommit` is set. */
const UNSAFE_COMMIT_MS = 20;
/** Free bytes that a disk which was full must have again: two of the largest groups, so that it does not flap. */
const RESUME_FREE_BYTES = 2 * GROUP_CHARS_MAX;
/** What one commit writes besides its records: the last pages of the table and its indices. */
const COMMIT_BYTES = 32_768;

/**
 * The writer's thread. Takes everything that waits at its port as one group, commits it with one sync, answers, and
 * only then lets the tree grow. A disk that failed is not asked again through the same handle; `probe` opens another.
 */
export const serveWriter = (port: MessagePort, data: WriterData): void => {
  const post = (message: FromWriter): void => port.postMessage(message);
  let told = data.known;
  let lock: ReturnType<typeof lockFolder>;
  let writer: Writer | undefined;
  /**
   * Open for as long as the thread lives, so that letting go of a handle that failed never closes the last connection:
   * that would bring the write-ahead log in and sync it through the very handle that cannot be trusted any more.
   */
  let witness: DatabaseSync | undefined;
  let why: Fault = { fault: "closed", reason: "not open" };
  let walBytes = 0;
  try {
    lock = lockFolder(`${data.path}.lock`, process.pid);
  } catch (error) {
    post({ kind: "refused", error: asRefusal(error, data.path) });
    port.close();
    return;
  }

  const open = (): void => {
    writer = openWriter(data);
    witness ??= openForReading(data.path);
    const head = writer.head();
    if (told !== null && head.position < told) {
      const lost = told - head.position;
      throw new LogCorrupt(head.position + 1, `${lost} acknowledged events are not on disk any more`);
    }
    // At the first start nobody has been told anything, and all will be read.
    const survivors = told === null ? noRows : writer.rowsAfter(told);
    told = head.position;
    walBytes = 0;
    post({ kind: "up", head, checkpointed: writer.checkpointed(), survivors });
    settle(writer);
  };

  const fail = (error: unknown): void => {
    why = faultOf(error);
    try {
      writer?.abandon();
    } catch {
      // It has failed already; what matters is that it is not used again.
    }
    writer = undefined;
  };

  const settle = (by: Writer): void => {
    try {
      by.settle();
    } catch (error) {
      fail(error);
      post({ kind: "down", fault: why });
    }
  };

  const commit = (group: readonly AppendMessage[]): void => {
    const appends = group.reduce((sum, message) => sum + message.appends, 0);
    if (writer === undefined) return post({ kind: "failed", appends, fault: why });
    try {
      const early = data.unsafeAckBeforeCommit === true;
      const outcome = writer.commit(group, early ? acknowledgeTooEarly : undefined);
      told = writer.head().position;
      if (!early) post({ kind: "committed", ...outcome });
    } catch (error) {
      fail(error);
      return post({ kind: "failed", appends, fault: why });
    }
    settle(writer);
    const before = walBytes;
    walBytes += COMMIT_BYTES + 2 * group.reduce((sum, message) => sum + message.chars, 0);
    if (before < WAL_BYTES && walBytes >= WAL_BYTES) post({ kind: "walGrown" });
  };

  /** The bug that the crash test must be able to find, slow enough that a kill lands between the two. */
  const acknowledgeTooEarly = (outcome: GroupOutcome): void => {
    post({ kind: "committed", ...outcome });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNSAFE_COMMIT_MS);
  };

  const sign = (): void => {
    if (writer === undefined) return post({ kind: "signed", size: 0 });
    try {
      post({ kind: "signed", ...writer.sign() });
    } catch (error) {
      fail(error);
      post({ kind: "signed", size: 0 });
      post({ kind: "down", fault: why });
    }
  };

  const probe = (): void => {
    if (writer !== undefined) return measure(writer);
    try {
      if (why.fault === "disk_full" && freeBytes(data.path) < RESUME_FREE_BYTES) {
        return post({ kind: "down", fault: why });
      }
      open();
    } catch (error) {
      fail(error);
      post({ kind: "down", fault: why });
    }
  };

  const measure = (by: Writer): void => {
    try {
      by.probe();
      post({ kind: "probed" });
    } catch (error) {
      fail(error);
      post({ kind: "down", fault: why });
    }
  };

  const restartWal = (): void => {
    try {
      writer?.restartWal();
      walBytes = 0;
    } catch (error) {
      fail(error);
      post({ kind: "down", fault: why });
    }
  };

  const close = (): void => {
    try {
      witness?.close();
      writer?.close();
    } catch {
      // Everything acknowledged is in the write-ahead log; the next start brings it in.
    }
    lock.release();
    post({ kind: "closed" });
    port.close();
  };

  const handle = (message: Exclude<ToWriter, AppendMessage>): void => {
    switch (message.kind) {
      case "sign":
        return sign();
      case "probe":
        return probe();
      case "restartWal":
        return restartWal();
      case "close":
        return close();
    }
  };

  /** Commits `first` with all the appends that wait behind it; returns the message that ended the group, if any. */
  const commitWaiting = (first: AppendMessage): ToWriter | undefined => {
    const group = [first];
    let [events, chars] = [eventsOf(first), first.chars];
    let next: ToWriter | undefined;
    while (events < GROUP_EVENTS_MAX && chars < GROUP_CHARS_MAX) {
      next = receiveMessageOnPort(port)?.message as ToWriter | undefined;
      if (next?.kind !== "append") break;
      group.push(next);
      events += eventsOf(next);
      chars += next.chars;
      next = undefined;
    }
    commit(group);
    return next;
  };

  port.on("message", (first: ToWriter) => {
    for (let message: ToWriter | undefined = first; message !== undefined; ) {
      if (message.kind === "append") {
        message = commitWaiting(message);
      } else {
        handle(message);
        message = undefined;
      }
    }
  });

  try {
    open();
  } catch (error) {
    fail(error);
    witness?.close();
    lock.release();
    post({ kind: "refused", error: asRefusal(error, data.path) });
    port.close();
  }
};

const freeBytes = (path: string): number => {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
};

const eventsOf = (message: AppendMessage): number => message.columns.length / COLUMNS;
