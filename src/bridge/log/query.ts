import type { Recorded } from "../../domain/event.ts";
import { type EventPage, type EventQuery, PAGE_EVENTS_MAX } from "./log.ts";

/** The largest page that `query` may get, in events. */
export const pageLimit = (query: EventQuery): number =>
  Math.max(1, Math.min(query.limit ?? PAGE_EVENTS_MAX, PAGE_EVENTS_MAX));

/** The positions that `query` speaks of, both ends inclusive, within a log whose newest position is `head`. */
export const positionRange = (query: EventQuery, head: number): { readonly from: number; readonly to: number } => ({
  from: Math.max(1, (query.after ?? 0) + 1),
  to: Math.min(head, (query.before ?? Number.POSITIVE_INFINITY) - 1),
});

/** Whether an event is one that `query` asks for, wherever it stands. */
export const matches = (query: EventQuery, event: Recorded): boolean =>
  (query.stream === undefined || event.stream === query.stream) &&
  (query.types === undefined || query.types.includes(event.type)) &&
  (query.agent === undefined || event.actor === query.agent) &&
  (query.party === undefined || event.parties.includes(query.party)) &&
  (query.correlation === undefined || event.correlation === query.correlation) &&
  (query.since === undefined || event.time >= query.since) &&
  (query.until === undefined || event.time < query.until);

/** A page out of up to `limit + 1` events: the one too many only says that there is a next page. */
export const pageOf = (found: readonly Recorded[], limit: number): EventPage => {
  if (found.length <= limit) return { events: found, next: null };
  const events = found.slice(0, limit);
  return { events, next: (events.at(-1) as Recorded).position };
};
