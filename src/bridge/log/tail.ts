import type { Recorded } from "../../domain/event.ts";
import type { EventQuery, Log } from "./log.ts";
import { matches } from "./query.ts";

export type EventFilter = Omit<EventQuery, "after" | "before" | "direction" | "limit">;

export interface TailOptions {
  /** The position after which to start; 0, the beginning, unless given. */
  readonly after?: number;
  readonly filter?: EventFilter;
  /** Committed events held for a consumer that is busy; beyond them it is fed from the log again. */
  readonly bufferEvents?: number;
}

export const TAIL_BUFFER_EVENTS = 1_024;

/**
 * Every matching event after a position, then every new one as it is committed: none twice, none missing, in order,
 * whatever is appended meanwhile. Ends when `signal` aborts. A slow consumer costs `bufferEvents` events of memory and
 * slows nobody: it falls back to reading. Throws what `read` throws.
 */
export async function* tail(log: Log, options: TailOptions = {}, signal?: AbortSignal): AsyncGenerator<Recorded, void> {
  const { filter = {}, bufferEvents = TAIL_BUFFER_EVENTS } = options;
  const live = liveEvents(filter, bufferEvents);
  const stopListening = log.onCommitted(live.hear);
  signal?.addEventListener("abort", live.wake);
  let cursor = options.after ?? 0;
  try {
    while (!signal?.aborted) {
      const head = log.head().position;
      if (cursor < head) {
        const page = await log.read({ ...filter, after: cursor, before: head + 1 });
        for (const event of page.events) {
          yield event;
          if (signal?.aborted) return;
        }
        cursor = page.next ?? head;
        continue;
      }
      // Nothing was committed since `head` was read, for nothing was awaited: from here the listener misses nothing.
      live.start(cursor);
      for (let event = await live.next(signal); event !== undefined; event = await live.next(signal)) {
        yield event;
        cursor = event.position;
        if (signal?.aborted) return;
      }
    }
  } finally {
    stopListening();
    signal?.removeEventListener("abort", live.wake);
  }
}

/** A bounded queue of committed events that is either complete from some position on, or says that it is not. */
const liveEvents = (filter: EventFilter, bufferEvents: number) => {
  let queue: Recorded[] = [];
  let taken = 0;
  let complete = false;
  let from = 0;
  let wake = (): void => undefined;
  return {
    hear: (events: readonly Recorded[]): void => {
      if (!complete) return;
      for (const event of events) {
        if (event.position <= from || !matches(filter, event)) continue;
        if (queue.length - taken >= bufferEvents) {
          complete = false;
          break;
        }
        queue.push(event);
      }
      wake();
    },
    start: (position: number): void => {
      queue = [];
      taken = 0;
      from = position;
      complete = true;
    },
    wake: (): void => wake(),
    /** The next event; undefined when the queue overflowed (read on from the log) or `signal` aborted. */
    next: async (signal: AbortSignal | undefined): Promise<Recorded | undefined> => {
      while (!signal?.aborted) {
        const event = queue[taken];
        if (event !== undefined) {
          taken++;
          if (taken === queue.length) {
            queue = [];
            taken = 0;
          }
          return event;
        }
        if (!complete) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return undefined;
    },
  };
};
