import type { Clock, Rng, Scheduler } from "../domain/world.ts";

/**
 * The real world for a client that was given none: what Node and browsers have in common. The one place in the client
 * that reads a clock, draws a random number or sets a timer.
 */

export const clock: Clock = { now: Date.now, monotonic: () => performance.now() };

export const rng: Rng = { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)) };

/**
 * Unlike the bridge's, these timers keep a Node process alive: one that waits for an answer must not end because the
 * connection is just being made anew. `close()` takes them all back.
 */
export const scheduler: Scheduler = {
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
