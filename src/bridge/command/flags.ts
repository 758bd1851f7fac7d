import { streamOf } from "../../domain/event.ts";
import { type Flag, type FlagCommand, type FlagFact, type FlagRule, flag, unsetRule } from "../../domain/flag.ts";
import type { Limits } from "../../domain/limit.ts";
import { refusal } from "../../domain/refusal.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import { type Caller, draft } from "./world.ts";

export interface FlagPorts {
  readonly log: Log;
  readonly now: () => number;
  readonly limits: Limits;
  readonly load: Load<Flag>;
  readonly count: () => number;
}

/** Changes to flags. Each is an event: who made it and why stays. */
export const flagCommands = ({ log, now, limits, load, count }: FlagPorts) => {
  const handle = handler<Flag, FlagCommand, FlagFact["type"], FlagFact>(log, flag, load);

  const run = async (name: string, command: FlagCommand, caller: Caller): Promise<Handled<Flag>> => {
    const stream = streamOf.flag(name);
    const known = (await load(stream)).revision >= 0;
    if (!known && count() >= limits.flagsMax) {
      return { ok: false, refusal: refusal("too_many_open", `there are ${limits.flagsMax} flags`) };
    }
    const time = now();
    return handle(stream, command, (fact) => draft(fact, { stream, time, caller, parties: [], correlation: stream }));
  };

  return {
    /** `fence`: the one that this was decided on. */
    set: (name: string, rule: FlagRule, fence: number, reason: string, caller: Caller) =>
      run(name, { type: "set", rule, fence, reason }, caller),
    kill: (name: string, reason: string, caller: Caller) => run(name, { type: "kill", reason }, caller),
    /** Back to the rule that was in force when it was killed, unless another is given. */
    restore: (name: string, rule: FlagRule | undefined, fence: number, reason: string, caller: Caller) =>
      run(
        name,
        { type: "restore", unset: unsetRule(name), ...(rule === undefined ? {} : { rule }), fence, reason },
        caller,
      ),
  };
};

export type FlagCommands = ReturnType<typeof flagCommands>;
