import type { Recorded } from "../../domain/event.ts";
import { type Mode, type ModeEvent, mode } from "../../domain/mode.ts";

/** The mode as committed, so that a bridge that is started again is in the one it was in. */
export const modeView = () => {
  let state: Mode = mode.initial;
  let revision = -1;
  return {
    fold: (event: Recorded): void => {
      if (event.stream !== "mode") return;
      state = mode.evolve(state, event as Recorded & ModeEvent);
      revision = event.revision;
    },
    load: () => ({ state, revision }),
    get: (): Mode => state,
  };
};

export type ModeView = ReturnType<typeof modeView>;
