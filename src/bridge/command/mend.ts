import {
  type Condition,
  type ConditionCommand,
  type ConditionFact,
  condition,
  type Finding,
} from "../../domain/condition.ts";
import { type EventData, type Fact, type Recorded, streamOf } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng } from "../../domain/world.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import { type Handled, handler, type Load, unavailable } from "./handle.ts";
import { type Caller, draft, idSource } from "./world.ts";

export interface MendPorts {
  readonly log: Log;
  readonly rng: Rng;
  readonly now: () => number;
  readonly limits: Limits;
  readonly load: Load<Condition>;
  readonly all: () => readonly { readonly id: string; readonly revision: number }[];
  readonly signOffs: (review: string, asker: string) => EventData<"condition.census">["signOffs"];
}

type Asked<T extends ConditionCommand["type"]> = Omit<
  Extract<ConditionCommand, { readonly type: T }>,
  "type" | "by" | "now" | "limits"
>;

/** What a review found wanting, and its mending. */
export const mendCommands = (ports: MendPorts) => {
  const { log, rng, now, limits, load, all } = ports;
  const handle = handler<
    Condition,
    ConditionCommand,
    ConditionFact["type"],
    ConditionFact & { actor: string; time: number }
  >(log, condition, load);
  const newId = idSource(rng);
  const run = (id: string, command: ConditionCommand, caller: Caller, isNew = false): Promise<Handled<Condition>> => {
    const stream = streamOf.condition(id);
    const around = { stream, time: command.now, caller, parties: [], correlation: stream };
    return handle(stream, command, (fact) => draft(fact, around), undefined, isNew);
  };
  const given = ({ actor }: Caller) => ({ by: actor, now: now() });

  return {
    open: async (
      finding: Finding,
      caller: Caller,
    ): Promise<{ readonly ok: true; readonly id: string } | { readonly ok: false; readonly refusal: Refusal }> => {
      if (all().length >= limits.conditionsMax)
        return { ok: false, refusal: refusal("too_many_open", `there are ${limits.conditionsMax} conditions`) };
      const command = { type: "open", finding, limits, ...given(caller) } as const;
      const id = newId("co_", command.now);
      const outcome = await run(id, command, caller, true);
      return outcome.ok ? { ok: true, id } : outcome;
    },
    acknowledge: (id: string, asked: Asked<"acknowledge">, caller: Caller) =>
      run(id, { type: "acknowledge", ...asked, limits, ...given(caller) }, caller),
    claim: (id: string, asked: Asked<"claim">, caller: Caller) =>
      run(id, { type: "claim", ...asked, ...given(caller) }, caller),
    resolve: (id: string, asked: Asked<"resolve">, caller: Caller) =>
      run(id, { type: "resolve", ...asked, ...given(caller) }, caller),
    waive: (id: string, asked: Asked<"waive">, caller: Caller) =>
      run(id, { type: "waive", ...asked, limits, ...given(caller) }, caller),
    /** States which conditions there are, so that nobody can leave one out afterwards. */
    census: async (
      review: string,
      caller: Caller,
    ): Promise<
      | { readonly ok: true; readonly event: Recorded<"condition.census"> }
      | { readonly ok: false; readonly refusal: Refusal }
    > => {
      const stream = streamOf.census;
      const conditions = all().map(({ id, revision }) => ({ id, revision }));
      const signOffs = ports.signOffs(review, caller.actor);
      const fact: Fact<"condition.census"> = { type: "condition.census", data: { review, conditions, signOffs } };
      const event = draft(fact, { stream, time: now(), caller, parties: [], correlation: stream });
      try {
        const appended = await log.append([{ stream, expect: "any", events: [event] }]);
        if (!appended.ok) throw new Error("an append that expects nothing met a conflict");
        return { ok: true, event: appended.events[0] as Recorded<"condition.census"> };
      } catch (fault) {
        if (fault instanceof LogUnavailable) return unavailable();
        throw fault;
      }
    },
  };
};

export type MendCommands = ReturnType<typeof mendCommands>;
