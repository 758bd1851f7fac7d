import type { Recorded } from "../../domain/event.ts";
import { type EventPage, type Log, PAGE_EVENTS_MAX } from "./log.ts";

/** Pages asked for ahead of the one being folded. Positions have no gap, so where each starts is known beforehand. */
export const REPLAY_PAGES_AHEAD = 3;

/**
 * Hands every event after `after` to `onEvents`, oldest first, up to the head that the log has when it gets there;
 * returns that position. What is appended meanwhile is included, so a listener registered in the same turn in which
 * this resolves misses nothing.
 */
export const replay = async (
  log: Log,
  onEvents: (events: readonly Recorded[]) => void | Promise<void>,
  after = 0,
): Promise<number> => {
  const ahead: Promise<EventPage>[] = [];
  let asked = after;
  let done = after;
  while (done < log.head().position) {
    while (ahead.length < REPLAY_PAGES_AHEAD && asked < log.head().position) {
      const to = Math.min(asked + PAGE_EVENTS_MAX, log.head().position);
      const page = log.read({ after: asked, before: to + 1 });
      // Whoever awaits it first hears of its failure; the others must not count as unhandled.
      page.catch(() => undefined);
      ahead.push(page);
      asked = to;
    }
    const page = (await ahead.shift()) as EventPage;
    done = page.events.at(-1)?.position ?? asked;
    await onEvents(page.events);
  }
  return done;
};
