import { PUSH_FLAG } from "../../src/domain/arm.ts";
import { fenceOf } from "../../src/domain/flag.ts";
import { answers } from "./cast.ts";
import { isOpen } from "./checker/story.ts";
import { kindOf, wordsOf } from "./questions.ts";
import type { Stage } from "./stage.ts";

/** Steps of a plan are numbered from 0; these questions are none of them. */
const FIRST_N = 1_000_000;
/** From the moment in which everybody is there: the longest poll of a hand-written agent, its rest, and the way. */
const GETS_THERE_MS = 8_000;
const TIMEOUT_MS = 20_000;
const operator = { actor: "operator", trace: null } as const;

type Ask = { readonly arm: "push" | "mailbox"; readonly over: boolean };

/**
 * Everything is well and everybody is there: now each target is asked by each way, and once more with the question put
 * over in the same breath. Whatever way it went, it has to get there.
 */
export const lastRound = async (on: Stage, runFor: (ms: number) => Promise<void>): Promise<void> => {
  const targets = answers.filter((name) => name !== "lea" && (on.hands.has(name) || on.clients.has(name)));
  const asked = new Map<string, Ask>();
  let n = FIRST_N;
  for (const arm of ["push", "mailbox", "push"] as const) {
    if (!(await switchTo(on, arm, runFor))) return;
    for (const to of targets) for (const over of [false, true]) ask(on, n++, to, { arm, over }, asked);
    await runFor(GETS_THERE_MS);
    for (const [id, { over }] of asked) check(on, id, over);
  }
};

const switchTo = async (
  { host }: Stage,
  arm: "push" | "mailbox",
  runFor: (ms: number) => Promise<void>,
): Promise<boolean> => {
  const bridge = host.bridge();
  if (bridge === undefined) return false;
  const state = bridge.flags.state(PUSH_FLAG);
  if (arm === "mailbox") void bridge.flagSet.kill(PUSH_FLAG, "the last round", operator);
  else {
    const all = { percentage: 100, targets: [] };
    if (state.status === "killed") {
      void bridge.flagSet.restore(PUSH_FLAG, all, fenceOf(state), "the last round", operator);
    } else void bridge.flagSet.set(PUSH_FLAG, all, fenceOf(state), "the last round", operator);
  }
  await runFor(500);
  return bridge.armOf("bob") === arm;
};

const ask = ({ host }: Stage, n: number, to: string, how: Ask, asked: Map<string, Ask>): void => {
  const bridge = host.bridge();
  const question = { to, message: wordsOf(n, 0), schema: kindOf(n).schema as never, timeoutMs: TIMEOUT_MS };
  void bridge?.elicit.ask(question, { actor: "cleo", trace: null }).then((outcome) => {
    if (!outcome.ok) return;
    asked.set(outcome.id, how);
    const other = how.arm === "push" ? "mailbox" : "push";
    if (how.over) void bridge.elicit.reroute(outcome.id, other, "the last round", operator);
  });
};

const check = ({ world, past }: Stage, id: string, over: boolean): void => {
  const story = past.stories.get(id);
  if (story === undefined || !isOpen(story)) return;
  if (story.deliveries === 1 && story.holder === undefined && story.status === "offered") {
    world.fail("what is not acknowledged comes again", `${id} to ${story.asked.to}, after ${GETS_THERE_MS} ms`);
  }
  if (story.status !== "asked") return;
  const how = over ? `put over into ${story.arm}` : `by ${story.arm}`;
  world.fail(
    "a question gets to a target that is there",
    `${id} to ${story.asked.to}, ${how}, after ${GETS_THERE_MS} ms`,
  );
};
