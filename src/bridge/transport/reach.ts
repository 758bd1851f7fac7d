import type { Static } from "typebox";
import type { Bridge } from "../bridge.ts";
import type { ReachSchema, reachClasses } from "./views.ts";

type Reach = Static<typeof ReachSchema>;

/** What is true about reaching an agent, and what the log has to show for it. */
export const reachOf = (bridge: Bridge, agent: string): Reach => {
  const now = bridge.deliver.reach(agent);
  const proof = bridge.proofs.of(agent);
  const ping = bridge.proofs.lastPing(agent);
  return {
    ...now,
    class:
      now.state === "reachable"
        ? bridge.armOf(agent) === "push"
          ? "live"
          : "poll"
        : proof === undefined
          ? "none"
          : classOf[proof.via],
    ...(proof === undefined ? {} : { proof }),
    ...(ping === undefined ? {} : { ping }),
  };
};

/** A connection that is gone proves no more than that its agent used to look. */
const classOf = {
  websocket: "poll",
  sse: "poll",
  poll: "poll",
  mcp: "mcp",
  hook: "hook",
  webhook: "webhook",
} as const satisfies Record<string, (typeof reachClasses)[number]>;
