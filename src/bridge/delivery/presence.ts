import type { Offer } from "../../domain/answer.ts";
import type { OfferWay } from "../../domain/elicitation.ts";
import type { Recorded } from "../../domain/event.ts";
import type { Refusal } from "../../domain/refusal.ts";

/** One live way to an agent: a WebSocket, an SSE stream. It exists only while bytes can really leave by it. */
export interface Listener {
  readonly agent: string;
  /** Names this connection in receipts. */
  readonly session: string;
  readonly via: OfferWay;
  /** The login that it was opened with, and lasts no longer than; absent: with a credential that does not expire. */
  readonly login?: string | undefined;
  /**
   * Sends a question, and its traceparent along with it; `left` is called when the bytes are gone, with an error when
   * they never will be. Null on a connection that does not take questions: its agent is then no more reachable for
   * them than without it.
   */
  readonly offer: SendOffer | null;
  /** Questions wait in its agent's mailbox, or will from now on: they are not pushed. Absent: it cannot be told. */
  readonly mailed?: () => void;
  /** Sends a canary and calls back when it is answered; absent on connections that carry nothing back. */
  readonly ping?: ((answered: () => void) => void) | undefined;
  /** Something happened to an elicitation that this agent is a party of. */
  readonly notify: (event: Recorded) => void;
  /** Ends the connection and says why. */
  readonly end: (refusal: Refusal) => void;
}

export type SendOffer = (offer: Offer, position: number, trace: string | null, left: (error?: Error) => void) => void;

/** Who can be reached right now. Measured, never assumed: an entry is a live connection. */
export const presence = () => {
  const listeners = new Map<string, Set<Listener>>();
  return {
    add: (listener: Listener): (() => void) => {
      const mine = listeners.get(listener.agent) ?? new Set();
      listeners.set(listener.agent, mine.add(listener));
      return () => {
        mine.delete(listener);
        if (mine.size === 0 && listeners.get(listener.agent) === mine) listeners.delete(listener.agent);
      };
    },
    of: (agent: string): ReadonlySet<Listener> => listeners.get(agent) ?? nobody,
    isReachable: (agent: string): boolean => {
      for (const listener of listeners.get(agent) ?? nobody) if (listener.offer !== null) return true;
      return false;
    },
    agents: (): number => listeners.size,
    all: function* (): Iterable<Listener> {
      for (const set of listeners.values()) yield* set;
    },
  };
};

export type Presence = ReturnType<typeof presence>;

const nobody: ReadonlySet<Listener> = new Set();
