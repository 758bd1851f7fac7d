import { eventId, idOf, type Recorded } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";

/** What an idempotency key was used for first. */
export interface Keyed {
  readonly requestHash: string;
  /** Id of the inquiry, or of the event that was appended. */
  readonly id: string;
  readonly position: number;
  readonly revision: number;
  readonly at: number;
}

/** What can be done once under a key, besides asking one agent. */
export type KeyedKind = "append" | "inquire";

/** Keys of the last day, by who used them for what. */
export const keyedView = ({ idempotencyWindowMs }: Pick<Limits, "idempotencyWindowMs">) => {
  const known = new Map<string, Keyed>();
  const remember = (kind: KeyedKind, key: string, event: Recorded, id: string, requestHash: string): void => {
    const { position, revision, time: at } = event;
    known.set(nameOf(kind, event.actor, key), { requestHash, id, position, revision, at });
    // Oldest first, because the log's time never decreases.
    for (const [name, first] of known) {
      if (first.at > at - idempotencyWindowMs) break;
      known.delete(name);
    }
  };
  return {
    fold: (event: Recorded): void => {
      if (event.type === "custom" || event.type === "inquiry.asked") {
        const { key, requestHash } = event.data;
        if (key === undefined || requestHash === undefined) return;
        if (event.type === "custom") remember("append", key, event, eventId(event), requestHash);
        else remember("inquire", key, event, idOf(event.stream), requestHash);
      }
    },
    find: (kind: KeyedKind, actor: string, key: string, now: number): Keyed | undefined => {
      const first = known.get(nameOf(kind, actor, key));
      return first === undefined || first.at <= now - idempotencyWindowMs ? undefined : first;
    },
  };
};

export type KeyedView = ReturnType<typeof keyedView>;

const nameOf = (kind: KeyedKind, actor: string, key: string): string => `${kind} ${actor} ${key}`;
