import type { Scheduler } from "../../../domain/world.ts";
import { backlogged, type Prepared, prepare, record } from "../draft.ts";
import { type Appended, BACKLOG_CHARS_MAX, SOON_MS, type StreamAppend, type When } from "../log.ts";
import type { AppendMessage, GroupOutcome } from "./message.ts";
import { partiesColumn } from "./parties.ts";

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** A group that the writer answered: what became of each append, and how to tell the callers. */
export interface Answered {
  readonly outcomes: readonly Appended[];
  readonly resolve: () => void;
}

/** Appends on their way to the writer and back. The writer answers in order, so the queue is the correspondence. */
export interface AppendQueue {
  readonly add: (
    appends: readonly StreamAppend[],
    notBefore: number,
    when: When,
  ) => { readonly time: number; readonly appended: Promise<Appended> };
  readonly answer: (outcome: GroupOutcome) => Answered;
  /** Rejects the oldest `appends`, or all. */
  readonly reject: (error: Error, appends?: number) => void;
  /** Resolves when nothing is under way. */
  readonly drained: () => Promise<void>;
}

export const appendQueue = (post: (message: AppendMessage) => void, scheduler: Scheduler): AppendQueue => {
  let outbox: Waiting[] = [];
  const inFlight: Waiting[] = [];
  let chars = 0;
  let flushPlanned = false;
  let flushSoon: (() => void) | undefined;
  let onDrained: (() => void)[] = [];

  const flush = (): void => {
    flushPlanned = false;
    flushSoon?.();
    flushSoon = undefined;
    if (outbox.length === 0) return;
    const batch = outbox;
    outbox = [];
    for (const part of inParts(batch)) {
      // Posting to a thread that has ended rejects what is in flight, so this is in flight first.
      for (const append of part) inFlight.push(append);
      post(appendMessage(part));
    }
  };

  /**
   * The writer is idle: at the end of this turn. It is busy with a group: once all sockets of this loop are read, which
   * makes one message of what would be one for each of a hundred connections.
   */
  const planFlush = (): void => {
    if (flushPlanned) return;
    flushPlanned = true;
    if (inFlight.length === 0) queueMicrotask(flush);
    else setImmediate(flush);
  };

  const take = (count: number): readonly Waiting[] => {
    const taken = inFlight.splice(0, count);
    for (const { prepared } of taken) chars -= prepared.chars;
    if (inFlight.length === 0 && outbox.length === 0) {
      for (const resolve of onDrained) resolve();
      onDrained = [];
    }
    return taken;
  };

  return {
    add: (appends, notBefore, when) => {
      const prepared = prepare(appends, notBefore);
      if (chars > 0 && chars + prepared.chars > BACKLOG_CHARS_MAX) throw backlogged();
      chars += prepared.chars;
      const appended = new Promise<Appended>((resolve, reject) => {
        outbox.push({ prepared, resolve, reject });
      });
      if (when === "now") planFlush();
      else if (!flushPlanned) flushSoon ??= scheduler.after(SOON_MS, flush);
      return { time: prepared.time, appended };
    },
    answer: (outcome) => {
      const group = take(outcome.appends);
      const outcomes = outcomesOf(group, outcome);
      return {
        outcomes,
        resolve: () => {
          for (const [i, appended] of outcomes.entries()) group[i]?.resolve(appended);
        },
      };
    },
    reject: (error, appends) => {
      if (appends === undefined) flush();
      for (const { reject } of take(appends ?? inFlight.length)) reject(error);
    },
    drained: () => {
      flush();
      if (inFlight.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onDrained.push(resolve);
      });
    },
  };
};

/**
 * Events in one message, give or take one append. The writer forms its groups of whole messages, so a burst of a
 * thousand appends in one turn must not be one of them.
 */
const MESSAGE_EVENTS = 256;

const inParts = (batch: readonly Waiting[]): readonly (readonly Waiting[])[] => {
  const parts: Waiting[][] = [];
  let part: Waiting[] = [];
  let events = 0;
  for (const append of batch) {
    if (events === 0) {
      part = [];
      parts.push(part);
    }
    part.push(append);
    events += append.prepared.drafts.length;
    if (events >= MESSAGE_EVENTS) events = 0;
  }
  return parts;
};

const appendMessage = (batch: readonly Waiting[]): AppendMessage => {
  const claims: (string | number)[] = [];
  const columns: (string | number)[] = [];
  let chars = 0;
  for (const { prepared } of batch) {
    chars += prepared.chars;
    claims.push(prepared.claims.length);
    for (const { stream, expect, events } of prepared.claims) claims.push(stream, expect, events);
    for (const [i, draft] of prepared.drafts.entries()) {
      const { type, time, actor, parties, correlation } = draft;
      columns.push(type, time, actor, partiesColumn(parties), correlation, prepared.records[i] as string);
    }
  }
  return { kind: "append", appends: batch.length, claims, columns, chars };
};

const outcomesOf = (group: readonly Waiting[], outcome: GroupOutcome): readonly Appended[] => {
  const conflicts = new Map(outcome.conflicts.map(({ index, conflict }) => [index, conflict]));
  let position = outcome.firstPosition;
  let revision = 0;
  return group.map(({ prepared }, index) => {
    const conflict = conflicts.get(index);
    if (conflict !== undefined) return { ok: false, conflict };
    const revisions = outcome.revisions.slice(revision, revision + prepared.claims.length);
    const events = record(prepared, position, revisions);
    revision += revisions.length;
    position += events.length;
    return { ok: true, events };
  });
};
