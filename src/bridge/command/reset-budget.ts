import { streamOf } from "../../domain/event.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { unavailable } from "./handle.ts";
import { type Caller, draft } from "./world.ts";

/** A person lets a story go on: its counts start again from nothing. The chain it hangs on stays as deep as it is. */
export const resetBudgetCommand =
  (log: Log, now: () => number) =>
  async (
    story: string,
    reason: string,
    caller: Caller,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly refusal: Refusal }> => {
    const stream = streamOf.budget(story);
    const event = draft(
      { type: "budget.reset", data: { story, reason } },
      { stream, time: now(), caller, parties: [], correlation: story },
    );
    try {
      await log.append([{ stream, expect: "any", events: [event] }]);
      return { ok: true };
    } catch (fault) {
      if (fault instanceof LogUnavailable) return unavailable();
      throw fault;
    }
  };
