import type { ElicitationView, LogEvent, Reach } from "../../../src/client/wire.ts";
import type { Offer } from "../../../src/domain/answer.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { cast } from "../cast.ts";
import type { Connection, NetObserver } from "../net.ts";
import type { Sometimes } from "../sometimes.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import { acknowledgementHolds, viewHolds } from "./promise.ts";
import { isOpen } from "./story.ts";

interface Opening {
  readonly inbox: boolean;
  readonly outcomes: boolean;
  readonly events: boolean;
  /** What happens after this position is told. */
  readonly from: number;
  readonly outcomesTold: number[];
  readonly eventsTold: number[];
  /** Outcomes that lay in the past when it opened, at most. */
  readonly missed: number;
}

interface Talk {
  readonly connection: Connection;
  readonly requests: Map<unknown, { readonly method: string; readonly params: object }>;
  opening: Opening | undefined;
  readonly offered: Set<string>;
  /** For each message on its way out, which questions it puts before the agent. */
  readonly leaving: (readonly string[])[];
}

/**
 * Listens to every wire at the bridge's end. What the bridge says must be on disk when it says it; what it says of
 * others must be theirs to hear.
 */
export const wire = (world: World, sometimes: Sometimes, past: () => History) => {
  const talks = new Map<Connection, Talk>();
  const left = new Set<string>();
  /** When this bridge first read an ask, by asker and words. */
  const asksRead = new Map<string, number>();
  /** The event in which a connection ended, by its number. */
  const closedIn = new WeakMap<Connection, number>();
  const auditors = new Set(cast.filter(({ roles }) => roles.includes("auditor")).map(({ name }) => name));

  const talkOf = (connection: Connection): Talk => {
    const known = talks.get(connection);
    if (known !== undefined) return known;
    const fresh = { connection, requests: new Map(), opening: undefined, offered: new Set<string>(), leaving: [] };
    talks.set(connection, fresh);
    return fresh;
  };

  const maySee = (agent: string, parties: readonly string[]): boolean =>
    parties.length === 0 || parties.includes(agent) || auditors.has(agent);

  const fail = (invariant: string, { agent, session }: Connection, what: string): void =>
    world.fail(invariant, `to ${agent} (${session}): ${what}`);

  const view = (on: Connection, told: ElicitationView): void => {
    const story = past().stories.get(told.id);
    if (story === undefined) return fail("nothing is told before it is on disk", on, `${told.id} is not there`);
    if (!maySee(on.agent, [story.asked.from, story.asked.to])) return fail("reads are private", on, told.id);
    const wrong = viewHolds(story, told);
    if (wrong !== undefined) fail("what is told is what is on disk", on, wrong);
  };

  const offer = (on: Connection, { id, to, message, deadline, requestHash }: Offer): void => {
    const story = past().stories.get(id);
    if (story === undefined) return fail("nothing is told before it is on disk", on, `the offer of ${id}`);
    if (on.agent !== story.asked.to || to !== on.agent) return fail("reads are private", on, `the offer of ${id}`);
    if (!isOpen(story)) return fail("only open questions are offered", on, `${id} is ${story.status}`);
    const { asked } = story;
    if (message !== asked.message || deadline !== asked.deadline || requestHash !== asked.requestHash) {
      fail("what is told is what is on disk", on, `the offer of ${id}`);
    }
  };

  const event = (on: Connection, told: LogEvent): void => {
    const there = past().events[told.position - 1];
    if (there === undefined) return fail("nothing is told before it is on disk", on, `position ${told.position}`);
    if (!maySee(on.agent, there.parties)) return fail("reads are private", on, `position ${told.position}`);
    const same =
      told.id === `${there.stream}@${there.revision}` &&
      told.type === there.type &&
      told.actor === there.actor &&
      Date.parse(told.time) === there.time &&
      JSON.stringify(told.data) === JSON.stringify(there.data);
    if (!same) fail("what is told is what is on disk", on, `position ${told.position}`);
  };

  const pushedOutcome = (talk: Talk, told: ElicitationView): void => {
    const { connection: on, opening } = talk;
    view(on, told);
    const story = past().stories.get(told.id);
    if (story === undefined) return;
    if (isOpen(story)) fail("the outcome told is the outcome in the log", on, `${told.id} is open`);
    if (opening?.outcomes !== true) return fail("only what was asked for is pushed", on, `the outcome of ${told.id}`);
    if (told.position <= (opening.outcomesTold.at(-1) ?? opening.from)) {
      fail(
        "no outcome twice, all in order",
        on,
        `${told.position} after ${opening.outcomesTold.at(-1) ?? opening.from}`,
      );
    }
    opening.outcomesTold.push(told.position);
    if (opening.outcomesTold.length <= opening.missed) sometimes.saw("outcome replayed");
  };

  const pushedEvent = ({ connection: on, opening }: Talk, told: LogEvent): void => {
    event(on, told);
    if (opening?.events !== true) return fail("only what was asked for is pushed", on, `position ${told.position}`);
    if (told.position <= (opening.eventsTold.at(-1) ?? opening.from)) {
      fail("no event twice, all in order", on, `${told.position} after ${opening.eventsTold.at(-1) ?? opening.from}`);
    }
    opening.eventsTold.push(told.position);
  };

  const opened = (talk: Talk, params: object, { position }: { readonly position: number }): void => {
    const {
      inbox = false,
      outcomes = false,
      events = false,
      after = position,
    } = params as Partial<Opening> & { after?: number };
    const ends = [...past().stories.values()].filter(
      ({ end, asked }) =>
        end !== undefined &&
        end.position > after &&
        (asked.from === talk.connection.agent || asked.to === talk.connection.agent),
    );
    const missed = outcomes ? ends.length : 0;
    talk.opening = { inbox, outcomes, events, from: after, outcomesTold: [], eventsTold: [], missed };
    if (position > past().events.length)
      fail("nothing is told before it is on disk", talk.connection, `position ${position}`);
    if (after < position && (events ? position - after : missed) > REPLAY_PAGE_EVENTS) {
      sometimes.saw("resume replayed more than a page");
    }
  };

  const again = (id: string): void => {
    sometimes.saw("key asked again");
    const story = past().stories.get(id);
    if (story !== undefined && story.askedAt < past().startedAt()) sometimes.saw("key asked again after a crash");
  };

  /** Who can be reached now, by what the bridge itself has said to whom; or in the event in which a connection ended. */
  const reachOf = (agent: string, justBefore: boolean): Reach => {
    const proof = past().proof(agent);
    const evidence = proof === undefined ? {} : { proof };
    for (const { connection, opening } of talks.values()) {
      const isThere = connection.isOpen || (justBefore && closedIn.get(connection) === world.events());
      if (connection.agent === agent && isThere && opening?.inbox === true)
        return { state: "reachable", class: "live", ...evidence };
    }
    const lastSeen = past().lastSeen(agent);
    // Every way of ours but a live connection comes down to looking again.
    const way = { class: proof === undefined ? "none" : "poll", ...evidence } as const;
    return lastSeen === undefined ? { state: "never_seen", ...way } : { state: "queued", lastSeen, ...way };
  };

  const reach = (on: Connection, to: string, told: Reach): void => {
    // Revoked in the same breath: then there is no truth to tell any more.
    if (past().isRevoked(to)) return;
    const truth = reachOf(to, false);
    if (truth.state === "queued") sometimes.saw("target queued");
    if (truth.state === "never_seen") sometimes.saw("target never seen");
    const truths = [truth, reachOf(to, true)].map((each) => JSON.stringify(each));
    if (!truths.includes(JSON.stringify(told))) {
      fail("the reach that is told is true", on, `${to} is ${JSON.stringify(truth)}, told ${JSON.stringify(told)}`);
    }
  };

  const inquiry = (on: Connection, { id, status }: { readonly id: string; readonly status: string }): void => {
    const there = past().inquiries.all.get(id);
    if (there === undefined) return fail("nothing is told before it is on disk", on, `${id} is not there`);
    if (!maySee(on.agent, [there.asked.from])) return fail("reads are private", on, id);
    const truth = there.conclusion?.how ?? "open";
    if (status !== truth) fail("what is told is what is on disk", on, `${id} is ${truth}, told ${status}`);
  };

  const inbox = (on: Connection, items: readonly { readonly offer: Offer }[]): void => {
    for (const item of items) offer(on, item.offer);
    const open = [...past().stories.values()].filter((story) => story.asked.to === on.agent && isOpen(story));
    const ids = items.map((item) => item.offer.id).join();
    if (ids !== open.map(({ id }) => id).join()) {
      fail("an inbox is complete", on, `${items.length} items, ${open.length} are open`);
    }
  };

  const reply = (talk: Talk, id: unknown, result: unknown): void => {
    const { connection: on } = talk;
    const request = talk.requests.get(id);
    talk.requests.delete(id);
    if (request === undefined) return fail("every reply has its request", on, JSON.stringify(id));
    const { method, params } = request;
    const wrong = acknowledgementHolds(past(), on.agent, method, params, result, "now");
    if (wrong !== undefined) return fail("nothing is acknowledged before it is on disk", on, `${method}: ${wrong}`);
    switch (method) {
      case "session.open":
        return opened(talk, params, result as { readonly position: number });
      case "elicitations.ask": {
        const { reach: told, repeated } = result as { readonly reach: Reach; readonly repeated: boolean };
        if (repeated) again((result as { readonly id: string }).id);
        return reach(on, (params as { readonly to: string }).to, told);
      }
      case "elicitations.get":
      case "elicitations.wait":
      case "elicitations.answer":
      case "elicitations.claim":
      case "elicitations.cancel":
        return view(on, result as ElicitationView);
      case "inquiries.get":
      case "inquiries.wait":
      case "inquiries.cancel":
        return inquiry(on, result as { readonly id: string; readonly status: string });
      case "inbox.list":
        return inbox(on, (result as { readonly items: readonly { readonly offer: Offer }[] }).items);
      case "events.query":
        for (const each of (result as { readonly events: readonly LogEvent[] }).events) event(on, each);
        return;
      case "elicitations.receipt":
        return receipt(
          on,
          (params as { readonly id: string }).id,
          result as { readonly steps: readonly { readonly position: number }[] },
        );
    }
  };

  const receipt = (
    on: Connection,
    id: string,
    { steps }: { readonly steps: readonly { readonly position: number }[] },
  ): void => {
    const story = past().stories.get(id);
    if (story === undefined || !maySee(on.agent, [story.asked.from, story.asked.to])) {
      return fail("reads are private", on, `the receipt of ${id}`);
    }
    const there = past().events.filter(({ stream }) => stream === `elicitation/${id}`);
    if (steps.map(({ position }) => position).join() !== there.map(({ position }) => position).join()) {
      fail("a receipt is the whole story", on, `${steps.length} steps of ${id}, ${there.length} on disk`);
    }
  };

  /** The bridge has said that this is over. */
  const ended = (on: Connection, id: string): void => {
    const story = past().stories.get(id);
    const isOver = past().inquiries.all.get(id)?.conclusion !== undefined || (story !== undefined && !isOpen(story));
    if (!isOver) fail("nothing is told before it is on disk", on, `that ${id} has ended`);
  };

  const refused = (talk: Talk, id: unknown, code: number, message: string, data: Refusal | undefined): void => {
    const { connection: on } = talk;
    const request = talk.requests.get(id);
    talk.requests.delete(id);
    if (code === INTERNAL) return fail("no fault", on, `${request?.method}: ${message}`);
    switch (data?.code) {
      case "log_unavailable":
        return sometimes.saw("log unavailable");
      case "rate_limited":
        return sometimes.saw("rate limited");
      case "agent_revoked":
        return sometimes.saw("revoked agent refused");
      case "already_ended":
      case "expired":
        return ended(on, (request?.params as { readonly id?: string } | undefined)?.id ?? "");
      case "signature_invalid":
      case "answer_mismatch":
      case "envelope_malformed":
        return sometimes.saw("forgery refused");
      case "not_found":
      case "not_addressee":
      case "not_asker":
        return sometimes.saw("stranger turned away");
      case "revision_conflict":
        return sometimes.saw("custom event conflict");
    }
  };

  const observer: NetObserver = {
    onReceived: (connection, text) => {
      try {
        const { id, method, params = {} } = JSON.parse(text) as { id?: unknown; method?: string; params?: object };
        if (id === undefined || method === undefined) return;
        talkOf(connection).requests.set(id, { method, params });
        const ask = `${connection.agent} ${(params as { readonly message?: string }).message}`;
        if (method === "elicitations.ask" && !asksRead.has(ask)) asksRead.set(ask, world.monotonic());
      } catch {
        // Not a request; the bridge has to say so.
      }
    },
    onSent: (connection, text) => {
      const talk = talkOf(connection);
      const message = JSON.parse(text) as {
        readonly id?: unknown;
        readonly method?: string;
        readonly params: never;
        readonly result?: unknown;
        readonly error?: { readonly code: number; readonly message: string; readonly data?: Refusal };
      };
      talk.leaving.push(questionsIn(talk, message));
      const { method, params, id, result, error } = message;
      if (method === "offer") {
        const offered = (params as { readonly offer: Offer }).offer;
        offer(connection, offered);
        for (const other of talks.values()) {
          if (other !== talk && other.connection.isOpen && other.offered.has(offered.id)) {
            sometimes.saw("offered to two sessions");
          }
        }
        talk.offered.add(offered.id);
        if (talk.opening === undefined && !hasOpening(talk))
          fail("only what was asked for is pushed", connection, "an offer");
      } else if (method === "ended")
        pushedOutcome(talk, (params as { readonly elicitation: ElicitationView }).elicitation);
      else if (method === "event") pushedEvent(talk, (params as { readonly event: LogEvent }).event);
      else if (error !== undefined) refused(talk, id, error.code, error.message, error.data);
      else if (method === undefined) reply(talk, id, result);
    },
    onFlushed: (connection) => {
      for (const id of talkOf(connection).leaving.shift() ?? []) left.add(`${connection.session} ${id}`);
    },
    onClosed: (connection) => void closedIn.set(connection, world.events()),
  };

  const questionsIn = (
    talk: Talk,
    {
      method,
      params,
      id,
      result,
    }: { readonly method?: string; readonly params?: object; readonly id?: unknown; readonly result?: unknown },
  ): readonly string[] => {
    if (method === "offer") return [(params as { readonly offer: Offer }).offer.id];
    if (result === undefined || talk.requests.get(id)?.method !== "inbox.list") return [];
    return (result as { readonly items: readonly { readonly offer: Offer }[] }).items.map((item) => item.offer.id);
  };

  return {
    observer,
    hasLeft: (session: string, id: string): boolean => left.has(`${session} ${id}`),
    /** When the running bridge first read this ask, on the monotonic clock. */
    askRead: (agent: string, message: string): number | undefined => asksRead.get(`${agent} ${message}`),
    /** The bridge is gone, and with it every conversation. */
    bridgeGone: (): void => {
      talks.clear();
      asksRead.clear();
    },
    /** Once all is quiet: whether every live session was told everything that it asked for. */
    audit: (): void => {
      const ends = [...past().stories.values()].filter(({ end }) => end !== undefined);
      for (const { connection: on, opening } of talks.values()) {
        if (!on.isOpen || opening === undefined) continue;
        if (opening.outcomes) {
          const mine = ends.filter(
            ({ asked, end }) => [asked.from, asked.to].includes(on.agent) && (end?.position ?? 0) > opening.from,
          );
          const missing = mine.filter(({ end }) => !opening.outcomesTold.includes(end?.position ?? 0));
          if (missing.length > 0) fail("no outcome is missed", on, missing.map(({ id }) => id).join());
        }
        if (opening.events) {
          const mine = past().events.filter(
            ({ position, parties }) => position > opening.from && maySee(on.agent, parties),
          );
          const told = new Set(opening.eventsTold);
          const missing = mine.filter(({ position }) => !told.has(position));
          if (missing.length > 0) fail("no event is missed", on, missing.map(({ position }) => position).join());
        }
      }
    },
  };
};

export type Wire = ReturnType<typeof wire>;

const hasOpening = ({ requests }: Talk): boolean => {
  for (const { method, params } of requests.values()) {
    if (method === "session.open" && (params as { readonly inbox?: boolean }).inbox === true) return true;
  }
  return false;
};

/** Events that the bridge reads at once while a session catches up. */
const REPLAY_PAGE_EVENTS = 100;
const INTERNAL = -32603;
