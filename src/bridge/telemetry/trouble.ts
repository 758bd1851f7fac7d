import type { Clock } from "../../domain/world.ts";
import type { Lines } from "./lines/lines.ts";

/** How often the same trouble is said again while it lasts, in milliseconds. */
const AGAIN_MS = 60_000;

interface State {
  failures: number;
  dropped: number;
  saidAt: number;
  isDown: boolean;
}

/**
 * What is lost on the way out, said in the log: when it begins, once a minute while it lasts, and when it is over. The
 * line goes to every sink, so that the one that works tells of the one that does not.
 */
export const trouble = (clock: Clock, say: Lines["say"]) => {
  const states = new Map<string, State>();
  const stateOf = (name: string): State => {
    const known = states.get(name);
    if (known !== undefined) return known;
    const fresh = { failures: 0, dropped: 0, saidAt: Number.NEGATIVE_INFINITY, isDown: false };
    states.set(name, fresh);
    return fresh;
  };

  const tell = (name: string, state: State, reason: string): void => {
    const now = clock.monotonic();
    if (now - state.saidAt < AGAIN_MS) return;
    state.saidAt = now;
    const { failures, dropped } = state;
    state.failures = 0;
    state.dropped = 0;
    const lost = dropped === 0 ? "nothing lost so far" : `${dropped} lost`;
    say("warn", "export.failed", `${name} cannot be reached or refuses (${reason}): ${failures} failures, ${lost}`, {
      ours: { exporter: name, dropped },
    });
  };

  return {
    well: (name: string): void => {
      const state = stateOf(name);
      if (!state.isDown) return;
      states.delete(name);
      say("info", "export.recovered", `${name} takes what it is sent again`, {
        ours: { exporter: name, dropped: state.dropped },
      });
    },
    failed: (name: string, reason: string): void => {
      const state = stateOf(name);
      state.failures++;
      state.isDown = true;
      tell(name, state, reason);
    },
    dropped: (name: string, items: number, reason: string): void => {
      const state = stateOf(name);
      state.dropped += items;
      tell(name, state, reason);
    },
  };
};
