import { bridgeActor } from "../../domain/agent.ts";
import { streamOf } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import {
  type Check,
  type Mode,
  type ModeCommand,
  type ModeEvent,
  type ModeFact,
  mode,
  type Trigger,
} from "../../domain/mode.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Load, RETRY_AFTER_MS } from "./handle.ts";
import type { Action } from "./policy.ts";
import { type Caller, draft } from "./world.ts";

export interface DegradePorts {
  readonly log: Log;
  readonly now: () => number;
  readonly limits: Limits;
  readonly load: Load<Mode>;
  readonly committed: () => Mode;
  /** What has to be so before the bridge may go back to normal, looked at now. */
  readonly checks: () => Promise<readonly Check[]>;
}

/** What would be new work. Everything else, answers first, is reading or finishing. */
const newWork: ReadonlySet<Action> = new Set(["ask", "signOff", "inquire", "appendEvent", "register"]);

/** Into an emergency, by a reading or an operator; out of it by a person, and only while every check passes. */
export const degradeCommands = ({ log, now, limits, load, committed, checks }: DegradePorts) => {
  const handle = handler<Mode, ModeCommand, ModeFact["type"], ModeEvent>(log, mode, load);
  const run = (command: ModeCommand, caller: Caller): Promise<Handled<Mode>> => {
    const stream = streamOf.mode;
    const time = now();
    return handle(stream, command, (fact) => draft(fact, { stream, time, caller, parties: [], correlation: stream }));
  };
  /** In force before it is on disk: the disk may be what is wrong. */
  let declared: Extract<Mode, { readonly name: "emergency" }> | undefined;

  const current = (): Mode => {
    const state = committed();
    return declared !== undefined && state.name !== "emergency" ? declared : state;
  };

  const enter = async (command: Extract<ModeCommand, { readonly type: "enter" }>, caller: Caller) => {
    declared = { name: "emergency", since: now(), trigger: command.trigger, detail: command.detail };
    const outcome = await run(command, caller);
    if (outcome.ok) declared = undefined;
    else if (outcome.refusal.code === "log_unavailable") return inForceUnwritten;
    return outcome;
  };

  return {
    current,
    checks,
    /** Why this is not taken now; undefined when it is. */
    refuses: (action: Action): Refusal | undefined => {
      const state = current();
      if (state.name === "normal" || !newWork.has(action)) return undefined;
      const retryAfterMs = limits.emergencyRetryAfterMs;
      return refusal("degraded", `${state.name} since ${new Date(state.since).toISOString()}: ${state.detail}`, {
        retryAfterMs,
      });
    },
    alarm: (trigger: Trigger, detail: string) =>
      enter({ type: "enter", trigger, detail }, { actor: bridgeActor, trace: null }),
    declare: (reason: string, caller: Caller) => enter({ type: "enter", trigger: "operator", detail: reason }, caller),
    recover: (reason: string, caller: Caller) => run({ type: "recover", reason }, caller),
    resume: async (reason: string, caller: Caller) => run({ type: "resume", reason, checks: await checks() }, caller),
  };
};

/** Whoever called it has to know that a restart may forget it, and need not call it again. */
const inForceUnwritten = {
  ok: false,
  refusal: refusal("log_unavailable", "the emergency is in force, and is written down as soon as the log can be", {
    retryAfterMs: RETRY_AFTER_MS,
  }),
} as const;

export type DegradeCommands = ReturnType<typeof degradeCommands>;
