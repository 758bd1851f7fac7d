import type { Recorded } from "../../domain/event.ts";
import type { Clock } from "../../domain/world.ts";
import type { Turn } from "./story.ts";

/** What an agent made of the questions to it that ended in one minute. */
interface Counts {
  answered: number;
  expired: number;
}

const SLOT_MS = 60_000;
/** Five minutes: the window in which the seed looks at failures. */
const SLOTS = 5;
/** One question that expired says nothing about an agent. */
const ENDED_MIN = 2;

/** Who answered and who did not, over the last five minutes: as many entries as agents were asked in them. */
export const recentAgents = (clock: Pick<Clock, "monotonic">) => {
  const slots: { readonly at: number; readonly agents: Map<string, Counts> }[] = [];

  const current = (): Map<string, Counts> => {
    const at = Math.floor(clock.monotonic() / SLOT_MS);
    while (slots[0] !== undefined && slots[0].at <= at - SLOTS) slots.shift();
    const last = slots.at(-1);
    if (last?.at === at) return last.agents;
    const agents = new Map<string, Counts>();
    slots.push({ at, agents });
    return agents;
  };

  return {
    folded: ({ type }: Recorded, turn: Turn | undefined): void => {
      const isAnswered = type === "elicitation.accepted" || type === "elicitation.declined";
      if (turn === undefined || !(isAnswered || type === "elicitation.expired")) return;
      const agents = current();
      const counts = agents.get(turn.story.to) ?? { answered: 0, expired: 0 };
      if (isAnswered) counts.answered++;
      else counts.expired++;
      agents.set(turn.story.to, counts);
    },
    counts: (): { readonly answering: number; readonly failing: number } => {
      current();
      const sums = new Map<string, Counts>();
      for (const { agents } of slots) {
        for (const [agent, { answered, expired }] of agents) {
          const sum = sums.get(agent) ?? { answered: 0, expired: 0 };
          sums.set(agent, { answered: sum.answered + answered, expired: sum.expired + expired });
        }
      }
      let failing = 0;
      for (const { answered, expired } of sums.values()) {
        if (expired > answered && answered + expired >= ENDED_MIN) failing++;
      }
      return { answering: sums.size - failing, failing };
    },
  };
};

export type RecentAgents = ReturnType<typeof recentAgents>;
