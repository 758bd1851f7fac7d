import type { LogEvent } from "../../../client/wire.ts";
import type { Arm } from "../../../domain/arm.ts";
import type { EventTypeName } from "../../../domain/event.ts";

/** What became of every question that was on its way by the withdrawn arm: computed from the log and nothing else. */
export interface Account {
  /** Open in that arm when the rollback began, or asked in it afterwards. */
  readonly inFlight: number;
  readonly answered: number;
  /** Ended without an answer, with a reason that its asker sees: cancelled or expired. */
  readonly ended: number;
  /** Open, and in the mailbox. */
  readonly handedOver: number;
  /** Open and still in the withdrawn arm: nobody would look for it there. Must be none. */
  readonly lost: readonly string[];
}

/** The events that say it. */
export const accountTypes = [
  "elicitation.asked",
  "elicitation.rerouted",
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
] as const satisfies readonly EventTypeName[];

interface Fate {
  readonly to: string;
  arm: Arm;
  /** It was in the push arm at the start of the rollback or at any time after it. */
  concerned: boolean;
  outcome: "open" | "answered" | "ended";
}

/**
 * `events`: of the questions, from the oldest that was open when the rollback began. `from`: position of the event that
 * began it. `concerns`: whether an agent is within its scope.
 */
export const account = async (
  events: Iterable<LogEvent> | AsyncIterable<LogEvent>,
  from: number,
  concerns: (agent: string) => boolean = () => true,
): Promise<Account> => {
  const fates = new Map<string, Fate>();
  let begun = false;
  const begin = (): void => {
    begun = true;
    for (const fate of fates.values()) fate.concerned = fate.outcome === "open" && fate.arm === "push";
  };
  for await (const { type, subject, position, data } of events) {
    if (!begun && position > from) begin();
    const id = subject.slice("elicitation/".length);
    if (type === "elicitation.asked") {
      const { to, arm = "push" } = data as { readonly to: string; readonly arm?: Arm };
      fates.set(id, { to, arm, concerned: begun && arm === "push", outcome: "open" });
      continue;
    }
    const fate = fates.get(id);
    if (fate === undefined) continue;
    if (type === "elicitation.rerouted") fate.arm = (data as { readonly to: Arm }).to;
    else fate.outcome = type === "elicitation.accepted" || type === "elicitation.declined" ? "answered" : "ended";
  }
  if (!begun) begin();
  const concerned = [...fates].filter(([, fate]) => fate.concerned && concerns(fate.to));
  const count = (fits: (fate: Fate) => boolean): number => concerned.filter(([, fate]) => fits(fate)).length;
  return {
    inFlight: concerned.length,
    answered: count(({ outcome }) => outcome === "answered"),
    ended: count(({ outcome }) => outcome === "ended"),
    handedOver: count(({ outcome, arm }) => outcome === "open" && arm === "mailbox"),
    lost: concerned.filter(([, { outcome, arm }]) => outcome === "open" && arm === "push").map(([id]) => id),
  };
};

export const lossInWords = ({ inFlight, answered, ended, handedOver, lost }: Account): string =>
  `${inFlight} questions were on their way by the withdrawn arm: ${answered} were answered, ${handedOver} were handed ` +
  `to the mailbox, ${ended} ended with a reason that their askers see. ` +
  (lost.length === 0 ? "None is lost." : `${lost.length} are unaccounted for: ${lost.slice(0, 20).join(", ")}.`);
