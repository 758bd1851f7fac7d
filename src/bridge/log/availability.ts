import type { Cancel, Clock, Scheduler } from "../../domain/world.ts";
import type { Fault } from "./fault.ts";
import { type LogHealth, LogUnavailable } from "./log.ts";

type State =
  | { readonly kind: "open" }
  | { readonly kind: "down"; readonly why: Fault; readonly since: number }
  | { readonly kind: "closed"; readonly since: number };

/** Whether a log can be written now, since when not and why, and when to try again. */
export interface Availability {
  readonly isOpen: () => boolean;
  readonly health: () => LogHealth;
  /** What an append, or after closing a read, is told now. */
  readonly refusal: () => LogUnavailable;
  /** The disk failed, again or for the first time: `probe` runs after `probeMs`. */
  readonly down: (why: Fault) => void;
  readonly up: () => void;
  readonly close: () => void;
}

export const availability = (options: {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly probeMs: number;
  readonly probe: () => void;
}): Availability => {
  let state: State = { kind: "open" };
  let planned: Cancel | undefined;

  const plan = (): void => {
    planned ??= options.scheduler.after(options.probeMs, () => {
      planned = undefined;
      if (state.kind === "down") options.probe();
    });
  };
  const cancel = (): void => {
    planned?.();
    planned = undefined;
  };

  return {
    isOpen: () => state.kind === "open",
    health: () =>
      state.kind === "open" ? { writable: true } : { writable: false, reason: reasonOf(state), since: state.since },
    refusal: () =>
      state.kind === "down"
        ? new LogUnavailable(reasonOf(state), state.why.fault)
        : new LogUnavailable("the log is closed", "closed"),
    down: (why) => {
      if (state.kind === "closed") return;
      state = { kind: "down", why, since: state.kind === "down" ? state.since : options.clock.now() };
      plan();
    },
    up: () => {
      if (state.kind === "down") state = { kind: "open" };
      cancel();
    },
    close: () => {
      if (state.kind !== "closed") state = { kind: "closed", since: options.clock.now() };
      cancel();
    },
  };
};

const reasonOf = (state: Exclude<State, { readonly kind: "open" }>): string =>
  state.kind === "closed" ? "the log is closed" : `the log cannot be written: ${state.why.reason}`;
