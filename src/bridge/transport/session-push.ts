import type { EventTypeName, Recorded } from "../../domain/event.ts";
import { idOf } from "../../domain/event.ts";
import type { Refusal } from "../../domain/refusal.ts";
import type { Bridge } from "../bridge.ts";
import type { EventPage } from "../log/log.ts";
import { type Held, isOpen } from "../projection/elicitations.ts";
import { cloudEvent } from "./cloudevent.ts";
import type { Principal } from "./operation.ts";
import { maySee } from "./operations/events.ts";
import type { Opening } from "./session-opening.ts";
import { viewOf } from "./views.ts";

export interface Push {
  /** `flushed` as in `Channel.send`. */
  readonly push: (method: string, params: unknown, flushed?: (error?: Error) => void) => void;
  readonly end: (refusal: Refusal) => void;
  readonly signal: AbortSignal;
}

/**
 * Starts pushing what a session asked for; returns how to stop. With `after`, first everything missed since that
 * position, then the present, which waits its turn meanwhile: nothing twice, no gap.
 */
export const startPushing = (bridge: Bridge, who: Principal, session: string, opening: Opening, to: Push) => {
  const { after, inbox, outcomes, events } = opening;
  const head = bridge.log.head().position;
  let waiting: (() => void)[] | null = after === undefined ? null : [];
  const inTurn = (send: () => void): void => {
    if (waiting === null) send();
    else waiting.push(send);
  };

  /** The asker hears every outcome; the target only what it did not bring about itself: a fifth of all bytes. */
  const concerns = (event: Recorded): boolean =>
    outcomes &&
    isEnding(event) &&
    event.parties.includes(who.agent) &&
    (event.actor !== who.agent || event.parties[0] === who.agent);
  const pushOutcome = (held: Held | undefined): void => {
    if (held !== undefined && !isOpen(held)) to.push("ended", { elicitation: viewOf(held) });
  };
  const pushEvent = (event: Recorded): void => {
    if (maySee(who, event)) to.push("event", { event: cloudEvent(event, bridge.audience) });
  };

  const detach = bridge.deliver.attach({
    agent: who.agent,
    session,
    via: "websocket",
    offer: inbox
      ? (offer, position, left) => to.push("offer", { offer, position }, (error) => error === undefined && left())
      : null,
    notify: (event) => {
      if (concerns(event)) inTurn(() => pushOutcome(bridge.elicitations.find(idOf(event.stream))));
    },
    end: to.end,
  });
  const unfollow = events
    ? bridge.log.onCommitted((batch) => {
        for (const event of batch) inTurn(() => pushEvent(event));
      })
    : () => undefined;

  const replay = async (from: number): Promise<void> => {
    const mine = events ? {} : { party: who.agent, types: endingNames };
    for (let next: number | null = from; next !== null && next < head && !to.signal.aborted; ) {
      const page: EventPage = await bridge.log.read({
        ...mine,
        after: next,
        before: head + 1,
        limit: bridge.limits.pageEventsMax,
      });
      for (const event of page.events) {
        if (concerns(event)) pushOutcome(await bridge.elicitations.get(idOf(event.stream)));
        if (events) pushEvent(event);
      }
      next = page.next;
    }
    for (const send of waiting ?? []) send();
    waiting = null;
  };

  return {
    head,
    caughtUp: after === undefined ? Promise.resolve() : replay(after),
    stop: (): void => {
      detach();
      unfollow();
    },
  };
};

const endingNames: readonly EventTypeName[] = [
  "elicitation.accepted",
  "elicitation.declined",
  "elicitation.cancelled",
  "elicitation.expired",
];
const endings: ReadonlySet<string> = new Set(endingNames);
const isEnding = (event: Recorded): boolean => endings.has(event.type);
