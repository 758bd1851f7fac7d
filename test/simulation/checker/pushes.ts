import type { ElicitationView, LogEvent } from "../../../src/client/wire.ts";
import type { Offer } from "../../../src/domain/answer.ts";
import type { Sometimes } from "../sometimes.ts";
import type { History } from "./history.ts";
import { isOpen, type Story } from "./story.ts";
import type { Fail, Opening, Talk, Talks } from "./talk.ts";
import { maySee, type Told } from "./told.ts";

/** Events that the bridge reads at once while a session catches up. */
const REPLAY_PAGE_EVENTS = 100;
const UNASKED = "only what was asked for is pushed";

/** What is pushed to a session: what it asked for, from the place it named, all of it, in order, and nothing twice. */
export const pushes = (past: History, sometimes: Sometimes, talks: Talks, told: Told, fail: Fail) => {
  const endsOf = (agent: string, after: number): readonly Story[] =>
    [...past.stories.values()].filter(
      ({ end, asked }) => end !== undefined && end.position > after && [asked.from, asked.to].includes(agent),
    );

  const opened = (talk: Talk, params: object, { position }: { readonly position: number }): void => {
    const wanted = params as Partial<Opening> & { readonly after?: number };
    const { inbox = false, outcomes = false, events = false, after = position } = wanted;
    const missed = outcomes ? endsOf(talk.connection.agent, after).length : 0;
    talk.opening = { inbox, outcomes, events, from: after, outcomesTold: [], eventsTold: [], missed };
    told.position(talk.connection, position);
    if (after < position && (events ? position - after : missed) > REPLAY_PAGE_EVENTS) {
      sometimes.saw("resume replayed more than a page");
    }
  };

  const offer = (talk: Talk, offered: Offer): void => {
    told.push(talk.connection, offered);
    for (const other of talks.all()) {
      const isElsewhere = other !== talk && other.connection.isOpen && other.offered.has(offered.id);
      if (isElsewhere) sometimes.saw("offered to two sessions");
    }
    talk.offered.add(offered.id);
    // Questions that wait are pushed in the same breath as the reply that opens the session, and before it.
    if (talk.opening === undefined && !isOpening(talk)) fail(UNASKED, talk.connection, "an offer");
  };

  const outcome = ({ connection: on, opening }: Talk, shown: ElicitationView): void => {
    told.view(on, shown);
    const story = past.stories.get(shown.id);
    if (story !== undefined && isOpen(story)) {
      fail("the outcome told is the outcome in the log", on, `${shown.id} is open`);
    }
    if (opening?.outcomes !== true) return fail(UNASKED, on, `the outcome of ${shown.id}`);
    const last = opening.outcomesTold.at(-1) ?? opening.from;
    if (shown.position <= last) fail("no outcome twice, all in order", on, `${shown.position} after ${last}`);
    opening.outcomesTold.push(shown.position);
    if (opening.outcomesTold.length <= opening.missed) sometimes.saw("outcome replayed");
  };

  const event = ({ connection: on, opening }: Talk, shown: LogEvent): void => {
    told.event(on, shown);
    if (opening?.events !== true) return fail(UNASKED, on, `position ${shown.position}`);
    const last = opening.eventsTold.at(-1) ?? opening.from;
    if (shown.position <= last) fail("no event twice, all in order", on, `${shown.position} after ${last}`);
    opening.eventsTold.push(shown.position);
  };

  /** Once all is quiet, every live session has been told everything that it asked for. */
  const audit = (): void => {
    for (const { connection: on, opening } of talks.all()) {
      if (!on.isOpen || opening === undefined) continue;
      const outcomes = opening.outcomes ? endsOf(on.agent, opening.from) : [];
      const untold = outcomes.filter(({ end }) => !opening.outcomesTold.includes(end?.position ?? 0));
      if (untold.length > 0) fail("no outcome is missed", on, untold.map(({ id }) => id).join());
      const seen = new Set(opening.eventsTold);
      const missing = past.events
        .filter(({ position, parties }) => position > opening.from && maySee(on.agent, parties))
        .filter(({ position }) => opening.events && !seen.has(position));
      if (missing.length > 0) fail("no event is missed", on, missing.map(({ position }) => position).join());
    }
  };

  return { opened, offer, outcome, event, audit };
};

const isOpening = ({ requests }: Talk): boolean => {
  for (const { method, params } of requests.values()) {
    if (method === "session.open" && (params as { readonly inbox?: boolean }).inbox === true) return true;
  }
  return false;
};
