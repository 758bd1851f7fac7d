import type { Limits } from "../../domain/limit.ts";
import type { Scheduler } from "../../domain/world.ts";
import { type ElicitationView, isOpen, type OpenElicitation } from "../projection/elicitations.ts";
import { deadlines } from "./deadlines.ts";

export interface MailboxPorts {
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly limits: Limits;
  readonly elicitations: ElicitationView;
  /** There is something to hand out in this agent's mailbox. */
  readonly arrived: (held: OpenElicitation) => void;
  readonly record: { readonly deadLetter: (id: string) => void };
}

export interface Letter {
  readonly held: OpenElicitation;
  /** Handed out for the how manieth time, from 1. */
  readonly delivery: number;
  /** When it is handed out again unless it was acknowledged, milliseconds since 1970. */
  readonly until: number;
}

/**
 * Store and forward: questions wait until their target polls, oldest first, and come again until somebody says that it
 * has them. What was handed out, to whom and how often is in the log; here is only what is on its way out.
 */
export const mailbox = ({ now, scheduler, limits, elicitations, arrived, record }: MailboxPorts) => {
  /** By id: when a lease ends whose reply may not have left yet. */
  const handed = new Map<string, number>();
  const timers = deadlines(now, scheduler, due, isMailed);

  function isMailed(id: string): boolean {
    const held = elicitations.find(id);
    return held !== undefined && isOpen(held) && held.state.mailbox !== null;
  }

  /** A lease is over: come again, or give up. */
  function due(id: string): void {
    if ((handed.get(id) ?? 0) <= now()) handed.delete(id);
    const held = elicitations.find(id);
    if (held === undefined || !isOpen(held) || held.state.mailbox === null) return;
    const { deliveries, acknowledgedBy, isDead } = held.state.mailbox;
    if (isDead || acknowledgedBy !== null || held.state.stage.name === "claimed") return;
    if (now() < leaseOf(held)) timers.add(id, leaseOf(held));
    else if (deliveries >= limits.mailboxDeliveriesMax) record.deadLetter(id);
    else arrived(held);
  }

  const leaseOf = (held: OpenElicitation): number => Math.max(held.state.mailbox?.until ?? 0, handed.get(held.id) ?? 0);

  const mayHandOut = (held: OpenElicitation, anew: boolean): boolean => {
    const { mailbox: box, stage } = held.state;
    if (box === null || box.isDead || stage.name === "claimed") return false;
    if (box.deliveries >= limits.mailboxDeliveriesMax && box.acknowledgedBy === null) return false;
    return anew || (box.acknowledgedBy === null && now() >= leaseOf(held));
  };

  return {
    /** Puts what was in mailboxes when the bridge went down back under the clock. */
    start: (): void => {
      for (const held of elicitations.open()) {
        if (held.state.mailbox !== null) timers.add(held.id, held.state.mailbox.until);
      }
    },
    stop: timers.stop,

    /**
     * Takes what may be handed out, oldest question first, under a lease. `anew`: for a process that has nothing yet,
     * also what another one took or acknowledged. `count`: of all there was to take.
     */
    take: (
      agent: string,
      { limit, leaseMs, anew }: { readonly limit: number; readonly leaseMs: number; readonly anew: boolean },
    ): readonly Letter[] => {
      const letters: Letter[] = [];
      const until = now() + leaseMs;
      for (const held of elicitations.inbox(agent)) {
        if (letters.length === limit) break;
        if (!mayHandOut(held, anew)) continue;
        handed.set(held.id, until);
        timers.add(held.id, until);
        letters.push({ held, delivery: (held.state.mailbox?.deliveries ?? 0) + 1, until });
      }
      return letters;
    },
    /** It has ended. */
    forget: (id: string): void => void handed.delete(id),
    /** What did not fit into the reply after all. */
    putBack: ({ held }: Letter): void => void handed.delete(held.id),
    /** Whether anything of this agent's is in its mailbox, to be handed out now or later. */
    hasMail: (agent: string): boolean => {
      for (const held of elicitations.inbox(agent)) if (held.state.mailbox !== null) return true;
      return false;
    },
  };
};

export type Mailbox = ReturnType<typeof mailbox>;
