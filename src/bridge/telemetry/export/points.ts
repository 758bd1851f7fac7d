import type { Signal } from "../../../domain/signal.ts";
import type { Cell, Family } from "../series.ts";

/** What happened to one series since the last export that was taken. */
export interface Point {
  readonly signal: Signal;
  readonly labels: Readonly<Record<string, string>>;
  /** Counter: how much was added. Gauge: the value. Histogram: the sum of what was observed. */
  readonly value: number;
  /** Observations by bucket, not cumulative, `+Inf` last; empty for what is no histogram. */
  readonly buckets: readonly number[];
}

interface Baseline {
  readonly value: number;
  readonly buckets: readonly number[];
}

/**
 * Changes since the last time that somebody took them: vendors want deltas, and a delta that was lost is gone. So the
 * baseline moves only with `taken`; what could not be sent is part of the next.
 */
export const pointsOf = (families: readonly Family[]) => {
  const baselines = new Map<Cell, Baseline>();

  const point = (signal: Signal, cell: Cell): Point | undefined => {
    const { labels, value } = cell;
    // A gauge that nobody has set is unknown, not 0.
    if (signal.type === "gauge") return Number.isNaN(value) ? undefined : { signal, labels, value, buckets: [] };
    const before = baselines.get(cell);
    const buckets = cell.buckets.map((count, index) => count - (before?.buckets[index] ?? 0));
    const added = value - (before?.value ?? 0);
    const isIdle = signal.type === "counter" ? added === 0 : buckets.every((count) => count === 0);
    // Vendors bill by the series. One that never did anything need not exist there.
    return isIdle ? undefined : { signal, labels, value: added, buckets };
  };

  return {
    /** The points, and what to call once they were taken. */
    take: (): { readonly points: readonly Point[]; readonly taken: () => void } => {
      const points: Point[] = [];
      const seen: [Cell, Baseline][] = [];
      for (const { signal, cells } of families) {
        for (const cell of cells) {
          const own = point(signal, cell);
          if (own !== undefined) points.push(own);
          seen.push([cell, { value: cell.value, buckets: [...cell.buckets] }]);
        }
      }
      return {
        points,
        taken: () => {
          for (const [cell, baseline] of seen) baselines.set(cell, baseline);
        },
      };
    },
  };
};
