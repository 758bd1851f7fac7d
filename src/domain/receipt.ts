import type { Arm } from "./arm.ts";
import type { ElicitationEventName, End, OfferWay } from "./elicitation.ts";
import type { Recorded } from "./event.ts";

/** What the bridge knows, and how it knows it, about the way of one question. A fold of its events and nothing else. */
export interface Receipt {
  readonly elicitation: string;
  readonly steps: readonly ReceiptStep[];
}

export type ReceiptStep = { readonly at: number; readonly position: number } & (
  | { readonly what: "asked"; readonly deadline: number; readonly arm: Arm }
  /** `until`: out of the mailbox, and handed out again then unless it was acknowledged. */
  | { readonly what: "offered"; readonly via: OfferWay; readonly session: string; readonly until?: number }
  | { readonly what: "acknowledged"; readonly holder: string }
  | { readonly what: "dead letter"; readonly deliveries: number }
  | { readonly what: "requeued"; readonly reason: string }
  | { readonly what: "rerouted"; readonly from: Arm; readonly to: Arm; readonly reason: string }
  | { readonly what: "claimed"; readonly holder: string; readonly until: number }
  | { readonly what: "lease lapsed"; readonly holder: string }
  | { readonly what: "answer refused"; readonly code: string; readonly problems: number }
  | { readonly what: End["how"] }
);

export const receiptOf = (elicitation: string, events: readonly Recorded<ElicitationEventName>[]): Receipt => ({
  elicitation,
  steps: events.map((event) => ({ at: event.time, position: event.position, ...step(event) })),
});

// biome-ignore format: one line per event reads as the table it is
const step = (event: Recorded<ElicitationEventName>) => {
  switch (event.type) {
    case "elicitation.asked": return { what: "asked", deadline: event.data.deadline, arm: event.data.arm ?? "push" } as const;
    case "elicitation.offered": {
      const { via, session, until } = event.data;
      return { what: "offered", via, session, ...(until === undefined ? {} : { until }) } as const;
    }
    case "elicitation.acknowledged": return { what: "acknowledged", ...event.data } as const;
    case "elicitation.dead_lettered": return { what: "dead letter", ...event.data } as const;
    case "elicitation.requeued": return { what: "requeued", ...event.data } as const;
    case "elicitation.rerouted": return { what: "rerouted", ...event.data } as const;
    case "elicitation.claimed": return { what: "claimed", holder: event.data.holder, until: event.data.until } as const;
    case "elicitation.lapsed": return { what: "lease lapsed", holder: event.data.holder } as const;
    case "elicitation.answer_refused": return { what: "answer refused", ...event.data } as const;
    case "elicitation.accepted": return { what: "accepted" } as const;
    case "elicitation.declined": return { what: "declined" } as const;
    case "elicitation.cancelled": return { what: "cancelled" } as const;
    case "elicitation.expired": return { what: "expired" } as const;
  }
};
