import type { ElicitationEventName } from "../../domain/elicitation.ts";
import { type EventData, idOf, type Recorded } from "../../domain/event.ts";
import { openAttempts } from "../../domain/inquiry.ts";
import type { Scheduler } from "../../domain/world.ts";
import type { ElicitationView } from "../projection/elicitations.ts";
import type { InquiryView } from "../projection/inquiries.ts";
import { deadlines } from "./deadlines.ts";

type How = EventData<"inquiry.heard">["how"];

export interface ConductPorts {
  /** The log's time, by which deadlines are meant. */
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly elicitations: ElicitationView;
  readonly inquiries: InquiryView;
  /** Commands that the news lead to. Each may be given again after a crash: the decider hears news once. */
  readonly record: {
    readonly hear: (inquiry: string, elicitation: string, how: How) => void;
    readonly hedge: (inquiry: string) => void;
    readonly expire: (inquiry: string) => void;
    /** The inquiry is over: its attempt is moot. */
    readonly withdraw: (elicitation: string) => void;
  };
}

/**
 * Conducts inquiries: carries the outcome of each attempt back to its inquiry, keeps hedges and deadlines, and takes
 * back what became moot. It holds nothing: after a restart it finds what it had not carried yet.
 */
export const conduct = ({ now, scheduler, elicitations, inquiries, record }: ConductPorts) => {
  const expiries = deadlines(now, scheduler, record.expire, inquiries.isOpen);
  const hedges = deadlines(
    now,
    scheduler,
    (key) => record.hedge(key.split(" ")[0] as string),
    (key) => inquiries.isOpen(key.split(" ")[0] as string),
  );

  const onCommitted = (events: readonly Recorded[]): void => {
    for (const event of events) {
      const id = idOf(event.stream);
      switch (event.type) {
        case "elicitation.accepted":
        case "elicitation.declined":
        case "elicitation.cancelled":
        case "elicitation.expired":
        case "elicitation.lapsed": {
          const inquiry = inquiryOf(id);
          if (inquiry === undefined) break;
          record.hear(inquiry, id, howOf[event.type]);
          if (event.type === "elicitation.lapsed") record.withdraw(id);
          break;
        }
        case "inquiry.asked":
          expiries.add(id, event.data.deadline);
          break;
        case "inquiry.routed": {
          const state = inquiries.find(id)?.state;
          const hedgeMs = state?.status === "open" ? state.plan.hedgeMs : undefined;
          if (hedgeMs !== undefined) hedges.add(`${id} ${event.data.elicitation}`, event.time + hedgeMs);
          break;
        }
        case "inquiry.concluded":
          for (const open of elicitations.askedBy(event.parties[0] as string)) {
            if (open.state.question.inquiry === id) record.withdraw(open.id);
          }
          break;
      }
    }
  };

  const inquiryOf = (elicitation: string): string | undefined => {
    const state = elicitations.find(elicitation)?.state;
    return state === undefined || state.status === "none" ? undefined : state.question.inquiry;
  };

  /** News that a crash kept from being heard. */
  const catchUp = async (): Promise<void> => {
    for (const { id, state } of [...inquiries.open()]) {
      if (state.status !== "open") continue;
      expiries.add(id, state.plan.deadline);
      for (const { elicitation } of openAttempts(state)) {
        // Counted anew from the start: late is better than never.
        if (state.plan.hedgeMs !== undefined) hedges.add(`${id} ${elicitation}`, now() + state.plan.hedgeMs);
        const held = await elicitations.get(elicitation);
        if (held?.state.status === "ended") record.hear(id, elicitation, held.state.end.how);
      }
    }
    for (const { id, state } of [...elicitations.open()]) {
      const { inquiry } = state.question;
      if (inquiry !== undefined && !inquiries.isOpen(inquiry)) record.withdraw(id);
    }
  };

  return {
    onCommitted,
    start: catchUp,
    stop: (): void => {
      expiries.stop();
      hedges.stop();
    },
  };
};

const howOf: Readonly<Record<Extract<ElicitationEventName, `elicitation.${How}`>, How>> = {
  "elicitation.accepted": "accepted",
  "elicitation.declined": "declined",
  "elicitation.cancelled": "cancelled",
  "elicitation.expired": "expired",
  "elicitation.lapsed": "lapsed",
};
