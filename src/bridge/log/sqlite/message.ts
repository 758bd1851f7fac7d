import type { Conflict } from "../admit.ts";
import type { Fault } from "../fault.ts";
import type { EventQuery, LogHead } from "../log.ts";

/**
 * What the threads say to each other. The writer answers appends in the order in which they were posted, so they carry
 * no id. Flat arrays, because cloning one array of strings costs a fraction of cloning an array of objects.
 */
export type ToWriter =
  | AppendMessage
  | { readonly kind: "sign" }
  /** Opens the file again if it failed; makes a few bytes durable if it did not. */
  | { readonly kind: "probe" }
  | { readonly kind: "restartWal" }
  | { readonly kind: "close" };

export interface AppendMessage {
  readonly kind: "append";
  readonly appends: number;
  /** For each append the number of its claims, then for each claim: stream, expect, number of events. */
  readonly claims: readonly (string | number)[];
  /** For each event `COLUMNS` values: type, time, actor, parties (as stored), correlation, record. */
  readonly columns: readonly (string | number)[];
  /** UTF-16 units of its records. */
  readonly chars: number;
}

export const COLUMNS = 6;

export interface GroupOutcome {
  readonly appends: number;
  readonly firstPosition: number;
  /** Of each claim of each append that was taken, the revision of its first event. */
  readonly revisions: readonly number[];
  /** Appends that were not taken, by their index in this group. */
  readonly conflicts: readonly { readonly index: number; readonly conflict: Conflict }[];
}

export type FromWriter =
  /** The log can be written, again or for the first time. `survivors`: events on disk that nobody was told of. */
  | { readonly kind: "up"; readonly head: LogHead; readonly checkpointed: number; readonly survivors: Rows }
  /** The log cannot be opened at all. */
  | { readonly kind: "refused"; readonly error: Refusal }
  | ({ readonly kind: "committed" } & GroupOutcome)
  | { readonly kind: "failed"; readonly appends: number; readonly fault: Fault }
  | { readonly kind: "down"; readonly fault: Fault }
  | { readonly kind: "probed" }
  /** `note` is undefined when nothing could be signed. */
  | { readonly kind: "signed"; readonly size: number; readonly note?: string }
  /** The write-ahead log has grown enough to be brought into the database. */
  | { readonly kind: "walGrown" }
  | { readonly kind: "closed" };

/** Stored events as they travel between threads. */
export interface Rows {
  readonly positions: readonly number[];
  readonly revisions: readonly number[];
  readonly records: readonly string[];
}

export const noRows: Rows = { positions: [], revisions: [], records: [] };

/** An error that keeps its meaning across a thread. */
export type Refusal =
  | { readonly name: "LogCorrupt"; readonly position: number; readonly what: string }
  | { readonly name: "LogUnavailable"; readonly fault: Fault };

/** Asked of the reader or the keeper, and answered under the same id. */
export interface Call<Q> {
  readonly id: number;
  readonly ask: Q;
}
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Refusal };

export interface ReaderAsk {
  readonly query: EventQuery;
  readonly head: number;
}
