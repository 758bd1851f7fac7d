import type { Draft, EventTypeName, Fact } from "../../domain/event.ts";
import { eventTypes } from "../../domain/event.ts";
import type { Clock, Rng } from "../../domain/world.ts";
import type { Log } from "../log/log.ts";

/** Who is acting, as the transport established it from a credential, and the trace they brought along. */
export interface Caller {
  /** An agent's name, or `bridge`. Never taken from an argument. */
  readonly actor: string;
  /** W3C `traceparent` of the request, null when there is none. */
  readonly trace: string | null;
  /** When the request arrived, in monotonic milliseconds; absent for what nobody waits for. */
  readonly receivedAt?: number;
}

/**
 * How fast the log's time runs while it is ahead of the wall clock. It must run, or nothing would expire until a clock
 * that was set back has caught up; it must run slower, so that it does.
 */
const AHEAD_SPEED = 0.9;

/**
 * Time that never runs backwards and never stands still: the log's order and its times agree whatever the wall clock
 * does, and deadlines come. Milliseconds since 1970.
 */
export const logTime = (clock: Clock, log: Log): (() => number) => {
  let last = 0;
  let readAt = clock.monotonic();
  return () => {
    const elapsed = clock.monotonic() - readAt;
    readAt += elapsed;
    last = Math.max(clock.now(), log.head().time, last + elapsed * AHEAD_SPEED);
    return Math.floor(last);
  };
};

export interface Surroundings {
  readonly stream: string;
  readonly time: number;
  readonly caller: Caller;
  readonly parties: readonly string[];
  readonly correlation: string;
  readonly causation?: string;
}

export const draft = <T extends EventTypeName>(fact: Fact<T>, around: Surroundings): Draft<T> =>
  ({
    type: fact.type,
    data: fact.data,
    stream: around.stream,
    version: eventTypes[fact.type].version,
    time: around.time,
    actor: around.caller.actor,
    parties: around.parties,
    correlation: around.correlation,
    causation: around.causation ?? null,
    trace: around.caller.trace,
  }) as Draft<T>;

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Ids that sort by time, 48 bits of it and 80 random ones (the ULID layout, lower case). Random ids would cost the
 * log's index 5 to 6 times its speed at a million events; ids of one millisecond count up from the first.
 */
export const idSource = (rng: Rng): ((prefix: string, now: number) => string) => {
  let lastTime = -1;
  let head = "";
  const tail = new Uint8Array(16);
  return (prefix, now) => {
    if (now > lastTime) {
      lastTime = now;
      head = encodeTime(now);
      const fresh = rng.bytes(16);
      for (let i = 0; i < 16; i++) tail[i] = (fresh[i] as number) & 31;
      // The first digit stays low, so that counting up cannot run over within any number of ids we could make.
      tail[0] = (tail[0] as number) & 15;
    } else {
      for (let i = 15; i >= 0; i--) {
        const next = ((tail[i] as number) + 1) & 31;
        tail[i] = next;
        if (next !== 0) break;
      }
    }
    let text = prefix + head;
    for (let i = 0; i < 16; i++) text += alphabet[tail[i] as number];
    return text;
  };
};

const encodeTime = (ms: number): string => {
  let text = "";
  let rest = ms;
  for (let i = 0; i < 10; i++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
};
