import type { Clock, Scheduler } from "../../../domain/world.ts";

export interface WaitPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly signal?: AbortSignal | undefined;
}

/** How often something is looked at that is expected to happen, in milliseconds. */
const lookEveryMs = 200;

/** True as soon as `look` is; false when the time is up or when told to stop. */
export const eventually = async (
  { clock, scheduler, signal }: WaitPorts,
  patienceMs: number,
  look: () => Promise<boolean>,
): Promise<boolean> => {
  const until = clock.monotonic() + patienceMs;
  while (signal?.aborted !== true) {
    if (await look()) return true;
    if (clock.monotonic() >= until) return false;
    await new Promise<void>((resolve) => void scheduler.after(lookEveryMs, resolve));
  }
  return false;
};
