import type { Bridge } from "../../../src/bridge/bridge.ts";
import { type AgentDirectory, agentDirectory } from "../../../src/bridge/projection/agents.ts";
import { type ElicitationView, elicitationView } from "../../../src/bridge/projection/elicitations.ts";
import type { Recorded } from "../../../src/domain/event.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import { isOpen } from "./story.ts";

/**
 * Holds what a bridge believes against its log, and its log against the disk. Asks the log for everything again, so it
 * is done now and then and not after every event.
 */
export const examine = async (world: World, bridge: Bridge, past: History): Promise<void> => {
  const events: Recorded[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Bridge["log"]["read"]>> = await bridge.log.read({ after });
    events.push(...page.events);
    after = page.next;
  }
  for (const [i, event] of events.entries()) {
    if (JSON.stringify(event) === JSON.stringify(ordered(past.events[i], event))) continue;
    return world.fail("reads are what is on disk", `position ${i + 1}: ${JSON.stringify(event)}`);
  }

  const agents = agentDirectory();
  const elicitations = elicitationView(bridge.log, bridge.limits);
  for (const event of events) {
    agents.fold(event);
    elicitations.fold(event);
  }
  const fresh = picture(agents, elicitations, past);
  const live = picture(bridge.agents, bridge.elicitations, past);
  for (const [what, value] of Object.entries(fresh)) {
    if (live[what] === value) continue;
    return world.fail("replay gives what is live", `${what}\n  live:   ${live[what]}\n  replay: ${value}`);
  }

  // While the log is down, the disk may hold what it does not count on yet.
  if (events.length !== past.events.length) {
    if (bridge.log.health().writable) {
      world.fail("what is on disk is committed", `${past.events.length} events on disk, ${events.length} in the log`);
    }
    return;
  }
  for (const story of past.stories.values()) {
    const held = bridge.elicitations.find(story.id);
    const state = held?.state;
    const status = state?.status === "open" ? state.stage.name : state?.status === "ended" ? state.end.how : "none";
    if (status !== story.status)
      world.fail("replay gives what is live", `${story.id} is ${story.status}, held as ${status}`);
  }
};

/** The same members in the same order, so that texts can be compared. */
const ordered = (event: Recorded | undefined, like: Recorded): unknown =>
  event === undefined
    ? undefined
    : Object.fromEntries(Object.keys(like).map((key) => [key, event[key as keyof Recorded]]));

/** Everything that the two projections can be asked, as text. */
const picture = (agents: AgentDirectory, elicitations: ElicitationView, past: History): Record<string, string> => {
  const names = agents.list().map(({ name }) => name);
  const ids = [...past.stories.keys()];
  return {
    agents: JSON.stringify(agents.list()),
    "agent revisions": JSON.stringify(names.map((name) => agents.snapshot(name).revision)),
    open: JSON.stringify([...elicitations.open()]),
    inboxes: JSON.stringify(names.map((name) => [...elicitations.inbox(name)].map(({ id }) => id))),
    asked: JSON.stringify(names.map((name) => [...elicitations.askedBy(name)].map(({ id }) => id))),
    counts: JSON.stringify(names.map((name) => [elicitations.openTo(name), elicitations.openFrom(name)])),
    ended: JSON.stringify(ids.map((id) => elicitations.find(id))),
    keys: JSON.stringify(
      [...past.stories.values()].map(({ asked }) => asked.key && elicitations.byKey(asked.from, asked.key)),
    ),
    "open count": String([...past.stories.values()].filter(isOpen).length >= 0 ? elicitations.openCount() : 0),
  };
};
