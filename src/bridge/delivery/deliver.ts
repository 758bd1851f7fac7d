import { type Offer, offerOf } from "../../domain/answer.ts";
import { type Arm, PUSH_FLAG } from "../../domain/arm.ts";
import type { OfferWay } from "../../domain/elicitation.ts";
import { idOf, type Recorded } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import type { Observer } from "../../domain/observer.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { Scheduler } from "../../domain/world.ts";
import type { AgentDirectory } from "../projection/agents.ts";
import { type ElicitationView, type Held, isOpen, type OpenElicitation } from "../projection/elicitations.ts";
import { deadlines } from "./deadlines.ts";
import { type Letter, mailbox } from "./mailbox.ts";
import { type Listener, presence } from "./presence.ts";
import { openWaits } from "./waits.ts";

export interface DeliveryPorts {
  /** The log's time, by which deadlines are meant. */
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly scheduler: Scheduler;
  readonly limits: Limits;
  readonly audience: string;
  readonly agents: AgentDirectory;
  readonly elicitations: ElicitationView;
  /** By which way the next question for this agent goes. */
  readonly armOf: (agent: string) => Arm;
  readonly observer: Pick<Observer, "queued" | "handing" | "handed">;
  /** Commands that delivery gives when something happened: bytes left, a deadline passed, an agent showed itself. */
  readonly record: {
    /** `until`: out of the mailbox, under a lease that ends then. */
    readonly offered: (id: string, via: OfferWay, session: string, trace: string | null, until?: number) => void;
    readonly deadLetter: (id: string) => void;
    readonly expire: (id: string) => void;
    readonly lapse: (id: string) => void;
    readonly seen: (agent: string, via: string) => void;
    /** A connection that a login had opened is gone. */
    readonly left?: (login: string) => void;
  };
}

/** What is true about reaching an agent at this moment. */
export type Reach =
  | { readonly state: "reachable" }
  | { readonly state: "queued"; readonly lastSeen: number }
  | { readonly state: "never_seen" };

export interface InboxItem {
  readonly offer: Offer;
  readonly position: number;
}

/**
 * Brings committed questions to their targets and outcomes to their askers, and keeps the clock on both. It holds
 * nothing that the log and the live connections could not give back.
 */
