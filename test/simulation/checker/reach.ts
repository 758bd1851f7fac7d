import type { Reach } from "../../../src/client/wire.ts";
import type { Arm } from "../../../src/domain/arm.ts";
import type { Sometimes } from "../sometimes.ts";
import type { Connection } from "../wires.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import type { Fail, Talks } from "./talk.ts";

const POLL_REST_MS = 5_000;

/** Whether what an asker is told about reaching its target is true, by what the bridge itself has said to whom. */
export const reaches = (world: World, past: History, sometimes: Sometimes, talks: Talks, fail: Fail) => {
  /** The event in which a connection ended, by its number. */
  const closedIn = new WeakMap<Connection, number>();

  /** When each agent last polled its mailbox, or had a reply to a poll, on the monotonic clock. */
  const polledAt = new Map<string, number>();

  const reachOf = (agent: string, arm: Arm, isThere: (connection: Connection) => boolean): Reach => {
    const proof = past.proof(agent);
    const evidence = proof === undefined ? {} : { proof };
    for (const { connection, opening, requests } of talks.all()) {
      if (connection.agent !== agent || !isThere(connection)) continue;
      const isListening = opening?.inbox === true;
      if (arm === "push" && isListening) return { state: "reachable", class: "live", ...evidence };
      if (arm === "push") continue;
      const isPolling = [...requests.values()].some(({ method }) => method === "messages.wait");
      const rests = world.monotonic() - (polledAt.get(agent) ?? Number.NEGATIVE_INFINITY);
      if (isPolling || (isListening && rests <= POLL_REST_MS))
        return { state: "reachable", class: "poll", ...evidence };
    }
    const lastSeen = past.lastSeen(agent);
    // Every way of ours but a live connection comes down to looking again.
    const way = { class: proof === undefined ? "none" : "poll", ...evidence } as const;
    return lastSeen === undefined ? { state: "never_seen", ...way } : { state: "queued", lastSeen, ...way };
  };

  return {
    polled: (agent: string): void => void polledAt.set(agent, world.monotonic()),
    /** The bridge that remembered it is gone. */
    forget: (): void => polledAt.clear(),
    closed: (connection: Connection): void => void closedIn.set(connection, world.events()),
    check: (on: Connection, to: string, told: Reach): void => {
      // Revoked in the same breath: then there is no truth to tell any more.
      if (past.isRevoked(to)) return;
      const { arm, isSettled } = past.armOf(to);
      const truth = reachOf(to, arm, ({ isOpen }) => isOpen);
      if (truth.state === "queued") sometimes.saw("target queued");
      if (truth.state === "never_seen") sometimes.saw("target never seen");
      // A connection that ended in this very event was there when the reply was made.
      const justBefore = reachOf(to, arm, (each) => each.isOpen || closedIn.get(each) === world.events());
      // On disk, and not yet told to those who ask.
      const other = isSettled ? truth : reachOf(to, arm === "push" ? "mailbox" : "push", ({ isOpen }) => isOpen);
      if ([truth, justBefore, other].some((each) => JSON.stringify(each) === JSON.stringify(told))) return;
      fail("the reach that is told is true", on, `${to} is ${JSON.stringify(truth)}, told ${JSON.stringify(told)}`);
    },
  };
};
