import { cut, type Plan } from "./plan.ts";
import { type SimulateOptions, simulate } from "./simulate.ts";
import type { Failure } from "./world.ts";

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
}

/** Runs spent on making one failure smaller: the last of them win little. */
const RUNS_MAX = 400;

/**
 * The smallest plan found that still breaks the same promise: delta debugging over its steps, then over its agents. A
 * step that is gone takes its own luck with it and nobody else's, which is what makes this work.
 */
export const shrink = async (seed: number, plan: Plan, failure: Failure, options: SimulateOptions): Promise<Shrunk> => {
  let runs = 0;
  const stillFails = async (candidate: Plan): Promise<boolean> => {
    runs++;
    const { failure: found } = await simulate(seed, candidate, options);
    return found?.invariant === failure.invariant;
  };

  /** Leaves out as many elements as it can, in ever smaller pieces. */
  const reduce = async <T>(all: readonly T[], planOf: (kept: readonly T[]) => Plan): Promise<readonly T[]> => {
    let kept = all;
    for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < kept.length && runs < RUNS_MAX; ) {
        const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
        if (await stillFails(planOf(rest))) kept = rest;
        else from += size;
      }
    }
    return kept;
  };

  const agents = new Set(plan.agents);
  const steps = await reduce(
    plan.steps.map(({ n }) => n),
    (kept) => cut(plan, new Set(kept), agents),
  );
  const people = await reduce(plan.agents, (kept) => cut(plan, new Set(steps), new Set(kept)));
  return { plan: cut(plan, new Set(steps), new Set(people)), runs };
};
