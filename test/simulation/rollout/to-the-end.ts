import { operators } from "../cast.ts";
import type { Stage } from "../stage.ts";
import { byHand, mend } from "./by-hand.ts";

/** How often somebody goes on with what is unfinished before it counts as stuck. */
const TRIES = 6;
/** A rollout of two steps that sees nothing, a lease that has to run out, and the seven steps. */
const TRY_MS = 45_000;

/** Of no step in a plan. */
const FIRST_N = 900_000;

type RunFor = (ms: number, isOver: () => boolean) => Promise<void>;

/** Everything is well: whatever rollout or rollback was begun comes to its end when somebody goes on with it. */
export const toTheEnd = async (on: Stage, runFor: RunFor): Promise<void> => {
  const { world, past, controllers } = on;
  const isIdle = (): boolean => operators.every((by) => !controllers.isBusy(by));
  const isDone = (): boolean => {
    const { rollout, rollback } = past.rollouts.standing();
    return rollout === undefined && rollback === undefined;
  };
  for (let n = 0; n < TRIES && !isDone() && world.failure() === undefined; n++) {
    // A rollout that a person has paused waits for one.
    if (n > 1) byHand(on, "abort");
    // What others have done meanwhile stands in the way of a rollback, and it says so.
    if (n > 0) mend(on);
    controllers.start(operators[n % operators.length] ?? "olga", { n: FIRST_N + n, job: { kind: "go on" } });
    await runFor(TRY_MS, () => isIdle());
    for (const by of operators) controllers.kill(by);
  }
  if (!isDone()) {
    world.fail("what was begun comes to its end", `after ${TRIES} times: ${JSON.stringify(past.rollouts.standing())}`);
  }
};
