import type { Recorded } from "../../domain/event.ts";
import type { Log } from "../log/log.ts";
import { replay } from "../log/replay.ts";

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
  await replay(log, (events) => {
    foldAll(events);
    progress(events.at(-1)?.position ?? 0, log.head().position);
  });
  log.onCommitted(foldAll);
};
