import type { Worker } from "node:worker_threads";
import type { Recorded } from "../../domain/event.ts";
import type { Cancel, Clock, Scheduler } from "../../domain/world.ts";
import { parseCheckpoint } from "../../signing/checkpoint.ts";
import type { NoteSigner } from "../../signing/note.ts";
import { availability } from "./availability.ts";
import { commits } from "./commits.ts";
import type { Fault } from "./fault.ts";
import { type Log, type LogFault, type LogHead, LogUnavailable, PROBE_MS } from "./log.ts";
import type { EventProof, Proven } from "./prove.ts";
import { pageLimit, pageOf } from "./query.ts";
import { decodeRecord } from "./record.ts";
import { appendQueue } from "./sqlite/append-queue.ts";
import type { KeeperAsk } from "./sqlite/keeper.ts";
import type { FromWriter, GroupOutcome, ReaderAsk, Rows, ToWriter } from "./sqlite/message.ts";
import { asError } from "./sqlite/refusal.ts";
import { callThread, startThread } from "./sqlite/thread.ts";

export interface SqliteLogOptions {
  /** The database file. Beside it stand `-wal`, `-shm` and `.lock`. */
  readonly path: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Signs checkpoints (Ed25519) under its name, which is the log's origin. Without it there are none. */
  readonly signer?: NoteSigner;
  /** A checkpoint is signed after so many events, 10,000 unless given; */
  readonly checkpointEvents?: number;
  /** or this long after an event that none covers, 10,000 ms unless given; and at close. */
  readonly checkpointMs?: number;
  readonly probeMs?: number;
  readonly observe?: Partial<LogObserver>;
  /** Test only: acknowledges before the commit, so that the crash test can prove that it would notice. */
  readonly unsafeAckBeforeCommit?: boolean;
}

/** What the log tells its metrics. */
export interface LogObserver {
  /** One sync made so many events durable. */
  readonly committed: (events: number) => void;
  readonly failed: (fault: LogFault, appends: number) => void;
  /** A signed checkpoint covers the first `size` events. */
  readonly checkpointed: (size: number) => void;
  /** Making a few bytes durable took so many milliseconds, there and back: said when the log opens or resumes. */
  readonly probed: (ms: number) => void;
}

export interface SqliteLog extends Log {
  /** Signs the present head, durably, and returns the note; the newest one if nothing was appended since. */
  readonly checkpoint: () => Promise<string>;
  /** Number of events that the newest checkpoint covers. */
  readonly checkpointed: () => number;
  /** The newest checkpoint that was signed since the log was opened; undefined until the first. */
  readonly newestCheckpoint: () => NewestCheckpoint | undefined;
  /** Threads that have the database open now: one that writes, one that reads, one for chores. */
  readonly connections: () => number;
  /** Proves an event, signing a checkpoint first if none covers it. Rejects with a RangeError where there is none. */
  readonly prove: (position: number) => Promise<EventProof>;
}

export interface NewestCheckpoint {
  readonly size: number;
  /** Root of the RFC 6962 tree, base64. */
  readonly root: string;
  /** When its signature was known here, milliseconds since 1970. */
  readonly at: number;
}

const CHECKPOINT_EVENTS = 10_000;
const CHECKPOINT_MS = 10_000;

/**
 * The embedded log: SQLite in a thread that only writes, one that only reads, and one for chores. Rejects with
 * `LogUnavailable` when another process has the folder or the file cannot be written, with `LogCorrupt` when the end of
 * the log is not what was written.
 */
