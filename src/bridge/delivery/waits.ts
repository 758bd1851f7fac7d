import type { Cancel, Scheduler } from "../../domain/world.ts";

/** Long polls: calls that sleep under a key until it is woken. */
export const openWaits = (scheduler: Scheduler) => {
  const waits = new Map<string, Set<() => void>>();
  return {
    /** True when somebody waited for it. */
    wake: (key: string): boolean => {
      // Nearly always: then a key that was just put together need not be hashed to find nothing.
      if (waits.size === 0) return false;
      const waiting = waits.get(key);
      if (waiting === undefined) return false;
      waits.delete(key);
      for (const resume of waiting) resume();
      return true;
    },
    wakeAll: (): void => {
      for (const [key, waiting] of [...waits]) {
        waits.delete(key);
        for (const resume of waiting) resume();
      }
    },
    isAwaited: (key: string): boolean => waits.has(key),
    /** Resolves when `key` is woken, after `ms`, or when `signal` aborts: whichever is first. */
    sleep: (key: string, ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        let cancel: Cancel = () => undefined;
        const waiting = waits.get(key) ?? new Set();
        const done = (): void => {
          cancel();
          waiting.delete(done);
          if (waiting.size === 0 && waits.get(key) === waiting) waits.delete(key);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        waits.set(key, waiting.add(done));
        cancel = scheduler.after(ms, done);
        signal?.addEventListener("abort", done);
        if (signal?.aborted === true) done();
      }),
  };
};

export type Waits = ReturnType<typeof openWaits>;
