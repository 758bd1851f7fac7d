import type { EventPage, LogEvent } from "../../client/wire.ts";
import type { Scheduler } from "../../domain/world.ts";
import { Unprepared } from "./cast.ts";
import type { Door } from "./door.ts";
import type { Trace } from "./result.ts";

/** What a refused attempt may leave in the log: that it was refused, and what happens by itself. */
const harmless: ReadonlySet<string> = new Set([
  "security.violation",
  "agent.seen",
  "elicitation.offered",
  "elicitation.answer_refused",
  "elicitation.expired",
  "bridge.started",
  "bridge.stopped",
]);

/** Violations of strangers are written beside the reply, not before it. How long to look for one, in milliseconds. */
const LOOK_MS = 2_000;
const LOOK_EVERY_MS = 25;

export interface Delta {
  readonly traces: readonly Trace[];
  /** Events that nothing which was refused can have left. */
  readonly forbidden: readonly Trace[];
}

/** The log as an auditor reads it: what appeared since a position, of the attack's own agents and of strangers. */
export const recordOf = (door: Door, auditor: string, scheduler: Scheduler) => {
  const page = async (query: string): Promise<EventPage> => {
    const reply = await door.call({ path: `/v1/events?${query}`, token: auditor });
    if (reply.status !== 200) throw new Unprepared(`the auditor cannot read the log: ${reply.status} ${reply.code}`);
    return reply.json as EventPage;
  };

  const head = async (): Promise<number> => (await page("direction=backward&limit=1")).head;

  const since = async (position: number): Promise<readonly LogEvent[]> => {
    const events: LogEvent[] = [];
    for (let after: number | null = position; after !== null; ) {
      const next: EventPage = await page(`after=${after}&limit=1000`);
      events.push(...next.events);
      after = next.next;
    }
    return events;
  };

  /**
   * `isOurs` tells the attack's own events from those of a bridge that is in use. `later`: code of what may appear after
   * the reply, and is waited for.
   */
  const delta = async (position: number, isOurs: (e: LogEvent) => boolean, later?: string): Promise<Delta> => {
    for (let waited = 0; ; waited += LOOK_EVERY_MS) {
      const traces = (await since(position)).filter((e) => isOurs(e) || e.actor === "anonymous").map(traceOf);
      if (later === undefined || hasLeft(traces, later) || waited >= LOOK_MS) {
        return { traces, forbidden: traces.filter(isForbidden) };
      }
      await new Promise<void>((resolve) => scheduler.after(LOOK_EVERY_MS, resolve));
    }
  };

  return { head, since, delta };
};

export type LogRecord = ReturnType<typeof recordOf>;

export const hasLeft = (traces: readonly Trace[], code: string): boolean => traces.some((t) => t.code === code);

/** A denial goes by `deny`, a violation by the code of its refusal. */
const traceOf = ({ position, type, subject, actor, data }: LogEvent): Trace => {
  const { code, decision } = (data ?? {}) as { readonly code?: unknown; readonly decision?: unknown };
  const which = type === "authorization.decided" ? decision : type === "security.violation" ? code : undefined;
  return { position, type, subject, actor, ...(typeof which === "string" ? { code: which } : {}) };
};

const isForbidden = ({ type, code, actor }: Trace): boolean =>
  actor !== "anonymous" && !harmless.has(type) && !(type === "authorization.decided" && code === "deny");
