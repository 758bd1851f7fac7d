import type { Cancel, Scheduler } from "../../domain/world.ts";

/** Below this many entries the dead ones among them are not worth a sweep. */
const SWEEP_ENTRIES_MIN = 4_096;

/** A later deadline is looked at again then: a clock that was set, or a machine that slept, is noticed in this time. */
const SLEEP_MS_MAX = 60_000;

/**
 * Calls `due(id)` once at each id's time: a binary heap and a single timer, because ten thousand open questions must
 * not be ten thousand timers. Ids that ended early stay until their time or until a sweep finds that they are most of
 * the heap (at 10,000 questions a second with five-minute deadlines they would be three million).
 */
export const deadlines = (
  now: () => number,
  scheduler: Scheduler,
  due: (id: string, at: number) => void,
  isLive: (id: string) => boolean,
) => {
  const heap: { readonly at: number; readonly id: string }[] = [];
  let cancel: Cancel = () => undefined;
  let armedFor = Number.POSITIVE_INFINITY;
  let stopped = false;

  let sweepAt = SWEEP_ENTRIES_MIN;

  const sweep = (): void => {
    const live = heap.filter(({ id }) => isLive(id)).sort((a, b) => a.at - b.at);
    heap.length = 0;
    // A sorted array is a heap.
    for (const entry of live) heap.push(entry);
    sweepAt = Math.max(SWEEP_ENTRIES_MIN, heap.length * 2);
  };

  const arm = (): void => {
    const next = heap[0];
    if (stopped || next === undefined || next.at === armedFor) return;
    cancel();
    armedFor = next.at;
    cancel = scheduler.after(Math.min(Math.max(0, next.at - now()), SLEEP_MS_MAX), fire);
  };

  const fire = (): void => {
    armedFor = Number.POSITIVE_INFINITY;
    const reached = now();
    for (let top = heap[0]; top !== undefined && top.at <= reached; top = heap[0]) {
      pop();
      due(top.id, top.at);
    }
    arm();
  };

  const pop = (): void => {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && at(right) < at(left) ? right : left;
      if (at(child) >= last.at) break;
      heap[i] = heap[child] as (typeof heap)[number];
      i = child;
    }
    heap[i] = last;
  };

  const at = (i: number): number => (heap[i] as { readonly at: number }).at;

  return {
    add: (id: string, when: number): void => {
      if (heap.length >= sweepAt) sweep();
      let i = heap.length;
      heap.push({ at: when, id });
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (at(parent) <= when) break;
        heap[i] = heap[parent] as (typeof heap)[number];
        i = parent;
      }
      heap[i] = { at: when, id };
      arm();
    },
    size: (): number => heap.length,
    stop: (): void => {
      stopped = true;
      cancel();
    },
  };
};

export type Deadlines = ReturnType<typeof deadlines>;
