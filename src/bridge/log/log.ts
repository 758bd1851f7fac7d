import type { Draft, EventTypeName, Recorded } from "../../domain/event.ts";

/**
 * The log: append-only, one total order (positions 1, 2, 3 …, no gap), one order per stream (revisions 0, 1, 2 …).
 * Nothing else is truth. Every adapter passes `log.contract.ts`.
 */
export interface Log {
  /**
   * All of it or none of it, on disk before it resolves. A conflict is a value; a disk that cannot be written is a
   * `LogUnavailable` fault, and then it is not known whether the events are there: read, or repeat with a key.
   * Appending zero events resolves without touching the disk; a stream with zero events in a batch that has others is a
   * guard: its `expect` must hold. A draft older than one that was given before gets that one's time, so that time never
   * decreases along the log. What may be written `soon` waits for the next append that may not, at most
   * `SOON_MS`: a sync of its own would hold up what somebody waits for.
   */
  readonly append: (appends: readonly StreamAppend[], when?: When) => Promise<Appended>;
  /** Reads never see beyond `head()`: what can be read has been told to the listeners. */
  readonly read: (query: EventQuery) => Promise<EventPage>;
  /** Calls `listener` with every committed batch, in order, before the append that wrote it resolves. */
  readonly onCommitted: (listener: (events: readonly Recorded[]) => void) => () => void;
  /** The newest committed place in the total order; position 0 and time 0 of an empty log. */
  readonly head: () => LogHead;
  readonly health: () => LogHealth;
  /** Waits for the appends under way, then lets go of the disk. Everything after it is refused. Twice is once. */
  readonly close: () => Promise<void>;
}

export type When = "now" | "soon";

/** How long an append that may be written soon can wait for company, in milliseconds. */
export const SOON_MS = 5;

/** `expect` is the revision of the stream's last event, -1 for a stream that must not exist, or "any". */
export interface StreamAppend {
  readonly stream: string;
  readonly expect: number | "any";
  readonly events: readonly Draft[];
}

export type Appended =
  | { readonly ok: true; readonly events: readonly Recorded[] }
  | {
      readonly ok: false;
      readonly conflict: { readonly stream: string; readonly expected: number; readonly actual: number };
    };

/** Every member narrows. Pages go forward (oldest first) from after `after`, or backward from before `before`. */
export interface EventQuery {
  readonly after?: number;
  readonly before?: number;
  readonly direction?: "forward" | "backward";
  /** Events in one page; adapters serve at most `PAGE_EVENTS_MAX`. */
  readonly limit?: number;
  readonly stream?: string;
  readonly types?: readonly EventTypeName[];
  /** The actor of the event. */
  readonly agent?: string;
  /** One of the event's parties. */
  readonly party?: string;
  readonly correlation?: string;
  /** Milliseconds since 1970: `since` inclusive, `until` exclusive. */
  readonly since?: number;
  readonly until?: number;
}

export interface EventPage {
  readonly events: readonly Recorded[];
  /** Where the next page starts (`after`, or `before` when going backward); null when there is no more now. */
  readonly next: number | null;
}

export interface LogHead {
  readonly position: number;
  readonly time: number;
}

export type LogHealth =
  | { readonly writable: true }
  | { readonly writable: false; readonly reason: string; readonly since: number };

export const PAGE_EVENTS_MAX = 1_000;

/** Largest record, in UTF-16 units. The doors take less (`messageBytesMax`); this keeps one event from filling a log. */
export const RECORD_CHARS_MAX = 16_777_216;

/** Appends that wait for the disk, in UTF-16 units of records. More are refused at once rather than piled up. */
export const BACKLOG_CHARS_MAX = 134_217_728;

/** How long a log that cannot be written waits before it tries again, in milliseconds. */
export const PROBE_MS = 1_000;

/** Why a log cannot be written, as counted by the metric `logAppendFailures`. */
export type LogFault = "disk_full" | "io" | "timeout" | "closed";

/** The log cannot be written now. Reads go on; the reason is for `/health`. */
export class LogUnavailable extends Error {
  override readonly name = "LogUnavailable";
  readonly fault: LogFault;
  constructor(reason: string, fault: LogFault = "io") {
    super(reason);
    this.fault = fault;
  }
}

/** The log on disk is not what was written: somebody or something changed it. Never repaired silently. */
export class LogCorrupt extends Error {
  override readonly name = "LogCorrupt";
  /** The first position that is wrong, as far as that can be said. */
  readonly position: number;
  readonly what: string;
  constructor(position: number, what: string) {
    super(`position ${position}: ${what}`);
    this.position = position;
    this.what = what;
  }
}
