import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { refusal } from "./refusal.ts";

/**
 * How much of its work the bridge does.
 *
 *     normal ─► emergency ─► recovering ─► normal
 *                  ▲  any state, by a reading beyond its limit or by an operator
 *
 * Outside of normal, reads go on and what is under way finishes; new work is refused. The way back is a person's, and
 * only open while every check passes: a bridge that lets itself off has forgotten why it stopped.
 */
export type Mode =
  | { readonly name: "normal"; readonly since: number | null }
  | { readonly name: "emergency"; readonly since: number; readonly trigger: Trigger; readonly detail: string }
  | { readonly name: "recovering"; readonly since: number; readonly trigger: Trigger; readonly detail: string };

export type Trigger = EventData<"mode.emergency_entered">["trigger"];
export type ModeFact = Fact<Extract<EventTypeName, `mode.${string}`>>;
/** `time`: when it was recorded, milliseconds since 1970. */
export type ModeEvent = ModeFact & { readonly time: number };

/** One thing that has to be so before the bridge may go back to normal. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly says: string;
}

export type ModeCommand =
  | { readonly type: "enter"; readonly trigger: Trigger; readonly detail: string }
  | { readonly type: "recover"; readonly reason: string }
  | { readonly type: "resume"; readonly reason: string; readonly checks: readonly Check[] };

const decide = (state: Mode, command: ModeCommand): Decision<ModeFact> => {
  switch (command.type) {
    case "enter":
      // Once in it, a second reason changes nothing; while recovering it does: the recovery has failed.
      return state.name === "emergency"
        ? decided()
        : decided({ type: "mode.emergency_entered", data: { trigger: command.trigger, detail: command.detail } });
    case "recover":
      return state.name === "emergency"
        ? decided({ type: "mode.recovery_begun", data: { reason: command.reason } })
        : refused(refusal("not_in_that_mode", `recovering begins in an emergency, and this is ${state.name}`));
    case "resume":
      return resume(state, command);
  }
};

const resume = (state: Mode, { reason, checks }: Extract<ModeCommand, { readonly type: "resume" }>) => {
  if (state.name !== "recovering") {
    return refused<ModeFact>(refusal("not_in_that_mode", `normal comes after recovering, and this is ${state.name}`));
  }
  const failing = checks.filter(({ ok }) => !ok);
  // No evidence is not good evidence.
  if (checks.length === 0) return refused<ModeFact>(refusal("checks_failing", "no check was run"));
  if (failing.length > 0) {
    const problems = failing.map(({ name, says }) => ({ pointer: "", message: `${name}: ${says}` }));
    return refused<ModeFact>(refusal("checks_failing", `${failing.length} of ${checks.length} fail`, { problems }));
  }
  const passed = checks.map(({ name, says }) => `${name}: ${says}`);
  return decided<ModeFact>({ type: "mode.normal_resumed", data: { reason, checks: passed } });
};

const evolve = (state: Mode, event: ModeEvent): Mode => {
  const since = event.time;
  switch (event.type) {
    case "mode.emergency_entered":
      return { name: "emergency", since, ...event.data };
    case "mode.recovery_begun":
      return state.name === "normal" ? state : { ...state, name: "recovering", since };
    case "mode.normal_resumed":
      return { name: "normal", since };
  }
};

export const mode: Decider<Mode, ModeCommand, ModeFact, ModeEvent> = {
  initial: { name: "normal", since: null },
  decide,
  evolve,
};

/** What was measured; a reading that nobody can give is absent, and triggers nothing. */
export interface Vitals {
  /** Free share of the log's disk, 0 to 1. */
  readonly diskFreeShare?: number;
  /** 99th percentile of appends in the window, in milliseconds, and how many there were. */
  readonly appendP99Ms?: number;
  readonly appends?: number;
  /** Share of calls in the window that failed through the bridge's own fault, 0 to 1, and how many there were. */
  readonly errorShare?: number;
  readonly calls?: number;
}

export interface VitalLimits {
  readonly emergencyDiskFreeShareMin: number;
  readonly emergencyAppendP99MsMax: number;
  readonly emergencyErrorShareMax: number;
  readonly emergencySamplesMin: number;
}

/** The first reading beyond its limit, and what it says; undefined when none is. */
export const alarmOf = (
  vitals: Vitals,
  limits: VitalLimits,
): { readonly trigger: Trigger; readonly detail: string } | undefined => {
  const { diskFreeShare, appendP99Ms, errorShare, appends = 0, calls = 0 } = vitals;
  if (diskFreeShare !== undefined && diskFreeShare < limits.emergencyDiskFreeShareMin) {
    const detail = `${percent(diskFreeShare)} of the disk is free, the least is ${percent(limits.emergencyDiskFreeShareMin)}`;
    return { trigger: "disk", detail };
  }
  const isSlow = appendP99Ms !== undefined && appendP99Ms > limits.emergencyAppendP99MsMax;
  if (isSlow && appends >= limits.emergencySamplesMin) {
    const detail = `appends take ${Math.round(appendP99Ms)} ms (P99 of ${appends}), the most is ${limits.emergencyAppendP99MsMax} ms`;
    return { trigger: "append_latency", detail };
  }
  const isFailing = errorShare !== undefined && errorShare > limits.emergencyErrorShareMax;
  if (isFailing && calls >= limits.emergencySamplesMin) {
    const detail = `${percent(errorShare)} of ${calls} calls fail, the most is ${percent(limits.emergencyErrorShareMax)}`;
    return { trigger: "error_rate", detail };
  }
  return undefined;
};

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