export const openSqliteLog = async (options: SqliteLogOptions): Promise<SqliteLog> => {
  const { path, clock, scheduler, observe = {}, probeMs = PROBE_MS, checkpointMs = CHECKPOINT_MS } = options;
  const listeners = commits();
  const queue = appendQueue((message) => post(message), scheduler);
  const signing: { readonly resolve: (note: string) => void; readonly reject: (error: Error) => void }[] = [];
  let head: LogHead = { position: 0, time: 0 };
  let newestGiven = 0;
  let checkpointed = 0;
  let newest: NewestCheckpoint | undefined;
  let probeSentAt = 0;
  let signLater: Cancel | undefined;
  let closing: Promise<void> | undefined;

  const state = availability({
    clock,
    scheduler,
    probeMs,
    probe: () => {
      if (writer === undefined) writer = startWriter(head.position);
      else post({ kind: "probe" });
    },
  });

  const post = (message: ToWriter): void => {
    if (writer !== undefined) writer.postMessage(message);
    else queue.reject(state.refusal());
  };

  const publish = (events: readonly Recorded[]): void => {
    const last = events.at(-1);
    if (last === undefined) return;
    head = { position: last.position, time: last.time };
    listeners.publish(events);
    if (options.signer === undefined) return;
    signLater ??= scheduler.after(checkpointMs, () => {
      signLater = undefined;
      post({ kind: "sign" });
    });
  };

  const onUp = (up: Extract<FromWriter, { readonly kind: "up" }>): void => {
    if (observe.probed !== undefined) {
      probeSentAt = clock.monotonic();
      post({ kind: "probe" });
    }
    checkpointed = up.checkpointed;
    // From the start: a log that never gets to sign another one is to be seen falling behind.
    observe.checkpointed?.(checkpointed);
    state.up();
    // Appends that failed without an answer may have been written after all: then they happened, and everybody hears it.
    publish(decode(up.survivors));
    head = up.head;
    newestGiven = Math.max(newestGiven, head.time);
  };

  const onCommitted = (outcome: GroupOutcome): void => {
    const { outcomes, resolve } = queue.answer(outcome);
    const events = outcomes.flatMap((appended) => (appended.ok ? appended.events : []));
    observe.committed?.(events.length);
    publish(events);
    resolve();
  };

  const onFailed = (appends: number, fault: Fault): void => {
    state.down(fault);
    observe.failed?.(fault.fault, appends);
    queue.reject(state.refusal(), appends);
  };

  const onSigned = (size: number, note: string | undefined): void => {
    const caller = signing.shift();
    if (note === undefined) {
      const nothing = new LogUnavailable("there is no checkpoint: this log has no signer, or no event yet");
      return caller?.reject(state.isOpen() ? nothing : state.refusal());
    }
    const read = size === newest?.size ? undefined : parseCheckpoint(note);
    if (read?.ok === true) {
      newest = { size, root: Buffer.from(read.checkpoint.root).toString("base64"), at: clock.now() };
    }
    checkpointed = size;
    observe.checkpointed?.(size);
    caller?.resolve(note);
  };

  const onMessage = (message: FromWriter): void => {
    switch (message.kind) {
      case "up":
        return onUp(message);
      case "refused":
        return state.down({ fault: "io", reason: asError(message.error).message });
      case "committed":
        return onCommitted(message);
      case "failed":
        return onFailed(message.appends, message.fault);
      case "down":
        return state.down(message.fault);
      case "probed":
        return observe.probed?.(clock.monotonic() - probeSentAt);
      case "signed":
        return onSigned(message.size, message.note);
      case "walGrown": {
        // Failing leaves the rest in the write-ahead log, where it is safe; the next growth tries again.
        const restart = (): void => post({ kind: "restartWal" });
        return void keeper.call({ kind: "checkpointWal" }).then(restart, restart);
      }
      case "closed":
        return;
    }
  };

  const startWriter = (known: number | null): Worker => {
    const { signer, unsafeAckBeforeCommit, checkpointEvents = CHECKPOINT_EVENTS } = options;
    const started = startThread({
      role: "writer",
      path,
      known,
      checkpointEvents,
      ...(signer === undefined ? {} : { signer }),
      ...(unsafeAckBeforeCommit === undefined ? {} : { unsafeAckBeforeCommit }),
    });
    let cause = "it ended";
    started.on("message", onMessage);
    started.on("error", (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    started.on("exit", () => {
      writer = undefined;
      state.down({ fault: "io", reason: `the writer's thread failed: ${cause}` });
      queue.reject(state.refusal());
      for (const { reject } of signing.splice(0)) reject(state.refusal());
    });
    return started;
  };

  const keeper = callThread<KeeperAsk>({ role: "keeper", path });
  const reader = callThread<ReaderAsk>({ role: "reader", path });
  reader.start();
  let writer: Worker | undefined = startWriter(null);
  try {
    await firstAnswer(writer);
  } catch (error) {
    state.close();
    await reader.close();
    throw error;
  }

  const close = async (): Promise<void> => {
    await queue.drained();
    signLater?.();
    state.close();
    // The readers first: the last connection that closes brings the write-ahead log in.
    await Promise.all([reader.close(), keeper.close()]);
    if (writer === undefined) return;
    const ended = new Promise((resolve) => writer?.once("exit", resolve));
    post({ kind: "close" });
    await ended;
  };

  const checkpoint = (): Promise<string> =>
    new Promise((resolve, reject) => {
      if (closing !== undefined || writer === undefined) return reject(state.refusal());
      signing.push({ resolve, reject });
      post({ kind: "sign" });
    });

  return {
    append: (appends, when = "now") => {
      if (appends.every(({ events }) => events.length === 0)) return Promise.resolve({ ok: true, events: [] });
      if (closing !== undefined) return Promise.reject(new LogUnavailable("the log is closed", "closed"));
      if (!state.isOpen()) return Promise.reject(state.refusal());
      try {
        const { time, appended } = queue.add(appends, newestGiven, when);
        newestGiven = time;
        return appended;
      } catch (fault) {
        return Promise.reject(fault);
      }
    },
    read: async (query) => {
      const rows = await reader.call<Rows>({ query, head: head.position });
      return pageOf(decode(rows), pageLimit(query));
    },
    onCommitted: listeners.listen,
    head: () => head,
    health: state.health,
    checkpointed: () => checkpointed,
    newestCheckpoint: () => newest,
    connections: () => [writer !== undefined, reader.isRunning(), keeper.isRunning()].filter(Boolean).length,
    checkpoint,
    prove: async (position) => {
      if (position > checkpointed && position <= head.position) await checkpoint();
      const proven = await keeper.call<Proven<EventProof>>({ kind: "prove", position });
      if (!proven.ok) throw new RangeError(proven.reason);
      return proven.proof;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

/** Resolves when the log is open, rejects with the reason when it cannot be opened. */
const firstAnswer = (writer: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    writer.once("error", reject);
    writer.once("message", (message: FromWriter) => {
      if (message.kind === "refused") reject(asError(message.error));
      else resolve();
    });
  });

const decode = ({ positions, revisions, records }: Rows): readonly Recorded[] =>
  records.map((text, i) => decodeRecord(text, positions[i] as number, revisions[i] as number));
