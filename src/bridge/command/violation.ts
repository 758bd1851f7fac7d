import { streamOf } from "../../domain/event.ts";
import { type Refusal, violationOf } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { type Caller, draft } from "./world.ts";

/** Records a refusal that is a security event: who, what, when, against which stream; nothing that was sent. */
export type RecordViolation = (caller: Caller, refused: Refusal, subject: string) => Promise<void>;

export const violationRecorder =
  (log: Log, now: () => number): RecordViolation =>
  async (caller, refused, subject) => {
    const violation = violationOf(refused.code);
    if (violation === undefined) return;
    const stream = streamOf.security(caller.actor);
    const event = draft(
      { type: "security.violation", data: { ...violation, code: refused.code, subject } },
      { stream, time: now(), caller, parties: [caller.actor], correlation: stream },
    );
    try {
      await log.append([{ stream, expect: "any", events: [event] }]);
    } catch (fault) {
      // The refusal stands whether or not it can be written down; `/health` says that nothing can.
      if (!(fault instanceof LogUnavailable)) throw fault;
    }
  };
