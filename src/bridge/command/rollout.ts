import { bridgeActor } from "../../domain/agent.ts";
import { streamOf } from "../../domain/event.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { type Begun, type Rollback, type RollbackCommand, type RollbackFact, rollback } from "../../domain/rollback.ts";
import { type Rollout, type RolloutCommand, type RolloutFact, rollout } from "../../domain/rollout.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Snapshot } from "./handle.ts";
import { type Caller, draft } from "./world.ts";

export interface RolloutPorts {
  readonly log: Log;
  readonly now: () => number;
  readonly rollout: () => Snapshot<Rollout>;
  readonly rollback: () => Snapshot<Rollback>;
  /** The share of agents in the canary arm, 0 when the flag is off for all; and what is open in that arm. */
  readonly canary: (flag: string) => { readonly percent: number; readonly open: number };
  /** Position of the oldest open question; that of the log's end when none is open. */
  readonly openFrom: () => number;
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

/** What may happen to the one rollout and the one rollback of a bridge. */
export const rolloutCommands = (ports: RolloutPorts) => {
  const { log, now } = ports;
  const onRollout = handler<Rollout, RolloutCommand, RolloutFact["type"], RolloutFact>(log, rollout, ports.rollout);
  const onRollback = handler<Rollback, RollbackCommand, RollbackFact["type"], RollbackFact>(
    log,
    rollback,
    ports.rollback,
  );

  const advance = (command: RolloutCommand, caller: Caller): Promise<Handled<Rollout>> => {
    const [stream, time] = [streamOf.rollout, now()];
    const correlation = `${stream}/${command.id}`;
    return onRollout(stream, command, (fact) => draft(fact, { stream, time, caller, parties: [], correlation }));
  };

  const goBack = async (command: RollbackCommand, caller: Caller): Promise<Handled<Rollback>> => {
    const [stream, time] = [streamOf.rollback, now()];
    const correlation = `${stream}/${command.type === "start" ? command.begun.id : command.id}`;
    const outcome = await onRollback(stream, command, (fact) =>
      draft(fact, { stream, time, caller, parties: [], correlation }),
    );
    // Finished is finished, also when the process ended between these two: a repeated finish comes by here again.
    if (outcome.ok && outcome.state.status === "finished" && command.type === "finish") {
      const { id, rollout: of } = outcome.state.begun;
      if (of !== "") await advance({ type: "withdraw", id: of, rollback: id }, { ...caller, actor: bridgeActor });
    }
    return outcome;
  };

  /**
   * A rollout may not start while a rollback is under way. The other way round a rollback ends the rollout first, and
   * stands in the log after it: from then on no step is entered, whoever still believes to be its controller.
   */
  const start = async (command: Extract<RolloutCommand, { type: "start" }>, caller: Caller) => {
    const back = ports.rollback().state;
    if (back.status === "running" && !back.begun.rehearsal) {
      return busy(`the rollback ${back.begun.id} is under way`);
    }
    return advance(command, caller);
  };

  const startRollback = async (
    wanted: Omit<Begun, "rollout" | "percentBefore" | "openFrom">,
    caller: Caller,
  ): Promise<Handled<Rollback>> => {
    const running = ports.rollback().state;
    const isRepeat = running.status === "running" && running.begun.id === wanted.id;
    const going = ports.rollout().state;
    const isGoing = going.status === "running" || going.status === "paused" || going.status === "aborting";
    const canary = ports.canary(wanted.flag);
    const rollsBack = isGoing && !wanted.rehearsal && going.plan.flag === wanted.flag;
    if (!isRepeat && !wanted.rehearsal && !rollsBack && canary.percent === 0 && canary.open === 0) {
      const detail = `the flag ${wanted.flag} is off for everybody, and nothing is open in the canary arm`;
      return { ok: false, refusal: refusal("nothing_to_roll_back", detail) };
    }
    if (rollsBack) {
      const { reason, trigger } = wanted;
      const aborted = await advance({ type: "abort", id: going.id, reason, trigger }, caller);
      if (!aborted.ok) return aborted;
    }
    const begun: Begun = {
      ...wanted,
      rollout: rollsBack ? going.id : "",
      percentBefore: canary.percent,
      openFrom: ports.openFrom(),
    };
    return goBack({ type: "start", begun }, caller);
  };

  /** Each looks at the other's stream first, and has to find there what the one before it has written. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn =
    <A extends readonly unknown[], R>(begin: (...all: A) => Promise<R>) =>
    (...all: A): Promise<R> => {
      const mine = turn.then(() => begin(...all));
      turn = mine.catch(() => undefined);
      return mine;
    };

  return { start: inTurn(start), advance, startRollback: inTurn(startRollback), goBack };
};

const busy = (detail: string): Refused => ({ ok: false, refusal: refusal("rollout_busy", detail) });

export type RolloutCommands = ReturnType<typeof rolloutCommands>;
