import type { Cancel, Clock, Scheduler } from "../../src/domain/world.ts";
import { type Random, random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** One simulated process. What belongs to a dead one never happens; what belongs to a frozen one waits. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** On the monotonic clock; 0 when it runs. */
  frozenUntil: number;
}

export const newProcess = (name: string): Process => ({ name, alive: true, frozenUntil: 0 });

export interface World extends Clock {
  readonly seed: number;
  readonly trace: Trace;
  /** Runs `task` once, `delayMs` from now (fractions count), in the life of `owner` (null: nature). */
  readonly after: (owner: Process | null, delayMs: number, what: string, task: () => void) => Cancel;
  /** The same at a time on the monotonic clock, to the last bit: what has one time keeps its order. */
  readonly at: (owner: Process | null, atMs: number, what: string, task: () => void) => Cancel;
  /** The timers of a process: never exactly on time, as real ones are. */
  readonly schedulerOf: (owner: Process) => Scheduler;
  /** Moves the wall clock; the monotonic clock and the timers do not notice. */
  readonly jump: (ms: number) => void;
  /** Sets the wall clock right. */
  readonly setRight: () => void;
  /** The latest reading that a wall clock could have given by now, had it never gone back. */
  readonly latestWall: () => number;
  /** Runs events in the order of time until `isOver` says so or `untilMs` on the monotonic clock has come. */
  readonly run: (untilMs: number, isOver?: () => boolean) => Promise<void>;
  /** A promise of the past broke. The first one counts, and ends the run. */
  readonly fail: (invariant: string, message: string) => void;
  readonly failure: () => Failure | undefined;
  readonly events: () => number;
}

export interface Failure {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
}

interface Event {
  at: number;
  readonly nth: number;
  readonly owner: Process | null;
  readonly what: string;
  readonly task: () => void;
  cancelled: boolean;
}

/** Monday, 2026-01-05T00:00:00Z. */
export const START_MS = 1_767_571_200_000;

/** More events than any plan makes: a loop that feeds itself. */
const EVENTS_MAX = 2_000_000;

/** Time, and everything that is going to happen in it. */
export const world = (seed: number, trace: Trace): World => {
  const heap: Event[] = [];
  let nth = 0;
  let now = 0;
  let offset = 0;
  let offsetMax = 0;
  let events = 0;
  let failure: Failure | undefined;

  const push = (event: Event): void => {
    let i = heap.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = event;
  };

  const pop = (): Event | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[i] = heap[child] as Event;
      i = child;
    }
    heap[i] = last;
    return top;
  };

  const at: World["at"] = (owner, atMs, what, task) => {
    const event = { at: Math.max(now, atMs), nth: nth++, owner, what, task, cancelled: false };
    push(event);
    return () => {
      event.cancelled = true;
    };
  };
  const after: World["after"] = (owner, delayMs, what, task) => at(owner, now + Math.max(0, delayMs), what, task);

  const fail: World["fail"] = (invariant, message) => {
    failure ??= { invariant, message, atMs: now };
  };

  const live = async ({ at: due, owner, what, task }: Event): Promise<void> => {
    now = Math.max(now, due);
    events++;
    trace.note(now, owner === null ? what : `${owner.name} ${what}`);
    try {
      task();
    } catch (fault) {
      fail("no fault", fault instanceof Error ? (fault.stack ?? fault.message) : String(fault));
    }
    await atRest();
    if (events > EVENTS_MAX) fail("liveness", `${EVENTS_MAX} events and no end`);
  };

  const wall = (): number => Math.floor(START_MS + now + offset);

  return {
    seed,
    trace,
    now: wall,
    monotonic: () => now,
    latestWall: () => Math.floor(START_MS + now + offsetMax),
    after,
    at,
    schedulerOf: (owner) => {
      const luck = random(seed, "timers", owner.name);
      return { after: (delayMs, task) => after(owner, late(delayMs, luck), "timer", task) };
    },
    jump: (ms) => {
      offset += ms;
      offsetMax = Math.max(offsetMax, offset);
    },
    setRight: () => {
      offset = 0;
    },
    run: async (untilMs, isOver = () => false) => {
      await atRest();
      while (failure === undefined && !isOver()) {
        const next = heap[0];
        if (next === undefined || next.at > untilMs) {
          now = Math.max(now, untilMs);
          return;
        }
        pop();
        if (next.cancelled || next.owner?.alive === false) continue;
        if (next.owner !== null && next.owner.frozenUntil > next.at) {
          next.at = next.owner.frozenUntil;
          push(next);
        } else await live(next);
      }
    },
    fail,
    failure: () => failure,
    events: () => events,
  };
};

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth);

/** Whole milliseconds, at times one early (the loop's clock is coarser than the wall's), mostly a little late. */
const late = (delayMs: number, luck: Random): number => {
  const whole = Math.max(1, Math.trunc(delayMs));
  if (luck.chance(0.05)) return whole - luck.below(1000) / 1000;
  return whole + (luck.chance(0.02) ? luck.between(1, 50) : luck.below(1500) / 1000);
};

/**
 * Resolves once no promise is left that could go on. Nothing of the simulated kind waits for the event loop, so one turn
 * of it is enough, and it is the only real thing that is ever waited for.
 */
const atRest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
