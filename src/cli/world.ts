import { randomBytes } from "node:crypto";
import type { Clock, Rng, Scheduler } from "../domain/world.ts";

/** The real world. Nothing outside `cli/` reads a clock, draws a random number, sets a timer or opens a file. */

export const realClock: Clock = { now: Date.now, monotonic: () => performance.now() };

/** One draw from the operating system serves many ids: a call costs 1 µs, a slice of the pool 30 ns. */
const POOL_BYTES = 4_096;

export const realRng = (): Rng => {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  return {
    bytes: (size) => {
      if (size > POOL_BYTES / 4) return randomBytes(size);
      if (used + size > POOL_BYTES) {
        pool = randomBytes(POOL_BYTES);
        used = 0;
      }
      used += size;
      return pool.subarray(used - size, used);
    },
  };
};

export const realScheduler: Scheduler = {
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