export const delivery = (ports: DeliveryPorts) => {
  const { now, scheduler, agents, elicitations, audience, observer, record } = ports;
  const present = presence();
  const { wake, sleep, wakeAll, isAwaited } = openWaits(scheduler);
  /** When each agent last looked into its mailbox, on the monotonic clock. */
  const polledAt = new Map<string, number>();
  const timers = deadlines(now, scheduler, due, (id) => elicitations.find(id)?.state.status === "open");
  const mail = mailbox({ ...ports, arrived: (held) => void putInMailbox(held), record });

  function due(id: string): void {
    const held = elicitations.find(id);
    if (held === undefined || !isOpen(held)) return;
    const { stage, question } = held.state;
    if (now() >= question.deadline) record.expire(id);
    else if (stage.name === "claimed" && now() >= stage.until) record.lapse(id);
  }

  const itemOf = (held: OpenElicitation): InboxItem => ({
    offer: offerOf(audience, held.id, held.state.question),
    position: held.askedAt,
  });

  const offerTo = (listener: Listener, held: OpenElicitation): boolean => {
    if (listener.offer === null) return false;
    const { via, session } = listener;
    const { offer, position } = itemOf(held);
    const trace = observer.handing("ask", held.id, via);
    listener.offer(offer, position, trace, (error) => {
      observer.handed("ask", held.id, via, error);
      if (error === undefined) record.offered(held.id, via, session, trace);
    });
    return true;
  };

  const offerAll = (held: OpenElicitation): void => {
    const { to } = held.state.question;
    let isTaken = false;
    if (held.state.mailbox !== null) isTaken = putInMailbox(held);
    else for (const listener of present.of(to)) isTaken = offerTo(listener, held) || isTaken;
    if (!wake(`inbox ${to}`) && !isTaken) observer.queued("ask", held.id);
  };

  /** Nothing is pushed; who does not expect mail is told to look. True when somebody waited for it. */
  const putInMailbox = ({ state }: OpenElicitation): boolean => {
    const { to } = state.question;
    const isTaken = wake(`mail ${to}`);
    if (isTaken) polledAt.set(to, ports.monotonic());
    else if (ports.armOf(to) === "push") for (const listener of present.of(to)) listener.mailed?.();
    return isTaken;
  };

  /** A connection alone brings nobody a question that has to be polled for. */
  const isReachable = (agent: string): boolean => {
    if (ports.armOf(agent) === "push") return present.isReachable(agent);
    if (isAwaited(`mail ${agent}`)) return true;
    const polled = polledAt.get(agent);
    return polled !== undefined && ports.monotonic() - polled <= POLL_REST_MS && present.isReachable(agent);
  };

  /** The flag has changed: whoever is in the mailbox arm now has to poll. */
  const tellMailed = (): void => {
    for (const listener of [...present.all()]) if (ports.armOf(listener.agent) === "mailbox") listener.mailed?.();
  };

  /** Told after the projections have folded the same events. */
  const onCommitted = (events: readonly Recorded[]): void => {
    for (const event of events) {
      if (event.type === "agent.revoked") wake(`agent ${idOf(event.stream)}`);
      if (event.type === "inquiry.concluded") wake(idOf(event.stream));
      if (event.type.startsWith("flag.") && idOf(event.stream) === PUSH_FLAG) tellMailed();
      if (!event.stream.startsWith("elicitation/")) continue;
      const id = idOf(event.stream);
      const held = elicitations.find(id);
      if (event.type === "elicitation.asked") timers.add(id, event.data.deadline);
      if (event.type === "elicitation.claimed") timers.add(id, event.data.until);
      if (becomesOfferable.has(event.type)) {
        if (held !== undefined && isOpen(held)) offerAll(held);
      }
      if (held !== undefined && !isOpen(held)) {
        wake(id);
        mail.forget(id);
      }
      for (const party of event.parties) for (const listener of present.of(party)) listener.notify(event);
    }
  };

  return {
    onCommitted,
    presence: present,

    /** Puts every open elicitation back under the clock; what fell due while the bridge was down expires now. */
    start: (): void => {
      for (const held of elicitations.open()) {
        timers.add(held.id, held.state.question.deadline);
        if (held.state.stage.name === "claimed") timers.add(held.id, held.state.stage.until);
      }
      mail.start();
    },
    stop: (why: Refusal): void => {
      timers.stop();
      mail.stop();
      for (const listener of [...present.all()]) listener.end(why);
      wakeAll();
    },

    /** A live connection: it gets what is open now, oldest first, and everything from now on. */
    attach: (listener: Listener): (() => void) => {
      const detach = present.add(listener);
      record.seen(listener.agent, listener.via);
      for (const held of elicitations.inbox(listener.agent)) {
        if (held.state.stage.name !== "claimed" && held.state.mailbox === null) offerTo(listener, held);
      }
      return () => {
        detach();
        if (listener.login !== undefined) record.left?.(listener.login);
      };
    },

    /** Ends every connection of an agent, saying why. */
    evict: (agent: string, why: Refusal): void => {
      for (const listener of [...present.of(agent)]) listener.end(why);
    },

    /** Ends every connection of an agent that was opened with a login which is over, saying why. */
    evictLogins: (agent: string, isOver: (login: string) => boolean, why: Refusal): void => {
      for (const listener of [...present.of(agent)]) {
        if (listener.login !== undefined && isOver(listener.login)) listener.end(why);
      }
    },
    isConnectedBy: (agent: string, login: string): boolean => {
      for (const listener of present.of(agent)) if (listener.login === login) return true;
      return false;
    },

    /** What is open for an agent. Whoever hands it over calls `left(items)` once the bytes are gone. */
    inbox: (agent: string): readonly InboxItem[] => Array.from(elicitations.inbox(agent), itemOf),
    left: (
      items: readonly InboxItem[],
      via: OfferWay,
      session: string,
      traces: readonly (string | null)[] = [],
    ): void =>
      items.forEach(({ offer }, index) => {
        observer.handed("ask", offer.id, via);
        record.offered(offer.id, via, session, traces[index] ?? null);
      }),
    seen: (agent: string, via: string): void => record.seen(agent, via),

    offerOf: (held: OpenElicitation): Offer => itemOf(held).offer,
    /** The mailboxes. Whoever hands a letter over calls `mailLeft` once its bytes are gone. */
    mail,
    mailLeft: (letters: readonly Letter[], via: OfferWay, session: string, traces: readonly (string | null)[]): void =>
      letters.forEach(({ held, until }, index) => {
        observer.handed("ask", held.id, via);
        record.offered(held.id, via, session, traces[index] ?? null, until);
      }),
    polled: (agent: string): void => void polledAt.set(agent, ports.monotonic()),
    /** Whether this agent's questions have to be polled for: now, or from the next one on. */
    isMailed: (agent: string): boolean => ports.armOf(agent) === "mailbox" || mail.hasMail(agent),
    /** Long poll: until something may be handed out of the agent's mailbox. */
    untilMailed: (agent: string, ms: number, signal?: AbortSignal) => sleep(`mail ${agent}`, ms, signal),

    /** Long poll: until something new is asked of the agent. */
    untilAsked: (agent: string, ms: number, signal?: AbortSignal) => sleep(`inbox ${agent}`, ms, signal),

    /** Long poll: until the inquiry is concluded. */
    untilConcluded: (id: string, ms: number, signal?: AbortSignal) => sleep(id, ms, signal),

    /** Long poll: until the elicitation has ended. Returns what is committed then, ended or not. */
    untilEnded: async (id: string, ms: number, signal?: AbortSignal): Promise<Held | undefined> => {
      const held = await elicitations.get(id);
      if (held === undefined || !isOpen(held) || ms <= 0) return held;
      await sleep(id, ms, signal);
      return elicitations.get(id);
    },

    isReachable,
    reach: (agent: string): Reach => {
      if (isReachable(agent)) return { state: "reachable" };
      const known = agents.get(agent);
      const lastSeen = known.status === "active" ? known.lastSeen : null;
      return lastSeen === null ? { state: "never_seen" } : { state: "queued", lastSeen };
    },
    counts: () => ({ connections: [...present.all()].length, agents: present.agents(), deadlines: timers.size() }),
  };
};

/** Whoever polls may rest so long between two polls and still counts as polling, in milliseconds. */
const POLL_REST_MS = 5_000;

/** Committed, these make a question one to be offered. */
const becomesOfferable: ReadonlySet<string> = new Set([
  "elicitation.asked",
  "elicitation.lapsed",
  "elicitation.requeued",
  "elicitation.rerouted",
]);

export type Delivery = ReturnType<typeof delivery>;
