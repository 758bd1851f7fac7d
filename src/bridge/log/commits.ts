import type { Recorded } from "../../domain/event.ts";

export type CommitListener = (events: readonly Recorded[]) => void;

/** Who hears of committed events. One list for every adapter, so that order and failure behave the same. */
export interface Commits {
  readonly listen: (listener: CommitListener) => () => void;
  readonly publish: (events: readonly Recorded[]) => void;
}

export const commits = (): Commits => {
  const listeners = new Set<{ readonly hear: CommitListener }>();
  return {
    listen: (hear) => {
      const entry = { hear };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    publish: (events) => {
      if (events.length === 0) return;
      for (const { hear } of listeners) {
        try {
          hear(events);
        } catch (error) {
          // The events are on disk and others wait for their acknowledgement: a listener's bug surfaces as an
          // uncaught exception, and never as an append that failed.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
};
