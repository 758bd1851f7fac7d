/** Counted places for each agent, so that one agent's connections cannot take everybody's. */
export const places = (perAgentMax: number) => {
  const taken = new Map<string, number>();
  return {
    /** Takes a place; gives back how to leave it (twice is once), or nothing when the agent has no place left. */
    take: (agent: string): (() => void) | undefined => {
      const held = taken.get(agent) ?? 0;
      if (held >= perAgentMax) return undefined;
      taken.set(agent, held + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (taken.get(agent) ?? 0) - 1;
        if (left <= 0) taken.delete(agent);
        else taken.set(agent, left);
      };
    },
    /** Agents that hold a place now. */
    agents: (): number => taken.size,
  };
};

export type Places = ReturnType<typeof places>;
