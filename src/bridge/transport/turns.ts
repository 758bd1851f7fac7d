/**
 * Each agent's own line: so many of its works at once, so many more that wait behind them, and none of it in anybody
 * else's way. For works that are dear for the bridge and cheap to ask for.
 */
export const turns = (atOnceMax: number, waitingMax: number) => {
  const lines = new Map<string, Line>();

  const next = (agent: string, line: Line): void => {
    const start = line.waiting.shift();
    if (start !== undefined) return start();
    line.running--;
    if (line.running === 0) lines.delete(agent);
  };

  return {
    /** Resolves when it is this one's turn, with how to end it (twice is once); with nothing when the line is full. */
    take: async (agent: string): Promise<(() => void) | undefined> => {
      const line = lines.get(agent) ?? { running: 0, waiting: [] };
      lines.set(agent, line);
      if (line.running >= atOnceMax) {
        if (line.waiting.length >= waitingMax) return undefined;
        await new Promise<void>((start) => line.waiting.push(start));
      } else line.running++;
      let isRunning = true;
      return () => {
        if (!isRunning) return;
        isRunning = false;
        next(agent, line);
      };
    },
    /** Agents that have something under way. */
    agents: (): number => lines.size,
  };
};

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

export type Turns = ReturnType<typeof turns>;
