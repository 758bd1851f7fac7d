import type { DeadLetter } from "../../domain/dead-letter.ts";
import { idOf, type Recorded } from "../../domain/event.ts";

/** Dead letters, the newest `max` of them; the log has all. */
export const deadLetterView = (max: number) => {
  const dead = new Map<string, DeadLetter>();
  /** Questions that are in a mailbox now: how often each was handed out, and whether somebody has it. */
  const mailed = new Map<string, { deliveries: number; isAcknowledged: boolean }>();

  const bury = (event: Recorded, why: DeadLetter["why"], deliveries: number): void => {
    const [from = "", to = ""] = event.parties;
    const id = idOf(event.stream);
    if (dead.has(id)) return;
    dead.set(id, { id, from, to, deliveries, why, at: event.time, position: event.position });
    if (dead.size > max) for (const oldest of dead.keys()) return void dead.delete(oldest);
  };

  return {
    fold: (event: Recorded): void => {
      const id = idOf(event.stream);
      switch (event.type) {
        case "elicitation.asked":
          if (event.data.arm === "mailbox") mailed.set(id, { deliveries: 0, isAcknowledged: false });
          break;
        case "elicitation.requeued":
          dead.delete(id);
          mailed.set(id, { deliveries: 0, isAcknowledged: false });
          break;
        case "mailbox.discarded":
          dead.delete(event.data.elicitation);
          break;
        case "elicitation.rerouted":
          dead.delete(id);
          if (event.data.to === "mailbox") mailed.set(id, { deliveries: 0, isAcknowledged: false });
          else mailed.delete(id);
          break;
        case "elicitation.offered": {
          const letter = mailed.get(id);
          if (letter === undefined || event.data.until === undefined) break;
          if (letter.deliveries > 0) letter.isAcknowledged = false;
          letter.deliveries++;
          break;
        }
        case "elicitation.acknowledged":
        case "elicitation.claimed": {
          const letter = mailed.get(id);
          if (letter !== undefined) letter.isAcknowledged = true;
          break;
        }
        case "elicitation.lapsed": {
          const letter = mailed.get(id);
          if (letter !== undefined) letter.isAcknowledged = false;
          break;
        }
        case "elicitation.dead_lettered":
          bury(event, "deliveries", event.data.deliveries);
          break;
        case "elicitation.expired": {
          const letter = mailed.get(id);
          mailed.delete(id);
          if (letter !== undefined && !letter.isAcknowledged) bury(event, "expired", letter.deliveries);
          break;
        }
        case "elicitation.accepted":
        case "elicitation.declined":
        case "elicitation.cancelled":
          mailed.delete(id);
          // It got there after all, or nobody wants it any more.
          dead.delete(id);
          break;
      }
    },
    get: (id: string): DeadLetter | undefined => dead.get(id),
    /** Oldest first, those after a position. */
    list: (after: number, limit: number): readonly DeadLetter[] => {
      const page: DeadLetter[] = [];
      for (const letter of dead.values()) {
        if (letter.position > after) page.push(letter);
        if (page.length === limit) break;
      }
      return page;
    },
    count: (): number => dead.size,
  };
};

export type DeadLetterView = ReturnType<typeof deadLetterView>;
