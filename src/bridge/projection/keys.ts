import type { Recorded } from "../../domain/event.ts";
import { type KeyHistory, keysAfter } from "../../domain/key.ts";

/** Every key there ever was, with what it was worth at each place of the log. */
export const keyDirectory = () => {
  const keys = new Map<string, KeyHistory>();
  const byAgent = new Map<string, Set<string>>();

  const fold = (event: Recorded): void => {
    if (!event.stream.startsWith("agent/") && event.stream !== "master") return;
    if (event.type === "agent.seen") return;
    for (const key of keysAfter(keys, event)) {
      keys.set(key.kid, key);
      const mine = byAgent.get(key.agent);
      if (mine === undefined) byAgent.set(key.agent, new Set([key.kid]));
      else mine.add(key.kid);
    }
  };

  return {
    fold,
    get: (kid: string): KeyHistory | undefined => keys.get(kid),
    /** In the order in which they came. */
    of: (agent: string): readonly KeyHistory[] =>
      Array.from(byAgent.get(agent) ?? [], (kid) => keys.get(kid) as KeyHistory),
  };
};

export type KeyDirectory = ReturnType<typeof keyDirectory>;
