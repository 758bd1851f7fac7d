import type { Offer } from "../domain/answer.ts";
import { type Refusal, refusal, refusalKinds } from "../domain/refusal.ts";
import type { Channel, Scheduler } from "../domain/world.ts";
import type { ClientLimits } from "./limit.ts";
import { errorOf, LighthouseFault, LighthouseRefusal } from "./refusal.ts";
import type { Reply, RequestQueue } from "./request.ts";
import type { ElicitationView, LogEvent, SessionOpened } from "./wire.ts";

/** What the bridge pushes. Each is called in the turn in which the message is read, in the order of the wire. */
export interface Pushed {
  /** `trace`: the asker's W3C `traceparent`, if it gave one. */
  readonly offer: (offer: Offer, trace: string | undefined) => void;
  readonly ended: (elicitation: ElicitationView) => void;
  readonly event: (event: LogEvent) => void;
  /** Questions are not pushed now, and have to be polled for. */
  readonly mailbox: () => void;
}

/** What a session wants pushed, as the params of `session.open`. */
export interface Opening {
  readonly inbox: boolean;
  readonly outcomes: boolean;
  readonly events: boolean;
  readonly after?: number;
}

export interface Conversation {
  /** Says what should be pushed from now on. `done` is called in the turn in which the reply is read. */
  readonly open: (opening: Opening, done: (outcome: SessionOpened | Error) => void) => void;
  readonly close: (why: Error) => void;
  /** Why it ended. Never rejects. */
  readonly ended: Promise<Error>;
}

/** One connection, from its opening to its end: reads what comes, and notices when nothing comes any more. */
export const converse = (
  channel: Channel,
  queue: RequestQueue,
  pushed: Pushed,
  { scheduler, limits }: { readonly scheduler: Scheduler; readonly limits: ClientLimits },
): Conversation => {
  // Our own requests have ids below zero, the queue's above.
  const own = new Map<number, (outcome: Reply | Error) => void>();
  let lastOwn = 0;
  let farewell: Refusal | undefined;
  let silent: "no" | "for a while" | "asked" = "no";
  let over = false;
  let tell: (why: Error) => void = () => undefined;
  const ended = new Promise<Error>((resolve) => {
    tell = resolve;
  });

  const end = (why: Error): void => {
    if (over) return;
    over = true;
    cancel();
    queue.disconnected(why.message);
    for (const settle of own.values()) settle(why);
    tell(why);
  };

  const request = (method: string, params: object, settle: (outcome: Reply | Error) => void): void => {
    const id = --lastOwn;
    own.set(id, (outcome) => {
      own.delete(id);
      settle(outcome);
    });
    channel.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  };

  const receive = (text: string): void => {
    silent = "no";
    const message = read(text);
    if (message === undefined) return giveUp("the bridge sent something that is not JSON-RPC");
    switch (message.method) {
      case undefined:
        if (typeof message.id === "number" && message.id < 0) own.get(message.id)?.(message);
        else queue.settle(message);
        return;
      case "offer":
        return pushed.offer(message.params.offer, message.params._meta?.traceparent);
      case "ended":
        return pushed.ended(message.params.elicitation);
      case "event":
        return pushed.event(message.params.event);
      case "mailbox":
        return pushed.mailbox();
      case "closing":
        farewell = message.params;
        return;
      // A later bridge may push what this client does not know; it asked for nothing that it needs.
    }
  };

  /** The peer may be gone without a word, so nothing is waited for. */
  const giveUp = (why: string): void => {
    channel.close(GIVEN_UP, "");
    end(new LighthouseFault("unreachable", why));
  };

  const listen = () =>
    scheduler.after(limits.silenceMs, () => {
      if (silent === "asked") return giveUp(`the bridge was silent for ${2 * limits.silenceMs} ms`);
      silent = silent === "no" ? "for a while" : "asked";
      // Any reply proves that somebody is there, also one that does not know the method.
      if (silent === "asked") request("session.ping", {}, () => undefined);
      cancel = listen();
    });
  let cancel = listen();

  channel.onMessage = receive;
  channel.onClose = (code, reason) => {
    if (code === TOO_LARGE) queue.tooLarge();
    end(farewell === undefined ? whyClosed(code, reason) : new LighthouseRefusal(farewell));
  };

  return {
    ended,
    open: (opening, done) =>
      request("session.open", opening, (outcome) => {
        if (outcome instanceof Error) done(outcome);
        else if (outcome.error !== undefined) done(errorOf(outcome.error));
        else done(outcome.result as SessionOpened);
      }),
    close: (why) => {
      channel.close(1000, "");
      end(why);
    },
  };
};

type Message =
  | (Reply & { readonly method?: undefined })
  | {
      readonly method: "offer";
      readonly params: { readonly offer: Offer; readonly _meta?: { readonly traceparent?: string } };
    }
  | { readonly method: "ended"; readonly params: { readonly elicitation: ElicitationView } }
  | { readonly method: "event"; readonly params: { readonly event: LogEvent } }
  | { readonly method: "mailbox"; readonly params: object }
  | { readonly method: "closing"; readonly params: Refusal };

const read = (text: string): Message | undefined => {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? (message as Message) : undefined;
  } catch {
    return undefined;
  }
};

/** Close codes of RFC 6455: 1009 is "message too big"; 4000 is ours. */
const TOO_LARGE = 1009;
const GIVEN_UP = 4000;

/** The bridge closes with its refusal's code as the reason. */
const whyClosed = (code: number, reason: string): Error =>
  Object.hasOwn(refusalKinds, reason)
    ? new LighthouseRefusal(refusal(reason as Refusal["code"], ""))
    : new LighthouseFault("unreachable", `the connection ended (${code}${reason === "" ? "" : ` ${reason}`})`);
