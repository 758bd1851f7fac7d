import type { Cancel, Clock, Scheduler } from "../../src/domain/world.ts";

/** Clock and timers that move only when a test says so. */
export interface ManualTime extends Clock, Scheduler {
  /**
   * Lets `ms` milliseconds pass: every timer that falls due runs at its own time, in order, and whatever it started has
   * come to rest before the next. Resolves with everything at rest.
   */
  readonly advance: (ms: number) => Promise<void>;
  /** Moves the wall clock and nothing else: no timer runs, the monotonic clock stays. May go back. */
  readonly jump: (ms: number) => void;
  /** Timers that are set now. */
  readonly pending: () => number;
}

interface Timer {
  readonly at: number;
  readonly nth: number;
  readonly task: () => void;
}

/** `startMs`: the wall clock's first reading, milliseconds since 1970. */
export const manualTime = (startMs: number): ManualTime => {
  const timers = new Set<Timer>();
  let monotonic = 0;
  let wall = startMs;
  let count = 0;

  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.nth < next.nth)) next = timer;
    }
    return next;
  };

  const moveTo = (at: number): void => {
    wall += at - monotonic;
    monotonic = at;
  };

  return {
    // Whole milliseconds, as the real one says; timers may fall between.
    now: () => Math.floor(wall),
    monotonic: () => monotonic,
    after: (delayMs, task): Cancel => {
      const timer = { at: monotonic + Math.max(0, delayMs), nth: count++, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: async (ms) => {
      const until = monotonic + ms;
      await atRest();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        moveTo(Math.max(monotonic, timer.at));
        timer.task();
        await atRest();
      }
      moveTo(until);
    },
    jump: (ms) => {
      wall += ms;
    },
    pending: () => timers.size,
  };
};

/** Turns of the event loop after which work that needs no I/O has come to an end: an append takes about two. */
const TURNS = 4;

/** Waits until everything that needs neither I/O nor time has happened. */
export const atRest = async (): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
};
