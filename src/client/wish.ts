import type { Opening } from "./conversation.ts";
import type { SessionOpened } from "./wire.ts";

export type Wanted = "inbox" | "events";

/** What is held of a wish: when the bridge began to fulfil it, and how to take it back. */
export interface Wish {
  readonly opened: Promise<{ readonly position: number }>;
  readonly release: () => void;
}

/**
 * What this client wants pushed, and the position up to which it was. From both follows what a session has to open
 * with so that nothing is missed: neither after a lost connection nor when a wish is added to a live one.
 */
export const wishes = (awaitsOutcomes: () => boolean) => {
  const count = { inbox: 0, events: 0 };
  // Two, because the outcomes of a batch are pushed before its events.
  const reached = { outcomes: 0, events: 0 };
  const waiting = new Set<{ readonly wanted: Wanted; readonly opened: (at: { readonly position: number }) => void }>();
  let everOpened = false;
  /** What the bridge pushes now; null while there is no session. */
  let inForce: Opening | null = null;
  /** Events were being pushed when the latest session opened or was lost, so that `reached.events` has to be resumed. */
  let following = false;

  const flags = () => ({ inbox: count.inbox > 0, outcomes: true, events: count.events > 0 });

  return {
    opening: (): Opening => {
      const from: number[] = [];
      if (everOpened && awaitsOutcomes()) from.push(reached.outcomes);
      if (following && count.events > 0) from.push(reached.events);
      return from.length === 0 ? flags() : { ...flags(), after: Math.min(...from) };
    },

    opened: (asked: Opening, { position }: SessionOpened): void => {
      if (asked.after === undefined) reached.outcomes = position;
      if (asked.events && !following) reached.events = position;
      everOpened = true;
      following = asked.events;
      inForce = asked;
      for (const waiter of waiting) {
        if (!asked[waiter.wanted]) continue;
        waiting.delete(waiter);
        waiter.opened({ position: reached.events });
      }
    },

    lost: (): void => {
      inForce = null;
    },
    /** Whether the log ends before a position that was reached: then it is not the log that was read. */
    isBeyond: (head: number): boolean => reached.outcomes > head || reached.events > head,
    placeLost: (): void => {
      everOpened = false;
      following = false;
      reached.outcomes = 0;
      reached.events = 0;
    },

    /** Whether the session in force is not what is wanted now. */
    differ: (): boolean => {
      if (inForce === null) return false;
      const now = flags();
      return now.inbox !== inForce.inbox || now.events !== inForce.events;
    },

    reachedOutcome: (position: number): void => {
      if (position > reached.outcomes) reached.outcomes = position;
    },
    reachedEvent: (position: number): void => {
      reached.events = position;
    },

    /** `changed` is called when the session has to be opened anew. */
    want: (wanted: Wanted, changed: () => void): Wish => {
      count[wanted]++;
      const opened =
        inForce?.[wanted] === true
          ? Promise.resolve({ position: reached.events })
          : new Promise<{ readonly position: number }>((resolve) => {
              waiting.add({ wanted, opened: resolve });
            });
      changed();
      let released = false;
      return {
        opened,
        release: () => {
          if (released) return;
          released = true;
          count[wanted]--;
          changed();
        },
      };
    },
  };
};
