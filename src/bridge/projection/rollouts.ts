import { type Recorded, streamOf } from "../../domain/event.ts";
import { nextStep, type Rollback, type RollbackFact, rollback } from "../../domain/rollback.ts";
import { type Rollout, type RolloutFact, rollout } from "../../domain/rollout.ts";

interface Held<State> {
  readonly state: State;
  readonly revision: number;
  /** Position of the event that began it; 0 while there is none. */
  readonly began: number;
}

/** The one rollout and the one rollback, as committed. */
export const rolloutView = () => {
  let going: Held<Rollout> = { state: rollout.initial, revision: -1, began: 0 };
  let goingBack: Held<Rollback> = { state: rollback.initial, revision: -1, began: 0 };
  return {
    fold: (event: Recorded): void => {
      const { revision, position } = event;
      if (event.stream === streamOf.rollout) {
        const state = rollout.evolve(going.state, event as Recorded & RolloutFact);
        going = { state, revision, began: event.type === "rollout.started" ? position : going.began };
      } else if (event.stream === streamOf.rollback) {
        const state = rollback.evolve(goingBack.state, event as Recorded & RollbackFact);
        goingBack = { state, revision, began: event.type === "rollback.started" ? position : goingBack.began };
      }
    },
    rollout: (): Held<Rollout> => going,
    rollback: (): Held<Rollback> => goingBack,
  };
};

export type RolloutView = ReturnType<typeof rolloutView>;

/** Both in one flat form, for whoever asks. */
export const standingOf = (view: RolloutView, now: number) => ({
  now,
  rollout: flatRollout(view.rollout()),
  rollback: flatRollback(view.rollback()),
});

const unwatched = { looks: 0, watchedMs: 0, blindMs: 0, samples: 0, verdict: "none", promoted: false } as const;

const flatRollout = ({ state, began: position }: Held<Rollout>) => {
  if (state.status === "none") return null;
  const { id, plan, lease } = state;
  if (state.status === "ended") {
    const step = plan.steps.length - 1;
    return {
      id,
      position,
      plan,
      lease,
      status: state.how,
      step,
      stage: "ended",
      ...unwatched,
      why: "",
      trigger: "",
    } as const;
  }
  const { at, status } = state;
  const soak = at.name === "soaking" ? at : undefined;
  const watched = soak === undefined ? unwatched : pick(soak);
  const why = state.status === "running" ? (soak?.why ?? "") : state.reason;
  const trigger = state.status === "aborting" ? state.trigger : "";
  return {
    id,
    position,
    status,
    plan,
    lease,
    step: at.name === "waiting" ? -1 : at.step,
    stage: at.name,
    ...watched,
    why,
    trigger,
  };
};

const pick = <T extends { [K in keyof typeof unwatched]: unknown }>(at: T): Pick<T, keyof typeof unwatched> => {
  const { looks, watchedMs, blindMs, samples, verdict, promoted } = at;
  return { looks, watchedMs, blindMs, samples, verdict, promoted };
};

const flatRollback = ({ state, began: position }: Held<Rollback>) => {
  switch (state.status) {
    case "none":
      return null;
    case "running":
      return {
        ...state.begun,
        position,
        status: state.status,
        lease: state.lease,
        done: state.done.map(({ step }) => step),
        next: nextStep(state) ?? null,
        report: "",
      };
    case "finished":
      return {
        ...state.begun,
        position,
        status: state.status,
        lease: state.lease,
        done: [],
        next: null,
        report: state.report,
      };
  }
};
