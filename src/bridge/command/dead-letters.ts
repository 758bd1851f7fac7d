import type { DeadLetter } from "../../domain/dead-letter.ts";
import { streamOf } from "../../domain/event.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import type { ElicitCommands } from "./elicit.ts";
import { unavailable } from "./handle.ts";
import { type Caller, draft } from "./world.ts";

export interface DeadLetterPorts {
  readonly log: Log;
  readonly now: () => number;
  readonly elicit: Pick<ElicitCommands, "requeue" | "discard">;
  readonly find: (id: string) => DeadLetter | undefined;
}

/** What came of one id: done, or there was nothing to do because it is no dead letter or has ended. */
export type Redeemed =
  | { readonly ok: true; readonly did: "done" | "not_dead" | "ended" }
  | { readonly ok: false; readonly refusal: Refusal };

/** What an operator does with dead letters. Repeating either is harmless. */
export const deadLetterCommands = ({ log, now, elicit, find }: DeadLetterPorts) => {
  /** It expired and is only listed: that it need not be any more is a fact about the mailbox, for its end is told. */
  const strike = async ({ id, from, to }: DeadLetter, reason: string, caller: Caller): Promise<Redeemed> => {
    const stream = streamOf.mailbox(to);
    const correlation = streamOf.elicitation(id);
    const around = { stream, time: now(), caller, parties: [from, to], correlation };
    const event = draft({ type: "mailbox.discarded", data: { elicitation: id, reason } }, around);
    try {
      await log.append([{ stream, expect: "any", events: [event] }]);
    } catch (fault) {
      if (fault instanceof LogUnavailable) return unavailable();
      throw fault;
    }
    return { ok: true, did: "done" };
  };

  const redeem = async (how: "requeue" | "discard", id: string, reason: string, caller: Caller): Promise<Redeemed> => {
    const letter = find(id);
    if (letter?.why === "expired")
      return how === "discard" ? strike(letter, reason, caller) : { ok: true, did: "ended" };
    const outcome = await elicit[how](id, reason, caller);
    if (outcome.ok) return { ok: true, did: outcome.events.length > 0 ? "done" : "not_dead" };
    const isOver = outcome.refusal.code === "already_ended" || outcome.refusal.code === "not_found";
    return isOver ? { ok: true, did: "ended" } : outcome;
  };

  return { redeem };
};
