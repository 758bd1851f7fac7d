import type { Recorded } from "../../domain/event.ts";
import type { EventPage, EventQuery, LogHead } from "./log.ts";
import { matches, pageLimit, pageOf, positionRange } from "./query.ts";

/** All events in memory: the whole order, and each stream's places in it. */
export interface MemoryIndex {
  readonly add: (events: readonly Recorded[]) => void;
  readonly head: () => LogHead;
  readonly revisionOf: (stream: string) => number;
  readonly read: (query: EventQuery) => EventPage;
}

export const memoryIndex = (): MemoryIndex => {
  const events: Recorded[] = [];
  const streams = new Map<string, number[]>();

  /** Positions that may match, ascending: one stream's, or all of them (undefined). */
  const candidates = (query: EventQuery): readonly number[] | undefined =>
    query.stream === undefined ? undefined : (streams.get(query.stream) ?? []);

  return {
    add: (added) => {
      for (const event of added) {
        events.push(event);
        const places = streams.get(event.stream);
        if (places === undefined) streams.set(event.stream, [event.position]);
        else places.push(event.position);
      }
    },
    head: () => ({ position: events.length, time: events.at(-1)?.time ?? 0 }),
    revisionOf: (stream) => (streams.get(stream)?.length ?? 0) - 1,
    read: (query) => {
      const { from, to } = positionRange(query, events.length);
      const limit = pageLimit(query);
      const places = candidates(query);
      const count = places?.length ?? events.length;
      const backward = query.direction === "backward";
      const found: Recorded[] = [];
      // Without a stream the n-th candidate is position n + 1, so a page of the whole order starts where it must.
      const start = places === undefined ? (backward ? to - 1 : from - 1) : backward ? count - 1 : 0;
      for (let i = start; i >= 0 && i < count && found.length <= limit; i += backward ? -1 : 1) {
        const position = places === undefined ? i + 1 : (places[i] as number);
        if (backward ? position < from : position > to) break;
        const event = events[position - 1] as Recorded;
        if (position >= from && position <= to && matches(query, event)) found.push(event);
      }
      return pageOf(found, limit);
    },
  };
};
