import { signals } from "../../domain/signal.ts";
import { le, rate, ratio, select } from "./promql.ts";
import type { Duration } from "./spec/parts.ts";

/** What is promised over 30 days, and how it is measured: the share of events that were bad. */

export const sloNames = ["elicitation-success", "overhead-latency", "message-delivery", "availability"] as const;
export type SloName = (typeof sloNames)[number];

/** The share of bad events that each promise allows, and the limit in seconds that the one about latency speaks of. */
export interface Promises {
  readonly budget: Readonly<Record<SloName, number>>;
  readonly latencySeconds: number;
}

/** 1 - 0.995 is 0.0050000000000000044, and nobody wants to read that in a rule. */
export const rounded = (value: number): number => Number(value.toPrecision(12));

/** Windows of the burn-rate alerts: Google's, with the ticket windows halved so that three days are enough. */
export const sloWindows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const satisfies readonly Duration[];
export type SloWindow = (typeof sloWindows)[number];

/** How events are counted: `rate` per second, or `increase` in all. */
type Counting = typeof rate;

/** The ratio is weighted by traffic because it is taken once, at the end; the mean of 5m ratios would not be. */
export interface Sli {
  readonly ratio: (window: Duration) => string;
  /** For the guard against few events. A promise about time has no events. */
  readonly count?: {
    readonly all: (counting: Counting, window: Duration) => string;
    readonly bad: (counting: Counting, window: Duration) => string;
  };
}

/** 1 while a bridge is up and ready, 0 otherwise; recorded at each evaluation. */
export const available = "lighthouse:available";

export const sliOf = (slo: SloName, { latencySeconds }: Promises): Sli => {
  switch (slo) {
    case "elicitation-success":
      return ofEvents({
        // What was refused at the door is no event: a flood of refusals would hide the faults in its midst.
        all: (counting, window) => counting(select(signals.elicitationsEnded, { status: "!rejected" }), window),
        bad: (counting, window) => counting(select(signals.elicitationsEnded, { status: "error" }), window),
      });
    case "overhead-latency": {
      const within = `${signals.bridgeOverhead.name}_bucket{${le(latencySeconds)}}`;
      const all = (counting: Counting, window: Duration) =>
        counting(select(signals.bridgeOverhead, {}, "_count"), window);
      const bad = (counting: Counting, window: Duration) => `(${all(counting, window)} - ${counting(within, window)})`;
      // A bucket that is missing is no proof that all were fast, so nothing stands in for it.
      return { count: { all, bad }, ratio: (window) => `${bad(rate, window)} / (${all(rate, window)} > 0)` };
    }
    case "message-delivery":
      return ofEvents({
        all: (counting, window) => counting(select(signals.deliveries), window),
        bad: (counting, window) => counting(select(signals.deliveries, { result: "failed" }), window),
      });
    case "availability":
      return { ratio: (window) => `1 - avg_over_time(${available}[${window}])` };
  }
};

const ofEvents = (count: NonNullable<Sli["count"]>): Sli => ({
  ratio: (window) => ratio(count.bad(rate, window), count.all(rate, window)),
  count,
});

/** Names that rules and dashboards share, after Sloth. */
export const errorRatio = (window: SloWindow): string => `slo:sli_error:ratio_rate${window}`;
export const events = (window: SloWindow): string => `slo:events:increase${window}`;
export const badEvents = (window: SloWindow): string => `slo:bad_events:increase${window}`;
export const budgetLeft = "slo:error_budget:remaining_ratio";
