import { allEvents, type Operator } from "../operator.ts";

/**
 * The log as it can be checked from another machine, by reading all of it: no position and no revision is missing, and
 * times never go back. Hashes and signatures are not seen from here, and the verdict says so.
 */
export const verifyByReading = async (operator: Operator): Promise<{ readonly ok: boolean; readonly says: string }> => {
  const events = await allEvents(operator, {});
  const newest = new Map<string, number>();
  let time = "";
  for (const [i, event] of events.entries()) {
    const { position, subject, revision } = event;
    if (position !== i + 1) return { ok: false, says: `position ${i + 1} is missing` };
    if (revision !== (newest.get(subject) ?? -1) + 1) {
      return { ok: false, says: `revision ${revision} of ${subject} at position ${position} does not follow` };
    }
    if (event.time < time) return { ok: false, says: `the time goes back at position ${position}` };
    newest.set(subject, revision);
    time = event.time;
  }
  return {
    ok: true,
    says: `${events.length} events without a gap, read through the door; hashes and signatures: not run (the log's file is elsewhere)`,
  };
};
