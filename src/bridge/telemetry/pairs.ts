import type { Recorded } from "../../domain/event.ts";
import { pairRequests, pairStatuses } from "../../domain/signal.ts";
import type { Cell, Family } from "./series.ts";
import type { Turn } from "./story.ts";

export interface Pairs {
  readonly family: Family;
  readonly folded: (event: Recorded, turn: Turn | undefined) => void;
}

/** What all pairs together are called that came after the table was full. */
export const OTHER = "other";

/**
 * Elicitations by who asked whom, for those who switched it on: the first `pairsMax` pairs that are seen have series of
 * their own, everybody later shares one. 500 agents who all ask each other would otherwise be 998,000 series.
 */
export const openPairs = (pairsMax: number): Pairs => {
  const cells = new Map<string, Cell>();
  let pairs = 0;

  const begin = (from: string, to: string): void => {
    for (const status of pairStatuses) {
      const labels = { from_agent: from, to_agent: to, status };
      // From 0: `increase` cannot see a series that is born with the value 1.
      cells.set(keyOf(from, to, status), { labels, value: 0, buckets: [], exemplars: [] });
    }
  };
  const named = (from: string, to: string): readonly [string, string] => {
    if (cells.has(keyOf(from, to, pairStatuses[0]))) return [from, to];
    if (pairs < pairsMax) {
      pairs++;
      begin(from, to);
      return [from, to];
    }
    if (!cells.has(keyOf(OTHER, OTHER, pairStatuses[0]))) begin(OTHER, OTHER);
    return [OTHER, OTHER];
  };

  return {
    family: { signal: pairRequests, cells: { [Symbol.iterator]: () => cells.values() } },
    folded: (event, turn) => {
      if (turn === undefined) return;
      const { from, to } = turn.story;
      if (event.type === "elicitation.asked") return void named(from, to);
      if (!turn.hasEnded) return;
      const status = pairStatuses.find((each) => event.type === `elicitation.${each}`);
      const cell = status === undefined ? undefined : cells.get(keyOf(...named(from, to), status));
      if (cell !== undefined) cell.value++;
    },
  };
};

/** Names of agents hold no line breaks. */
const keyOf = (from: string, to: string, status: string): string => `${from}\n${to}\n${status}`;
