import type { Vitals } from "../../domain/mode.ts";
import { signals } from "../../domain/signal.ts";
import type { Clock } from "../../domain/world.ts";
import type { Readings } from "./metrics.ts";
import type { Series } from "./series.ts";

export interface VitalsPorts {
  readonly series: Series;
  readonly clock: Pick<Clock, "monotonic">;
  readonly windowMs: number;
  readonly disk?: Readings["disk"];
}

interface Sample {
  readonly at: number;
  /** Appends by bucket of their duration, since the bridge started. */
  readonly appends: readonly number[];
  readonly calls: number;
  readonly errors: number;
}

/**
 * What the bridge's own numbers say about the last `windowMs`: each reading is the difference to the oldest one kept.
 * Calls are asks and answers that came to something, errors are those that failed through the bridge's own fault.
 */
export const vitalsFrom = ({ series, clock, windowMs, disk }: VitalsPorts): (() => Promise<Vitals>) => {
  const kept: Sample[] = [sampleOf(series, clock.monotonic())];

  return async () => {
    const now = sampleOf(series, clock.monotonic());
    kept.push(now);
    // One that is older than the window stays: it is where the window begins.
    while (kept.length > 2 && (kept[1] as Sample).at <= now.at - windowMs) kept.shift();
    const then = kept[0] as Sample;
    const appends = now.appends.map((count, bucket) => count - (then.appends[bucket] ?? 0));
    const calls = now.calls - then.calls;
    const space = await disk?.();
    return {
      appends: sum(appends),
      appendP99Ms: p99(appends, signals.logAppend.buckets) * 1_000,
      calls,
      errorShare: calls === 0 ? 0 : (now.errors - then.errors) / calls,
      ...(space === undefined || space.sizeBytes === 0 ? {} : { diskFreeShare: space.freeBytes / space.sizeBytes }),
    };
  };
};

const sampleOf = ({ families }: Series, at: number): Sample => {
  const cellsOf = (signal: unknown) => families.find((family) => family.signal === signal)?.cells ?? [];
  const [appends] = cellsOf(signals.logAppend);
  let calls = 0;
  let errors = 0;
  for (const { labels, value } of cellsOf(signals.elicitationsEnded)) {
    // What was refused at the door never was the bridge's to fail.
    if (labels["status"] === "rejected") continue;
    calls += value;
    if (labels["status"] === "error") errors += value;
  }
  return { at, appends: [...(appends?.buckets ?? [])], calls, errors };
};

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Upper bound of the bucket that holds the 99th percentile, in seconds; beyond the last bound, twice that. 0: nothing. */
const p99 = (counts: readonly number[], bounds: readonly number[]): number => {
  const all = sum(counts);
  if (all === 0) return 0;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    below += count;
    if (below >= 0.99 * all) return bounds[bucket] ?? 2 * (bounds.at(-1) ?? 0);
  }
  return 0;
};
