import type { Candidate } from "../../domain/inquiry.ts";
import type { ListedAgent } from "../projection/agents.ts";

export interface RankPorts {
  readonly isReachable: (agent: string) => boolean;
  readonly openTo: (agent: string) => number;
}

/** Able, reachable, least loaded, last seen: in this order, each with the reason that a receipt will give. */
export const rank = (
  agents: readonly ListedAgent[],
  expertise: string,
  asker: string,
  ports: RankPorts,
): readonly Candidate[] =>
  agents
    .filter((agent) => agent.status === "active" && agent.name !== asker && agent.expertise.includes(expertise))
    .map((agent) => ({ ...agent, isReachable: ports.isReachable(agent.name), open: ports.openTo(agent.name) }))
    .sort(
      (a, b) =>
        Number(b.isReachable) - Number(a.isReachable) ||
        a.open - b.open ||
        (b.lastSeen ?? 0) - (a.lastSeen ?? 0) ||
        (a.name < b.name ? -1 : 1),
    )
    .map(({ name, isReachable, open, lastSeen }) => ({
      agent: name,
      why: `knows ${expertise}, ${isReachable ? "reachable" : lastSeen === null ? "never seen" : "not connected"}, ${open} open`,
    }));
