import type { OfferWay } from "../../domain/elicitation.ts";
import { type EventTypeName, idOf, type Recorded } from "../../domain/event.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { Bridge } from "../bridge.ts";
import type { SendOffer } from "../delivery/presence.ts";
import { type Held, isOpen } from "../projection/elicitations.ts";
import { cloudEvent } from "./cloudevent.ts";
import { metaOf } from "./meta.ts";
import type { Principal } from "./operation.ts";
import { maySee } from "./operations/events.ts";
import type { Room } from "./room.ts";
import type { Opening } from "./session-opening.ts";
import { viewOf, viewText } from "./views.ts";

/** The connection that is pushed to: a WebSocket session or an SSE stream. */
export interface PushTarget {
  readonly via: OfferWay;
  readonly push: (pushed: Pushed) => void;
  readonly room: Room;
  readonly end: (refusal: Refusal) => void;
  /** Aborts when the connection has ended, for whatever reason. */
  readonly signal: AbortSignal;
  /** As in `Channel.ping`. */
  readonly ping?: ((answered: () => void) => void) | undefined;
}

export interface Pushed {
  readonly name: "offer" | "ended" | "event" | "mailbox";
  readonly data: object;
  /** `data` in JSON, where it is at hand. */
  readonly text?: string | undefined;
  /** A reader who has this has everything up to this position of the log that it asked for. Offers have no such place. */
  readonly toldUpTo?: number;
  /** As in `Channel.send`. */
  readonly flushed?: (error?: Error) => void;
}

/** Events read at once while catching up: with 256 KB each, the most an event can have, 25 MB. */
const REPLAY_PAGE_EVENTS = 100;

/**
 * Starts pushing what a session asked for; returns how to stop. With `after`, first everything missed since that
 * position, at the reader's own pace, then the present: nothing twice, no gap, in the log's order.
 */
export const startPushing = (bridge: Bridge, who: Principal, session: string, opening: Opening, to: PushTarget) => {
  const { after, inbox, outcomes, events } = opening;
  const head = bridge.log.head().position;
  let isLive = after === undefined || !(outcomes || events);
  let isStopped = false;

  /** Tells about one event all there is to tell. */
  const tell = (event: Recorded, held: Held | undefined): void => {
    const last = { toldUpTo: event.position };
    const isOutcome = held !== undefined && !isOpen(held) && event.parties.includes(who.agent);
    const isVisible = events && maySee(who, event);
    // Both of one event: the place is reached only with the second.
    if (isOutcome) {
      const { trace, ...left } = isLive ? leaving(bridge, who, held, to.via) : { trace: null };
      const view = viewOf(held);
      to.push({
        name: "ended",
        data: { elicitation: view, ...metaOf(trace) },
        text: trace === null ? `{"elicitation":${viewText(view)}}` : undefined,
        ...(isVisible ? {} : last),
        ...left,
      });
    }
    if (isVisible) to.push({ name: "event", data: { event: cloudEvent(event, bridge.audience) }, ...last });
  };
  const ofInterest = (event: Recorded): boolean => outcomes && isEnding(event);
  const tellNow = (event: Recorded): void => {
    // What happens while catching up is committed, so catching up comes to it.
    if (isLive) tell(event, ofInterest(event) ? bridge.elicitations.find(idOf(event.stream)) : undefined);
  };

  const detach = bridge.deliver.attach({
    agent: who.agent,
    session,
    via: to.via,
    login: who.login,
    ping: to.ping,
    offer: inbox ? offers(bridge, to) : null,
    mailed: () => {
      if (inbox) to.push({ name: "mailbox", data: { arm: "mailbox" } });
    },
    // With `events` too, one listener tells both, or their places would not come in order.
    notify: (event) => {
      if (!events && ofInterest(event)) tellNow(event);
    },
    end: to.end,
  });
  const unfollow = events ? bridge.log.onCommitted((batch) => batch.forEach(tellNow)) : () => undefined;

  const catchUp = async (from: number): Promise<void> => {
    const mine = events ? {} : { party: who.agent, types: endingNames };
    const isOver = (): boolean => isStopped || to.signal.aborted;
    let next = from;
    for (let upTo = head; next < upTo && !isOver(); upTo = bridge.log.head().position) {
      const page = await bridge.log.read({ ...mine, after: next, before: upTo + 1, limit: REPLAY_PAGE_EVENTS });
      for (const event of page.events) {
        const held = ofInterest(event) ? await bridge.elicitations.get(idOf(event.stream)) : undefined;
        if (isOver()) return;
        tell(event, held);
        if (!to.room.isFree()) await new Promise<void>(to.room.whenFree);
      }
      next = page.next ?? upTo;
    }
    // In the same turn in which nothing was left to read.
    isLive = true;
  };

  return {
    head,
    /** Questions have to be polled for: `messages.wait`. */
    isMailed: inbox && bridge.deliver.isMailed(who.agent),
    caughtUp: isLive ? Promise.resolve() : catchUp(after ?? head),
    stop: (): void => {
      isStopped = true;
      detach();
      unfollow();
    },
  };
};

/** An outcome that is on its way to its asker. What is caught up with happened long ago, and is not. */
const leaving = (
  bridge: Bridge,
  who: Principal,
  held: Held,
  via: OfferWay,
): { trace: string | null } & Pick<Pushed, "flushed"> => {
  if (held.state.status !== "ended" || held.state.question.from !== who.agent) return { trace: null };
  const trace = bridge.observer.handing("answer", held.id, via);
  return { trace, flushed: (error) => bridge.observer.handed("answer", held.id, via, error) };
};

/** Offers questions as fast as their reader takes them. One that ended while it waited for its turn is left out. */
const offers = (bridge: Bridge, to: PushTarget): SendOffer => {
  // By id: a question that is offered again while it waits keeps one place.
  const waiting = new Map<string, Turn>();
  const pump = (): void => {
    for (const [id, { send, left }] of waiting) {
      if (!to.signal.aborted && !to.room.isFree()) return to.room.whenFree(pump);
      waiting.delete(id);
      if (to.signal.aborted) left(new Error("the connection has ended"));
      else {
        const state = bridge.elicitations.find(id)?.state;
        if (state?.status !== "open") left(new Error("it ended before its turn"));
        else if (state.mailbox !== null) left(new Error("it was taken out of this way of delivery before its turn"));
        else send();
      }
    }
  };
  return (offer, position, trace, left) => {
    const send = (): void => to.push({ name: "offer", data: { offer, position, ...metaOf(trace) }, flushed: left });
    if (waiting.size === 0 && to.room.isFree()) return send();
    waiting.set(offer.id, { send, left });
    if (waiting.size === 1) to.room.whenFree(pump);
  };
};

interface Turn {
  readonly send: () => void;
  readonly left: (error?: Error) => void;
}

const endingNames: readonly EventTypeName[] = [
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
];
const endings: ReadonlySet<string> = new Set(endingNames);
const isEnding = (event: Recorded): boolean => endings.has(event.type);
