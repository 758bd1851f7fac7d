import type { ElicitationView, LogEvent } from "../../../src/client/wire.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import { acknowledgementHolds, viewHolds } from "./promise.ts";

/** What the agents were told, as they remember it. None of it may turn out to be untrue. */
export interface Ledger {
  readonly acknowledged: (agent: string, method: string, params: object, result: unknown) => void;
  /** The agent has asked it and will be told how it ends. */
  readonly awaitsOutcome: (agent: string, id: string) => void;
  readonly heardOutcome: (agent: string, view: ElicitationView) => void;
  /** An event that a follower of the whole log was pushed. */
  readonly heardEvent: (follower: string, event: LogEvent) => void;
  /** Asks of the real client whose promise has not settled, and others that wait. */
  readonly waiting: () => readonly string[];
  /** Holds everything that was told against what is on disk in the end; up to `settled` there was time to hear of it. */
  readonly audit: (past: History, settled: number) => void;
  readonly size: () => number;
}

interface Acknowledged {
  readonly agent: string;
  readonly method: string;
  readonly params: object;
  readonly result: unknown;
}

export const ledger = (world: World): Ledger => {
  const acks: Acknowledged[] = [];
  const awaited = new Set<string>();
  const outcomes = new Map<string, ElicitationView>();
  const keys = new Map<string, string>();
  const followed = new Map<string, number>();

  const oneKeyAsksOnce = (agent: string, params: object, result: unknown): void => {
    const { key } = params as { readonly key?: string };
    const { id } = result as { readonly id: string };
    if (key === undefined) return;
    const known = keys.get(`${agent} ${key}`);
    if (known !== undefined && known !== id)
      world.fail("one key asks once", `${agent} got ${known}, then ${id} for ${key}`);
    keys.set(`${agent} ${key}`, id);
  };

  return {
    acknowledged: (agent, method, params, result) => {
      acks.push({ agent, method, params, result });
      if (method === "elicitations.ask") oneKeyAsksOnce(agent, params, result);
    },
    awaitsOutcome: (agent, id) => void awaited.add(`${agent} ${id}`),
    heardOutcome: (agent, view) => {
      const known = outcomes.get(`${agent} ${view.id}`);
      if (known !== undefined && (known.position !== view.position || known.status !== view.status)) {
        world.fail("one end, once", `${agent} heard that ${view.id} was ${known.status}, then ${view.status}`);
      }
      outcomes.set(`${agent} ${view.id}`, view);
    },
    heardEvent: (follower, { position }) => {
      const last = followed.get(follower);
      // It resumes after what it has, so from one to the next there is neither gap nor repetition.
      if (last !== undefined && position !== last + 1) {
        world.fail("a follower misses nothing and hears nothing twice", `${follower}: ${position} after ${last}`);
      }
      followed.set(follower, position);
    },
    waiting: () => [...awaited].filter((each) => !outcomes.has(each)),
    audit: (past, settled) => {
      for (const { agent, method, params, result } of acks) {
        const wrong = acknowledgementHolds(past, agent, method, params, result, "later");
        if (wrong !== undefined) world.fail("what was acknowledged is in the log", `${agent} ${method}: ${wrong}`);
      }
      for (const [who, view] of outcomes) {
        const story = past.stories.get(view.id);
        const wrong = story === undefined ? "nobody asked it" : viewHolds(story, view);
        if (wrong !== undefined) world.fail("the outcome told is the outcome in the log", `${who}: ${wrong}`);
      }
      for (const [follower, last] of followed) {
        if (last < settled) {
          world.fail(
            "a follower misses nothing and hears nothing twice",
            `${follower} stopped at ${last} of ${settled}`,
          );
        }
      }
    },
    size: () => acks.length,
  };
};
