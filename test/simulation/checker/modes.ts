import type { Recorded } from "../../../src/domain/event.ts";
import { PERSON } from "../cast.ts";
import type { Sometimes } from "../sometimes.ts";

type Broken = (invariant: string, event: Recorded, what: string) => void;
export type ModeName = "normal" | "emergency" | "recovering";

const PEOPLE = "nobody leaves an emergency but a person";

/** In which mode the bridge is, as the log tells it: into an emergency by anything, out of it by a person. */
export const modeTales = (sometimes: Sometimes, broken: Broken) => {
  let now: ModeName = "normal";
  let changes = 0;
  return {
    now: () => now,
    /** Goes up with each change: who has seen the same number twice has seen no other mode in between. */
    changes: () => changes,
    add: (event: Recorded): void => {
      switch (event.type) {
        case "mode.emergency_entered":
          if (now === "emergency") broken("a legal mode", event, "it is an emergency already");
          // Nothing measures the share of calls that fail here: the disk is what a simulated bridge suffers from.
          if (event.data.trigger !== "error_rate") sometimes.saw(`emergency: ${event.data.trigger}`);
          if (now === "recovering") sometimes.saw("recovery failed");
          now = "emergency";
          break;
        case "mode.recovery_begun":
          if (event.actor !== PERSON) broken(PEOPLE, event, `${event.actor} began the recovery`);
          if (now !== "emergency") broken("a legal mode", event, `recovering after ${now}`);
          now = "recovering";
          break;
        case "mode.normal_resumed":
          if (event.actor !== PERSON) broken(PEOPLE, event, `${event.actor} ended it`);
          if (now !== "recovering") broken("a legal mode", event, `normal after ${now}`);
          if (event.data.checks.length === 0) broken(PEOPLE, event, "nothing was verified");
          sometimes.saw("emergency ended by a person");
          now = "normal";
          break;
        default:
          return;
      }
      changes++;
    },
  };
};

export type ModeTales = ReturnType<typeof modeTales>;
