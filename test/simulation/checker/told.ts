import type { ElicitationView, LogEvent } from "../../../src/client/wire.ts";
import type { Offer } from "../../../src/domain/answer.ts";
import { cast } from "../cast.ts";
import type { Connection } from "../wires.ts";
import type { History } from "./history.ts";
import { viewHolds } from "./promise.ts";
import { isOpen } from "./story.ts";
import type { Fail } from "./talk.ts";

const NOT_YET = "nothing is told before it is on disk";
const OTHERWISE = "what is told is what is on disk";
const PRIVATE = "reads are private";
const ONE_WAY = "a question goes by its arm and no other";

/** Roles that the default policy lets read everything. */
const readers = ["auditor", "admin", "system"];
const auditors = new Set(
  cast.filter(({ roles }) => roles.some((role) => readers.includes(role))).map(({ name }) => name),
);

export const maySee = (agent: string, parties: readonly string[]): boolean =>
  parties.length === 0 || parties.includes(agent) || auditors.has(agent);

/** Judges what the bridge tells somebody of the past: it must be there, as it is told, and theirs to hear. */
export const told = (past: History, fail: Fail) => {
  const view = (on: Connection, shown: ElicitationView): void => {
    const story = past.stories.get(shown.id);
    if (story === undefined) return fail(NOT_YET, on, `${shown.id} is not there`);
    if (!maySee(on.agent, [story.asked.from, story.asked.to])) return fail(PRIVATE, on, shown.id);
    const wrong = viewHolds(story, shown);
    if (wrong !== undefined) fail(OTHERWISE, on, wrong);
  };

  const offer = (on: Connection, { id, to, message, deadline, requestHash }: Offer): void => {
    const story = past.stories.get(id);
    if (story === undefined) return fail(NOT_YET, on, `the offer of ${id}`);
    const { asked, status } = story;
    if (on.agent !== asked.to || to !== on.agent) return fail(PRIVATE, on, `the offer of ${id}`);
    if (!isOpen(story)) return fail("only open questions are offered", on, `${id} is ${status}`);
    if (message !== asked.message || deadline !== asked.deadline || requestHash !== asked.requestHash) {
      fail(OTHERWISE, on, `the offer of ${id}`);
    }
  };

  const event = (on: Connection, shown: LogEvent): void => {
    const there = past.events[shown.position - 1];
    const place = `position ${shown.position}`;
    if (there === undefined) return fail(NOT_YET, on, place);
    if (!maySee(on.agent, there.parties)) return fail(PRIVATE, on, place);
    const same =
      shown.id === `${there.stream}@${there.revision}` &&
      shown.type === there.type &&
      shown.actor === there.actor &&
      Date.parse(shown.time) === there.time &&
      JSON.stringify(shown.data) === JSON.stringify(withoutSecrets(there));
    if (!same) fail(OTHERWISE, on, place);
  };

  const inquiry = (on: Connection, { id, status }: { readonly id: string; readonly status: string }): void => {
    const there = past.inquiries.all.get(id);
    if (there === undefined) return fail(NOT_YET, on, `${id} is not there`);
    if (!maySee(on.agent, [there.asked.from])) return fail(PRIVATE, on, id);
    const truth = there.conclusion?.how ?? "open";
    if (status !== truth) fail(OTHERWISE, on, `${id} is ${truth}, told ${status}`);
  };

  /** A page ends by size; one without a next holds all that is open. */
  const inbox = (on: Connection, { items, next }: InboxPage): void => {
    for (const item of items) offer(on, item.offer);
    const open = [...past.stories.values()].filter((story) => story.asked.to === on.agent && isOpen(story));
    const ids = items.map((item) => item.offer.id);
    const expected = open.map(({ id }) => id).slice(0, next === null ? undefined : ids.length);
    if (ids.join() !== expected.join()) {
      fail("an inbox is complete", on, `${items.length} items, ${open.length} are open`);
    }
  };

  const receipt = (on: Connection, id: string, { steps }: Receipt): void => {
    const story = past.stories.get(id);
    if (story === undefined || !maySee(on.agent, [story.asked.from, story.asked.to])) {
      return fail(PRIVATE, on, `the receipt of ${id}`);
    }
    const there = past.events.filter(({ stream }) => stream === `elicitation/${id}`);
    if (steps.map(({ position }) => position).join() !== there.map(({ position }) => position).join()) {
      fail("a receipt is the whole story", on, `${steps.length} steps of ${id}, ${there.length} on disk`);
    }
  };

  /** That it is over. */
  const ended = (on: Connection, id: string): void => {
    const story = past.stories.get(id);
    const isOver = past.inquiries.all.get(id)?.conclusion !== undefined || (story !== undefined && !isOpen(story));
    if (!isOver) fail(NOT_YET, on, `that ${id} has ended`);
  };

  const position = (on: Connection, reached: number): void => {
    if (reached > past.events.length) fail(NOT_YET, on, `position ${reached}`);
  };

  /** A page of a mailbox: questions that are in it, oldest first, and nothing that is pushed. */
  const mail = (on: Connection, { messages }: MailPage): void => {
    let last = 0;
    for (const { offer: each, position: asked } of messages) {
      offer(on, each);
      const story = past.stories.get(each.id);
      if (story !== undefined && story.arm !== "mailbox") fail(ONE_WAY, on, `${each.id} is pushed, and was polled`);
      if (story !== undefined && story.askedAt !== asked) fail(OTHERWISE, on, `${each.id} was asked at ${asked}`);
      if (asked <= last) fail("a mailbox hands out the oldest first", on, `${each.id} at ${asked} after ${last}`);
      last = asked;
    }
  };

  /** A push of a question. */
  const push = (on: Connection, pushed: Offer): void => {
    offer(on, pushed);
    const story = past.stories.get(pushed.id);
    if (story?.arm === "mailbox") fail(ONE_WAY, on, `${pushed.id} is in the mailbox, and was pushed`);
  };

  return { view, offer, event, inquiry, inbox, mail, push, receipt, ended, position };
};

/** Hashes of credentials stay in the log. */
const withoutSecrets = ({ type, data }: { readonly type: string; readonly data: object }): object => {
  const { tokenHash: _, ...rest } = data as { readonly tokenHash?: string };
  return /^(agent.registered|agent.invited|login.opened)$/.test(type) ? rest : data;
};

export interface MailPage {
  readonly messages: readonly { readonly offer: Offer; readonly position: number }[];
}

export type Told = ReturnType<typeof told>;

export interface InboxPage {
  readonly items: readonly { readonly offer: Offer }[];
  readonly next: string | number | null;
}

interface Receipt {
  readonly steps: readonly { readonly position: number }[];
}
