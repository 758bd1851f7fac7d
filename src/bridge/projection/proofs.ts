import type { OfferWay } from "../../domain/elicitation.ts";
import type { Recorded } from "../../domain/event.ts";
import type { Pinged } from "../../domain/ping.ts";

/** When questions last really got to an agent, by which way, and when it was last heard of because of one. */
export interface Proof {
  /** The way by which the latest question's bytes left for it. */
  readonly via: OfferWay;
  /** When they did, in milliseconds since 1970. */
  readonly offeredAt: number;
  /** When it last claimed or answered a question: only then is it known to have read one. Null: never. */
  readonly heardAt: number | null;
}

/** What came of the latest canary to an agent. */
export interface LastPing extends Pinged {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the log proves about reaching each agent. */
export const proofView = () => {
  const proofs = new Map<string, Proof>();
  const pings = new Map<string, LastPing>();
  return {
    fold: (event: Recorded): void => {
      if (event.type === "reach.measured") {
        const { agent, ...pinged } = event.data;
        pings.set(agent, { at: event.time, ...pinged });
        return;
      }
      // An elicitation's parties are its asker and its target, in this order.
      const target = event.parties[1];
      if (target === undefined) return;
      switch (event.type) {
        case "elicitation.offered":
          proofs.set(target, {
            via: event.data.via,
            offeredAt: event.data.at,
            heardAt: proofs.get(target)?.heardAt ?? null,
          });
          break;
        case "elicitation.claimed":
        case "elicitation.accepted":
        case "elicitation.declined": {
          const known = proofs.get(target);
          if (known !== undefined) proofs.set(target, { ...known, heardAt: event.time });
          break;
        }
      }
    },
    of: (agent: string): Proof | undefined => proofs.get(agent),
    lastPing: (agent: string): LastPing | undefined => pings.get(agent),
  };
};

export type ProofView = ReturnType<typeof proofView>;
