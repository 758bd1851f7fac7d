import type { Recorded } from "../../domain/event.ts";
import { type Log, PAGE_EVENTS_MAX } from "../log/log.ts";

/** A fold over the log that answers questions. It can be thrown away and rebuilt at any time. */
export interface Projection {
  readonly fold: (event: Recorded) => void;
}

/**
 * Replays the log into the projections and keeps them up to date from then on. Call it before anything appends.
 * `progress` hears the position reached after every page.
 */
export const follow = async (
  log: Log,
  projections: readonly Projection[],
  progress: (position: number, head: number) => void = () => undefined,
): Promise<void> => {
  const foldAll = (events: readonly Recorded[]): void => {
    for (const event of events) for (const projection of projections) projection.fold(event);
  };
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Log["read"]>> = await log.read({ after, limit: PAGE_EVENTS_MAX });
    foldAll(page.events);
    progress(page.events.at(-1)?.position ?? after, log.head().position);
    after = page.next;
  }
  log.onCommitted(foldAll);
};
