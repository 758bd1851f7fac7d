import type { EventQuery } from "./log.ts";

/** A moment in the log's life: its first `position` events, or all up to and including a time (ms since 1970). */
export type Moment = { readonly position: number } | { readonly time: number };

/** The same question asked of the log as it was then. Exact, because events never change and time never decreases. */
export const asOf = (query: EventQuery, moment: Moment): EventQuery =>
  "position" in moment
    ? { ...query, before: Math.min(query.before ?? Number.POSITIVE_INFINITY, moment.position + 1) }
    : { ...query, until: Math.min(query.until ?? Number.POSITIVE_INFINITY, moment.time + 1) };
