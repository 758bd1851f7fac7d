import type { Cancel, Scheduler } from "../../../domain/world.ts";
import type { ExportWatch, Sent } from "./sent.ts";

export interface BatchOptions<T> {
  readonly scheduler: Scheduler;
  /** Sends a batch; may be called with the same one again. */
  readonly send: (items: readonly T[]) => Promise<Sent>;
  readonly watch: ExportWatch;
  /** Items in one batch. */
  readonly batchMax: number;
  /** How much waits while the other side is away, in whatever `sizeOf` counts. Beyond it the newest are given up. */
  readonly queueMax: number;
  /** One item's share of `queueMax`; 1 unless given. */
  readonly sizeOf?: (item: T) => number;
  /** How long an item waits for company, in milliseconds. */
  readonly delayMs: number;
}

export interface Batches<T> {
  /** False when it was given up. */
  readonly add: (item: T) => boolean;
  /** Sends what waits, and resolves when it was sent or given up: after one attempt if the other side is away. */
  readonly close: () => Promise<void>;
  readonly waiting: () => number;
}

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * Items, in order, in batches, one batch at a time; kept while the other side is away, within a limit. OpenTelemetry's
 * own processor is not used for it: it keeps what it drops to itself, and its `forceFlush` resolves when everything
 * failed.
 */
export const batches = <T>(options: BatchOptions<T>): Batches<T> => {
  const { scheduler, send, watch, batchMax, queueMax, delayMs, sizeOf = () => 1 } = options;
  let queue: T[] = [];
  let size = 0;
  let failures = 0;
  let isClosed = false;
  let sending: Promise<void> | undefined;
  let cancel: Cancel | undefined;

  const later = (ms: number): void => {
    if (isClosed || sending !== undefined || cancel !== undefined) return;
    cancel = scheduler.after(ms, () => {
      cancel = undefined;
      pump();
    });
  };

  const pump = (): void => {
    if (sending !== undefined || queue.length === 0) return;
    cancel?.();
    cancel = undefined;
    sending = sendOne().finally(() => {
      sending = undefined;
      if (queue.length > 0 && failures === 0) {
        if (queue.length >= batchMax) pump();
        else later(delayMs);
      }
    });
  };

  const sendOne = async (): Promise<void> => {
    const batch = queue.slice(0, batchMax);
    const sent = await send(batch).catch(
      (fault: unknown): Sent => ({ ok: false, isTransient: false, reason: `could not be sent: ${String(fault)}` }),
    );
    if (sent.ok) {
      failures = 0;
      watch.sent();
      remove(batch);
      if (sent.rejected > 0) watch.dropped(sent.rejected, "the other side rejected them");
      return;
    }
    watch.failed(sent.reason);
    if (!sent.isTransient || isClosed) {
      failures = 0;
      remove(batch);
      watch.dropped(batch.length, sent.reason);
      return;
    }
    failures++;
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
    const waitMs = Math.min(Math.max(backoffMs, sent.retryAfterMs ?? 0), RETRY_MAX_MS);
    // Not `later`, which does nothing while a batch is being sent: this one is, until this function returns.
    cancel = scheduler.after(waitMs, () => {
      cancel = undefined;
      pump();
    });
  };

  const remove = (batch: readonly T[]): void => {
    queue = queue.slice(batch.length);
    for (const item of batch) size -= sizeOf(item);
  };

  return {
    add: (item) => {
      const own = sizeOf(item);
      if (isClosed || size + own > queueMax) {
        watch.dropped(1, isClosed ? "closed" : "the buffer is full");
        return false;
      }
      queue.push(item);
      size += own;
      // While the other side is away its own timer decides when to try again.
      if (failures > 0) return true;
      if (queue.length >= batchMax) pump();
      else later(delayMs);
      return true;
    },
    close: async () => {
      isClosed = true;
      cancel?.();
      cancel = undefined;
      await sending;
      while (queue.length > 0) {
        pump();
        await sending;
      }
    },
    waiting: () => size,
  };
};
