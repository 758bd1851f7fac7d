import { type Refusal, refusal } from "./refusal.ts";

/**
 * What a chain of causes has spent. Agents that ask because they were asked can go round all night; a story counts how
 * deep, in which circle and how often, over everything that hangs on one first question.
 */
export interface Story {
  readonly asked: number;
  /** By `asker target`. */
  readonly pairs: ReadonlyMap<string, number>;
  readonly askers: ReadonlyMap<string, number>;
}

export interface Budget {
  /** Causes in a row. */
  readonly chainDepthMax: number;
  /** Elicitations in one story. */
  readonly storyAsksMax: number;
  readonly storyPairAsksMax: number;
  readonly storyAgentAsksMax: number;
}

/** One link of a chain of causes: who asked whom. */
export interface Link {
  readonly from: string;
  readonly to: string;
}

export const emptyStory: Story = { asked: 0, pairs: new Map(), askers: new Map() };

/** The story with one more question in it. */
export const told = (story: Story, { from, to }: Link): Story => ({
  asked: story.asked + 1,
  pairs: plusOne(story.pairs, pairOf(from, to)),
  askers: plusOne(story.askers, from),
});

/**
 * Whether one more question may join the story. `chain` are its causes, nearest first. Asking back is no loop (a
 * target may question its asker); walking the same way twice is.
 */
export const joins = (
  story: Story,
  chain: readonly Link[],
  { from, to }: Link,
  budget: Budget,
): Refusal | undefined => {
  if (chain.length >= budget.chainDepthMax) {
    return refusal(
      "loop_detected",
      `the chain of causes is ${chain.length} deep, and ${budget.chainDepthMax} is the limit`,
    );
  }
  if (chain.some((link) => link.from === from && link.to === to)) {
    return refusal("loop_detected", `${from} has asked ${to} in this chain before`);
  }
  if (story.asked >= budget.storyAsksMax) return spent("this story", story.asked);
  const pair = story.pairs.get(pairOf(from, to)) ?? 0;
  if (pair >= budget.storyPairAsksMax) return spent(`${from} asking ${to} in this story`, pair);
  const own = story.askers.get(from) ?? 0;
  if (own >= budget.storyAgentAsksMax) return spent(`${from} in this story`, own);
  return undefined;
};

const spent = (whose: string, count: number): Refusal =>
  refusal("budget_spent", `the budget of ${whose} is spent: ${count} questions`);

const pairOf = (from: string, to: string): string => `${from} ${to}`;

const plusOne = (counts: ReadonlyMap<string, number>, key: string): ReadonlyMap<string, number> =>
  new Map(counts).set(key, (counts.get(key) ?? 0) + 1);
