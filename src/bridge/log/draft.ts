import type { Draft, Recorded } from "../../domain/event.ts";
import type { StreamClaim } from "./admit.ts";
import { LogUnavailable, RECORD_CHARS_MAX, type StreamAppend } from "./log.ts";
import { encodeRecord } from "./record.ts";

/** An append as it waits for the disk: what it claims, and its events as they will be stored. */
export interface Prepared {
  readonly claims: readonly StreamClaim[];
  readonly drafts: readonly Draft[];
  readonly records: readonly string[];
  /** UTF-16 units of all records, for the limit on the backlog. */
  readonly chars: number;
  /** The time of its last event. */
  readonly time: number;
}

/**
 * Writes the records of one append. `notBefore` is the time of the event before it: a wall clock that jumped back must
 * not reach the log, where time and order agree.
 */
export const prepare = (appends: readonly StreamAppend[], notBefore: number): Prepared => {
  const claims: StreamClaim[] = [];
  const drafts: Draft[] = [];
  const records: string[] = [];
  let chars = 0;
  let time = notBefore;
  for (const { stream, expect, events } of appends) {
    claims.push({ stream, expect, events: events.length });
    for (const given of events) {
      if (given.stream !== stream) throw new TypeError(`a draft for ${given.stream} in an append to ${stream}`);
      if (!Number.isSafeInteger(given.time)) throw new TypeError(`the time ${given.time} is not whole milliseconds`);
      const draft = given.time < time ? { ...given, time } : given;
      const record = encodeRecord(draft);
      if (record.length > RECORD_CHARS_MAX) {
        throw new RangeError(`an event of ${record.length} characters; the log takes ${RECORD_CHARS_MAX}`);
      }
      time = draft.time;
      chars += record.length;
      drafts.push(draft);
      records.push(record);
    }
  }
  return { claims, drafts, records, chars, time };
};

/** The events of an append that has its place: `firstPosition` of the first, and the first revision of each claim. */
export const record = (
  { claims, drafts }: Prepared,
  firstPosition: number,
  revisions: readonly number[],
): readonly Recorded[] => {
  const events: Recorded[] = [];
  for (const [c, claim] of claims.entries()) {
    for (let i = 0; i < claim.events; i++) {
      const draft = drafts[events.length] as Draft;
      events.push({ ...draft, position: firstPosition + events.length, revision: (revisions[c] as number) + i });
    }
  }
  return events;
};

/** Too much waits for the disk (`BACKLOG_CHARS_MAX`). Said before anything was written. */
export const backlogged = (): LogUnavailable =>
  new LogUnavailable("too many appends wait for the disk; nothing of this one was written", "timeout");
