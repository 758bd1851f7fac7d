import { act } from "./act.ts";
import type { BugName } from "./bugs.ts";
import { operators } from "./cast.ts";
import { examine } from "./checker/projections.ts";
import { allEnded, closing, notEnded } from "./closing.ts";
import { lastRound } from "./last-round.ts";
import { opening } from "./opening.ts";
import type { Plan } from "./plan.ts";
import { toTheEnd } from "./rollout/to-the-end.ts";
import type { Interesting } from "./sometimes.ts";
import { type Stage, stage } from "./stage.ts";
import { withoutThreadPool } from "./thread-pool.ts";
import { rewire } from "./wiring.ts";
import type { Failure } from "./world.ts";

export interface Result {
  readonly seed: number;
  readonly failure: Failure | undefined;
  /** Equal for equal runs, to the last byte on the net. */
  readonly digest: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly logEvents: number;
  readonly acknowledged: number;
  readonly counts: ReadonlyMap<Interesting, number>;
  /** What happened, for people; empty unless it was asked for. */
  readonly lines: readonly string[];
}

export interface SimulateOptions {
  readonly bug?: BugName | undefined;
  readonly recording?: boolean;
}

/** Between two looks at everything the bridge believes, in events. */
const EXAMINE_EVENTS = 1_500;
/** The longest absence of an agent in a plan, or time that it is frozen: everybody is back after that. */
const ABSENCE_MS = 30_000;
/** After the heal everything has to end within this, on the monotonic clock: the longest deadline, lease and retry. */
const LIVENESS_MS = 120_000;
/** Quiet time at the end, in which whatever is still on its way arrives. */
const SETTLE_MS = 5_000;

/** One whole life of a bridge and its agents, from one seed. The same seed and plan give the same life. */
export const simulate = async (
  seed: number,
  plan: Plan,
  { bug, recording = false }: SimulateOptions = {},
): Promise<Result> => {
  const on = stage(seed, bug, recording);
  const { world, past, ledger, sometimes } = on;
  const undo = rewire(on.wiring);
  const putBack = withoutThreadPool(on.wiring.verified);
  const unhandled = (fault: unknown): void =>
    world.fail("no fault", `unhandled: ${fault instanceof Error ? fault.stack : String(fault)}`);
  process.on("unhandledRejection", unhandled);
  process.on("uncaughtException", unhandled);
  try {
    await live(on, plan);
  } finally {
    undo();
    putBack();
    process.off("unhandledRejection", unhandled);
    process.off("uncaughtException", unhandled);
  }
  return {
    seed,
    failure: world.failure(),
    digest: world.trace.digest(),
    events: world.events(),
    simulatedMs: world.monotonic(),
    logEvents: past.events.length,
    acknowledged: ledger.size(),
    counts: sometimes.counts(),
    lines: world.trace.lines(),
  };
};

/** Safety first, with every fault; then everything heals, and liveness: what was asked has to end. */
const live = async (on: Stage, plan: Plan): Promise<void> => {
  const { world, past } = on;
  await opening(on, plan);
  const begin = world.monotonic();
  for (const step of plan.steps) world.after(null, step.atMs, `step ${step.n} ${step.kind}`, () => act(on, step));
  await runOn(on, begin + plan.healMs);
  heal(on);
  const healed = world.monotonic();
  await runOn(on, healed + ABSENCE_MS);
  await toTheEnd(on, (ms, isOver) => runOn(on, world.monotonic() + ms, isOver));
  await lastRound(on, (ms) => runOn(on, world.monotonic() + ms));
  await runOn(on, world.monotonic() + LIVENESS_MS, () => allEnded(on));
  if (!allEnded(on)) world.fail("liveness", `${LIVENESS_MS} ms after the heal: ${notEnded(on)}`);
  const settled = past.events.length;
  await runOn(on, world.monotonic() + SETTLE_MS);
  await closing(on, settled);
};

/** Looks at everything now and then while it goes on. */
const runOn = async ({ world, host, past }: Stage, untilMs: number, isOver = () => false): Promise<void> => {
  while (world.failure() === undefined && world.monotonic() < untilMs && !isOver()) {
    const next = world.events() + EXAMINE_EVENTS;
    await world.run(untilMs, () => world.events() >= next || isOver());
    const bridge = host.bridge();
    if (bridge !== undefined && world.failure() === undefined) await examine(world, bridge, past);
  }
};

const heal = ({ world, disk, net, controllers }: Stage): void => {
  world.trace.note(world.monotonic(), "heal", () => "everything heals");
  disk.mend();
  net.mend();
  world.setRight();
  for (const by of operators) controllers.kill(by);
};
