import { eventId, type Recorded, streamOf } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import type { Limits } from "../../domain/limit.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { unavailable } from "./handle.ts";
import { type FindFirst, onceUnderKey, type UnderKey } from "./once.ts";
import { type Caller, draft } from "./world.ts";

/** `build.finished`, `acme.deploy.started`: a dotted name in the application's own namespace. */
export const customNamePattern = "^[a-z][a-z0-9_-]*(\\.[a-z0-9_-]+)+$";

export interface CustomEvent {
  readonly name: string;
  readonly payload: Json;
  /** Revision of the newest event of that name that the caller has seen, -1 for none; absent: wherever it is now. */
  readonly expect?: number;
  /** Idempotency key: the same event under the same key is appended once. */
  readonly key?: string;
}

export type CustomAppended =
  | { readonly ok: true; readonly id: string; readonly position: number; readonly revision: number }
  | { readonly ok: false; readonly refusal: Refusal };

/** An application's own fact, through the same log with the same guarantees as ours. */
export const customCommand = (log: Log, now: () => number, limits: Limits, first: FindFirst) => {
  const once = onceUnderKey(first);
  const append = async (
    { name, payload, expect }: CustomEvent,
    caller: Caller,
    under: UnderKey | undefined,
  ): Promise<CustomAppended> => {
    if (JSON.stringify(payload).length > limits.customBytesMax) {
      return { ok: false, refusal: refusal("too_large", `a custom event may have ${limits.customBytesMax} bytes`) };
    }
    const stream = streamOf.custom(name);
    const event = draft(
      { type: "custom", data: { name, payload, ...under } },
      { stream, time: now(), caller, parties: [], correlation: stream },
    );
    try {
      const appended = await log.append([{ stream, expect: expect ?? "any", events: [event] }]);
      if (!appended.ok) {
        return {
          ok: false,
          refusal: refusal("revision_conflict", `the newest revision is ${appended.conflict.actual}`),
        };
      }
      const recorded = appended.events[0] as Recorded;
      return { ok: true, id: eventId(recorded), position: recorded.position, revision: recorded.revision };
    } catch (fault) {
      if (fault instanceof LogUnavailable) return unavailable();
      throw fault;
    }
  };
  return ({ key, ...event }: CustomEvent, caller: Caller): Promise<CustomAppended> =>
    once(
      caller.actor,
      key,
      event,
      (under) => append(event, caller, under),
      async ({ id, position, revision }) => ({ ok: true, id, position, revision }),
    );
};
