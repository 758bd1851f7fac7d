import type { EventTypeName } from "../domain/event.ts";
import type { Json } from "../domain/json.ts";
import type { ClientLimits } from "./limit.ts";
import type { Link } from "./link.ts";
import { LighthouseFault } from "./refusal.ts";
import type { EventPage, LogEvent } from "./wire.ts";

/** Every member narrows. */
export interface EventFilter {
  /** `elicitation/el_…`, `agent/<name>`, `custom/<name>`, … */
  readonly stream?: string;
  /** Name of custom events. */
  readonly name?: string;
  readonly types?: readonly EventTypeName[];
  /** The event's actor. */
  readonly agent?: string;
  /** The first elicitation of the story that the event belongs to. */
  readonly correlation?: string;
}

export interface EventQuery extends EventFilter {
  readonly after?: number;
  readonly before?: number;
  readonly direction?: "forward" | "backward";
  /** At most 1,000. */
  readonly limit?: number;
  /** RFC 3339: `since` inclusive, `until` exclusive. */
  readonly since?: string;
  readonly until?: string;
}

export interface Appended {
  readonly id: string;
  readonly position: number;
  readonly revision: number;
}

/** The log, as far as this agent may see it: its own elicitations and everybody's custom events. */
export const eventsOver = (link: Link, limits: ClientLimits) => {
  const watchers = new Set<(event: LogEvent) => void>();
  const rousers = new Set<() => void>();
  /** Watchers of a log that is no more. */
  const brokenFor = new WeakSet<object>();

  /** One page; pass its `next` as `after` (or `before`, going backward) for the following one. */
  const query = (filter: EventQuery = {}): Promise<EventPage> => link.call("events.query", filter);

  /** Everything that fits now, page by page. */
  async function* all(filter: EventQuery = {}): AsyncGenerator<LogEvent, void> {
    const cursor = filter.direction === "backward" ? "before" : "after";
    let at: number | null | undefined = filter[cursor];
    do {
      const page: EventPage = await query(at === undefined ? filter : { ...filter, [cursor]: at });
      yield* page.events;
      at = page.next;
    } while (at !== null);
  }

  /**
   * Events as they come, from after position `after` on or from now. Nothing is left out and nothing comes twice,
   * whatever becomes of the connection, and however slow the reader is.
   */
  async function* watch(
    { after, ...filter }: EventFilter & { readonly after?: number } = {},
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<LogEvent, void> {
    if (signal?.aborted === true) return;
    const buffer = new Set<LogEvent>();
    let overrun = false;
    let wake: () => void = () => undefined;
    const rouse = (): void => wake();
    const watcher = (event: LogEvent): void => {
      // Once something had no room, nothing newer may pass it: all of it is read in pages.
      if (!overrun && buffer.size < limits.watchedEventsMax) buffer.add(event);
      else overrun = true;
      wake();
    };
    const isStopped = (): boolean => signal?.aborted === true;
    const isOver = (): boolean => isStopped() || brokenFor.has(watcher) || link.ended() !== undefined;
    const wish = link.want("events");
    watchers.add(watcher);
    rousers.add(rouse);
    signal?.addEventListener("abort", rouse);
    try {
      const stopped = new Promise<{ readonly position: number }>((resolve) => {
        wake = () => isOver() && resolve({ position: 0 });
        wake();
      });
      const { position } = await Promise.race([wish.opened, stopped]);
      let seen = after ?? position;
      let behind = after !== undefined;
      while (!isOver()) {
        if (behind) {
          for await (const event of all({ ...filter, after: seen, limit: PAGE_EVENTS })) {
            if (isOver()) return;
            seen = event.position;
            yield event;
          }
          behind = false;
        }
        for (const event of buffer) {
          buffer.delete(event);
          if (event.position <= seen || !fits(event, filter)) continue;
          seen = event.position;
          yield event;
          if (isOver()) return;
        }
        if (overrun) [overrun, behind] = [false, true];
        else if (!isOver()) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      watchers.delete(watcher);
      rousers.delete(rouse);
      signal?.removeEventListener("abort", rouse);
      wish.release();
    }
    const why = link.ended() ?? (brokenFor.has(watcher) ? logPutBack() : undefined);
    if (why !== undefined && !isStopped() && !isClosed(why)) throw why;
  }

  const rouseAll = (): void => {
    for (const rouse of rousers) rouse();
  };

  return {
    /**
     * Appends an event of your own under a dotted name; when it resolves, it is on disk. `expect` is the revision of
     * the newest one you know (-1 for none). An append whose connection is lost throws `interrupted`: it may be there.
     * With a `key` it is sent again instead: the same event under the same key is appended once.
     */
    append: (
      name: string,
      payload: Json,
      { expect, key }: { readonly expect?: number; readonly key?: string } = {},
    ): Promise<Appended> => link.call("events.append", { name, payload, expect, key }, key !== undefined),
    query,
    all,
    watch,
    pushed: (event: LogEvent): void => {
      for (const watcher of watchers) watcher(event);
    },
    over: rouseAll,
    /** Positions mean nothing any more, so that no watcher can say what it has missed. */
    placeLost: (): void => {
      for (const watcher of watchers) brokenFor.add(watcher);
      rouseAll();
    },
  };
};

const logPutBack = () =>
  new LighthouseFault("protocol", "the log was put back to an earlier state: begin to watch anew");

const PAGE_EVENTS = 500;

const fits = (event: LogEvent, { stream, name, types, agent, correlation }: EventFilter): boolean =>
  (stream === undefined || event.subject === stream) &&
  (name === undefined || event.subject === `custom/${name}`) &&
  (types === undefined || types.includes(event.type as EventTypeName)) &&
  (agent === undefined || event.actor === agent) &&
  (correlation === undefined || event.correlation === correlation);

const isClosed = (error: unknown): boolean => error instanceof LighthouseFault && error.kind === "closed";
