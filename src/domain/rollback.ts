import { type Decider, type Decision, decided, refused } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";
import { rollbackSteps } from "./event-rollout.ts";
import { type Lease, noLease, takeLease, unlessFenced } from "./lease.ts";
import { refusal } from "./refusal.ts";

/**
 * The way back, in seven steps, each done once and in order. One at a time on a bridge; a real one displaces a rehearsal,
 * and one for everybody one for some. It cannot be called off: half a rollback is worse than either end.
 */
export type Rollback =
  | { readonly status: "none"; readonly lease: Lease }
  | RunningRollback
  | { readonly status: "finished"; readonly begun: Begun; readonly lease: Lease; readonly report: string };

export interface RunningRollback {
  readonly status: "running";
  readonly begun: Begun;
  readonly lease: Lease;
  readonly done: readonly DoneStep[];
}

export type Begun = EventData<"rollback.started">;
export type RollbackScope = Begun["scope"];
export type RollbackStep = EventData<"rollback.step_done">["step"];
export type DoneStep = Omit<EventData<"rollback.step_done">, "id" | "fence">;
export type RollbackFact = Fact<Extract<EventTypeName, `rollback.${string}`>>;

export type RollbackCommand =
  | { readonly type: "start"; readonly begun: Begun }
  | {
      readonly type: "lease";
      readonly id: string;
      readonly holder: string;
      readonly now: number;
      readonly forMs: number;
    }
  | { readonly type: "done"; readonly id: string; readonly fence: number; readonly step: DoneStep }
  | {
      readonly type: "fail";
      readonly id: string;
      readonly fence: number;
      readonly step: RollbackStep;
      readonly durationMs: number;
      readonly why: string;
    }
  | {
      readonly type: "finish";
      readonly id: string;
      readonly fence: number;
      readonly report: string;
      readonly lost: number;
      readonly durationMs: number;
    };

type Outcome = Decision<RollbackFact>;

const decide = (state: Rollback, command: RollbackCommand): Outcome => {
  if (command.type === "start") return start(state, command.begun);
  if (state.status === "none" || state.begun.id !== command.id) {
    return refused(refusal("no_rollout", "no rollback of that id is under way"));
  }
  if (state.status === "finished") {
    return command.type === "lease" ? refused(refusal("no_rollout", "that rollback is finished")) : decided();
  }
  if (command.type === "lease") {
    const taken = takeLease(state.lease, command.holder, command.now, command.forMs);
    return taken.ok
      ? decided({ type: "rollback.leased", data: { id: command.id, ...taken.lease } })
      : refused(taken.refusal);
  }
  const fenced = unlessFenced(state.lease, command.fence);
  if (fenced !== undefined) return refused(fenced);
  const { id, fence } = command;
  switch (command.type) {
    case "done": {
      const { step } = command;
      if (state.done.some((done) => done.step === step.step)) return decided();
      const next = nextStep(state);
      return next === step.step
        ? decided({ type: "rollback.step_done", data: { id, fence, ...step } })
        : refused(refusal("no_evidence", `the next step is ${next ?? "none"}, not ${step.step}`));
    }
    case "fail": {
      const { step, durationMs, why } = command;
      return decided({ type: "rollback.step_failed", data: { id, fence, step, durationMs, why } });
    }
    case "finish": {
      const next = nextStep(state);
      if (next !== undefined) return refused(refusal("no_evidence", `the step ${next} is not done`));
      const { report, lost, durationMs } = command;
      return decided({ type: "rollback.finished", data: { id, fence, report, lost, durationMs } });
    }
  }
};

const start = (state: Rollback, begun: Begun): Outcome => {
  if (state.status === "running") {
    if (state.begun.id === begun.id) return decided();
    if (!displaces(begun, state.begun))
      return refused(refusal("rollout_busy", `the rollback ${state.begun.id} is under way`));
  }
  return decided({ type: "rollback.started", data: begun });
};

/** A real one beats a rehearsal; one for everybody does all that one for some would, and need not wait for it. */
const displaces = (begun: Begun, running: Begun): boolean => {
  if (begun.rehearsal) return false;
  return running.rehearsal || (begun.flag === running.flag && isWider(begun.scope, running.scope));
};

const isWider = (scope: RollbackScope, than: RollbackScope): boolean => scope.kind === "full" && than.kind !== "full";

/** The first step that is not done; undefined when all are. */
export const nextStep = ({ done }: Pick<RunningRollback, "done">): RollbackStep | undefined =>
  rollbackSteps.find((step) => !done.some((each) => each.step === step));

const evolve = (state: Rollback, fact: RollbackFact): Rollback => {
  if (fact.type === "rollback.started") {
    return { status: "running", begun: fact.data, lease: { ...state.lease, holder: "", until: 0 }, done: [] };
  }
  if (state.status !== "running" || fact.data.id !== state.begun.id) return state;
  switch (fact.type) {
    case "rollback.leased": {
      const { fence, holder, until } = fact.data;
      return { ...state, lease: { fence, holder, until } };
    }
    case "rollback.step_done": {
      const { step, durationMs, found, detail } = fact.data;
      return { ...state, done: [...state.done, { step, durationMs, found, detail }] };
    }
    case "rollback.step_failed":
      return state;
    case "rollback.finished":
      return { status: "finished", begun: state.begun, lease: state.lease, report: fact.data.report };
  }
};

export const rollback: Decider<Rollback, RollbackCommand, RollbackFact> = {
  initial: { status: "none", lease: noLease },
  decide,
  evolve,
};
