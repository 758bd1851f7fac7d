import type { Clock, Scheduler } from "../../domain/world.ts";

/** When work leaves: so many a second, whether or not earlier work has come back. */
export interface Pace {
  readonly perSecond: number;
  readonly count: number;
}

export interface PacedWorld {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
}

/** One piece of work, in microseconds since the first was to leave. */
export interface PacedResult<T> {
  readonly intendedUs: number;
  readonly leftUs: number;
  readonly endedUs: number;
  readonly result: T;
}

/**
 * Starts work on a schedule and waits for all of it. What is late is late from the moment in which it should have left,
 * so that a stall is paid for by everything it delayed (no coordinated omission). Rejects with the signal's reason as
 * soon as that aborts; `send` must not reject.
 */
export const paced = async <T>(
  { perSecond, count }: Pace,
  { clock, scheduler, signal }: PacedWorld,
  send: (index: number) => Promise<T>,
  onDone: (done: number, total: number) => void = () => undefined,
): Promise<readonly PacedResult<T>[]> => {
  const gapMs = 1000 / perSecond;
  const zero = clock.monotonic();
  const results = new Array<PacedResult<T>>(count);
  const micros = (at: number): number => Math.round((at - zero) * 1000);
  let left = 0;
  let done = 0;
  await new Promise<void>((resolve, reject) => {
    const one = async (index: number): Promise<void> => {
      const leftUs = micros(clock.monotonic());
      const result = await send(index);
      results[index] = {
        intendedUs: Math.round(index * gapMs * 1000),
        leftUs,
        endedUs: micros(clock.monotonic()),
        result,
      };
      onDone(++done, count);
      if (done === count) resolve();
    };
    const turn = (): void => {
      if (signal.aborted) return reject(signal.reason);
      const due = Math.min(count, Math.floor((clock.monotonic() - zero) / gapMs) + 1);
      for (; left < due; left++) one(left).catch(reject);
      // A timer of 1 ms is as fine as timers are; what it is late by is counted.
      if (left < count) scheduler.after(Math.max(1, zero + left * gapMs - clock.monotonic()), turn);
    };
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    turn();
  });
  return results;
};
