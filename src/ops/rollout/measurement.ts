import type { EventData } from "../../domain/event.ts";

/** What was seen of both arms between two looks. */
export type Measurement = Omit<EventData<"rollout.measured">, "id" | "step" | "fence" | "until">;
export type Tally = Measurement["canary"];

export const noTally: Tally = {
  ended: 0,
  failed: 0,
  expired: 0,
  deliveries: 0,
  undelivered: 0,
  timed: 0,
  slow: 0,
  verySlow: 0,
};

export const addTally = (a: Tally, b: Tally): Tally => ({
  ended: a.ended + b.ended,
  failed: a.failed + b.failed,
  expired: a.expired + b.expired,
  deliveries: a.deliveries + b.deliveries,
  undelivered: a.undelivered + b.undelivered,
  timed: a.timed + b.timed,
  slow: a.slow + b.slow,
  verySlow: a.verySlow + b.verySlow,
});
