import type { Reach } from "../../../src/client/wire.ts";
import type { Sometimes } from "../sometimes.ts";
import type { Connection } from "../wires.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import type { Fail, Talks } from "./talk.ts";

/** Whether what an asker is told about reaching its target is true, by what the bridge itself has said to whom. */
export const reaches = (world: World, past: History, sometimes: Sometimes, talks: Talks, fail: Fail) => {
  /** The event in which a connection ended, by its number. */
  const closedIn = new WeakMap<Connection, number>();

  const reachOf = (agent: string, isThere: (connection: Connection) => boolean): Reach => {
    const proof = past.proof(agent);
    const evidence = proof === undefined ? {} : { proof };
    for (const { connection, opening } of talks.all()) {
      if (connection.agent !== agent || opening?.inbox !== true || !isThere(connection)) continue;
      return { state: "reachable", class: "live", ...evidence };
    }
    const lastSeen = past.lastSeen(agent);
    // Every way of ours but a live connection comes down to looking again.
    const way = { class: proof === undefined ? "none" : "poll", ...evidence } as const;
    return lastSeen === undefined ? { state: "never_seen", ...way } : { state: "queued", lastSeen, ...way };
  };

  return {
    closed: (connection: Connection): void => void closedIn.set(connection, world.events()),
    check: (on: Connection, to: string, told: Reach): void => {
      // Revoked in the same breath: then there is no truth to tell any more.
      if (past.isRevoked(to)) return;
      const truth = reachOf(to, ({ isOpen }) => isOpen);
      if (truth.state === "queued") sometimes.saw("target queued");
      if (truth.state === "never_seen") sometimes.saw("target never seen");
      // A connection that ended in this very event was there when the reply was made.
      const justBefore = reachOf(to, (each) => each.isOpen || closedIn.get(each) === world.events());
      if ([truth, justBefore].some((each) => JSON.stringify(each) === JSON.stringify(told))) return;
      fail("the reach that is told is true", on, `${to} is ${JSON.stringify(truth)}, told ${JSON.stringify(told)}`);
    },
  };
};
