import type { Bridge } from "../../../src/bridge/bridge.ts";
import { agentDirectory } from "../../../src/bridge/projection/agents.ts";
import { deadLetterView } from "../../../src/bridge/projection/dead-letters.ts";
import { elicitationView } from "../../../src/bridge/projection/elicitations.ts";
import { flagView } from "../../../src/bridge/projection/flags.ts";
import { inquiryView } from "../../../src/bridge/projection/inquiries.ts";
import { modeView } from "../../../src/bridge/projection/mode.ts";
import { proofView } from "../../../src/bridge/projection/proofs.ts";
import { rolloutView, standingOf } from "../../../src/bridge/projection/rollouts.ts";
import type { Recorded } from "../../../src/domain/event.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";

/**
 * Holds what a bridge believes against its log, and its log against the disk. Asks the log for everything again, so it
 * is done now and then and not after every event.
 */
export const examine = async (world: World, bridge: Bridge, past: History): Promise<void> => {
  // A log that closes is not read any more; the next bridge is looked at.
  if (bridge.stopped() !== undefined) return;
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

  const rebuilt = {
    agents: agentDirectory(),
    elicitations: elicitationView(bridge.log, bridge.limits),
    inquiries: inquiryView(bridge.log),
    proofs: proofView(),
    flags: flagView(),
    deadLetters: deadLetterView(bridge.limits.deadLettersMax),
  };
  const rollouts = rolloutView();
  const mode = modeView();
  const views = { ...rebuilt, rollouts, mode };
  for (const event of events) for (const projection of Object.values(views)) projection.fold(event);
  const fresh = { ...picture(rebuilt, past), rollouts: JSON.stringify(standingOf(rollouts, 0)) };
  const live = { ...picture(bridge, past), rollouts: JSON.stringify({ ...bridge.rollouts.standing(), now: 0 }) };
  for (const [what, value] of Object.entries<string>(fresh)) {
    const held = (live as Record<string, string>)[what];
    if (held === value) continue;
    return world.fail("replay gives what is live", `${what}\n  live:   ${held}\n  replay: ${value}`);
  }

  // One that was declared may not be on disk yet; one that is on disk is in force.
  const { name } = bridge.degrade.current();
  if (mode.get().name !== "normal" && name === "normal") {
    return world.fail("an emergency outlives a restart", `the log says ${mode.get().name}, the bridge ${name}`);
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

/** Everything that the projections can be asked, as text. */
const picture = (
  {
    agents,
    elicitations,
    inquiries,
    proofs,
    flags,
    deadLetters,
  }: Pick<Bridge, "agents" | "elicitations" | "inquiries" | "proofs" | "flags" | "deadLetters">,
  past: History,
): Record<string, string> => {
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
    inquiries: JSON.stringify([...inquiries.open()]),
    "inquiries asked": JSON.stringify(names.map(inquiries.openFrom)),
    proofs: JSON.stringify(names.map(proofs.of)),
    flags: JSON.stringify(flags.list()),
    "dead letters": JSON.stringify(deadLetters.list(0, 1_000)),
  };
};
