import type { Cancel, Clock, Scheduler } from "../../../domain/world.ts";
import type { Family } from "../series.ts";
import { type Point, pointsOf } from "./points.ts";
import type { ExportWatch, Sent } from "./sent.ts";

export interface Span {
  /** Milliseconds since 1970: when the last points were taken, and now. */
  readonly from: number;
  readonly to: number;
}

export interface PeriodicOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly families: readonly Family[];
  /** Brings gauges up to date. */
  readonly refresh: () => Promise<void>;
  readonly send: (points: readonly Point[], span: Span) => Promise<Sent>;
  readonly watch: ExportWatch;
  readonly everyMs: number;
}

/** Sends metrics every so often. A failure costs nothing but time: what it would have said is in the next. */
export const periodic = (options: PeriodicOptions): { readonly close: () => Promise<void> } => {
  const { clock, scheduler, refresh, send, watch, everyMs } = options;
  const points = pointsOf(options.families);
  let from = clock.now();
  let isClosed = false;
  let running: Promise<void> = Promise.resolve();
  let cancel: Cancel = () => undefined;

  const once = async (): Promise<void> => {
    await refresh();
    const batch = points.take();
    const to = clock.now();
    const sent = await send(batch.points, { from, to }).catch(
      (fault: unknown): Sent => ({ ok: false, isTransient: false, reason: `could not be sent: ${String(fault)}` }),
    );
    if (sent.ok) {
      from = to;
      batch.taken();
      watch.sent();
      if (sent.rejected > 0) watch.dropped(sent.rejected, "the other side rejected them");
      return;
    }
    watch.failed(sent.reason);
    if (sent.isTransient) return;
    // What is refused as it is would be refused again, together with everything after it.
    from = to;
    batch.taken();
    watch.dropped(batch.points.length, sent.reason);
  };

  const arm = (): void => {
    cancel = scheduler.after(everyMs, () => {
      running = once().finally(() => {
        if (!isClosed) arm();
      });
    });
  };
  arm();

  return {
    close: async () => {
      isClosed = true;
      cancel();
      await running;
      await once();
    },
  };
};
