import type { Net, Rng, Scheduler } from "../domain/world.ts";
import { backoffMs } from "./backoff.ts";
import { type Conversation, converse, type Opening, type Pushed } from "./conversation.ts";
import type { ClientLimits } from "./limit.ts";
import { isFinal, LighthouseFault, LighthouseRefusal } from "./refusal.ts";
import { requestQueue } from "./request.ts";
import type { SessionOpened } from "./wire.ts";
import { type Wanted, type Wish, wishes } from "./wish.ts";

export type ConnectionStatus =
  | { readonly state: "connected"; readonly session: string }
  /** `inMs`: how long until the next attempt. */
  | { readonly state: "reconnecting"; readonly inMs: number; readonly why: string }
  | { readonly state: "closed"; readonly why: string };

export interface LinkPorts {
  readonly net: Net;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly limits: ClientLimits;
  readonly url: string;
  readonly pass: Pass;
  /** Who should be at the other end; anything else is a fault, because answers would be signed for the wrong bridge. */
  readonly audience: string;
  /** Keep trying when there is no bridge yet, instead of failing with the first attempt. */
  readonly patient: boolean;
  readonly onStatus: (status: ConnectionStatus) => void;
}

/** What a connection is made with. */
export interface Pass {
  /** Throws when no credential can be had. */
  readonly token: () => string | Promise<string>;
  /** Whether another credential can be had in the place of one that was refused. */
  readonly isRenewable: (why: Error) => boolean;
}

export interface LinkUser extends Pushed {
  /** Whether somebody waits for an outcome, so that a new connection has to bring what was missed. */
  readonly awaitsOutcomes: () => boolean;
  /** A session is open, for the first time or again. */
  readonly opened: (session: SessionOpened) => void;
  /** The bridge's log is not the one that was read before: positions mean nothing any more. */
  readonly placeLost: () => void;
  /** There will be no further connection. */
  readonly over: (why: Error) => void;
}

/**
 * A connection that is made again whenever it is lost, until it is closed or refused for good. Requests without a reply
 * are sent again and pushing resumes from the position that was reached, so that nothing is missed.
 */
export const openLink = (ports: LinkPorts, user: LinkUser) => {
  const { net, rng, scheduler, limits, url, pass } = ports;
  const queue = requestQueue(limits);
  const wished = wishes(user.awaitsOutcomes);
  let talk: Conversation | undefined;
  let opening = false;
  let stale = false;
  let over: Error | undefined;
  let giveUp = new AbortController();
  let wake: () => void = () => undefined;

  const pushed: Pushed = {
    offer: user.offer,
    mailbox: user.mailbox,
    ended: (elicitation) => {
      wished.reachedOutcome(elicitation.position);
      user.ended(elicitation);
    },
    event: (event) => {
      wished.reachedEvent(event.position);
      user.event(event);
    },
  };

  const open = (on: Conversation): Promise<SessionOpened> =>
    new Promise((resolve, reject) => {
      opening = true;
      stale = false;
      const asked = wished.opening();
      on.open(asked, (opened) => {
        opening = false;
        if (opened instanceof Error) {
          if (isWrongPlace(opened, asked)) placeLost();
          return reject(opened);
        }
        if (opened.audience !== ports.audience) return reject(foreign(url, opened.audience, ports.audience));
        if (wished.isBeyond(opened.position)) placeLost();
        wished.opened(asked, opened);
        user.opened(opened);
        resolve(opened);
      });
    });

  const placeLost = (): void => {
    wished.placeLost();
    user.placeLost();
  };

  /** Wishes that change in one turn, or while a session opens, make one `session.open`. */
  const reopen = (): void => {
    if (talk === undefined || opening) return;
    opening = true;
    queueMicrotask(() => {
      opening = false;
      const on = talk;
      if (on !== undefined && (stale || wished.differ())) open(on).then(reopen, on.close);
    });
  };

  /** Until the first reply of a session: only then is a connection worth the name. */
  const connect = async (): Promise<SessionOpened> => {
    giveUp = new AbortController();
    const late = new LighthouseFault("unreachable", `no session at ${url} within ${limits.connectTimeoutMs} ms`);
    const cancel = scheduler.after(limits.connectTimeoutMs, () => giveUp.abort(late));
    try {
      const token = pass.token();
      const channel = await net.connect(url, typeof token === "string" ? token : await token, giveUp.signal);
      const on = converse(channel, queue, pushed, { scheduler, limits });
      talk = on;
      giveUp.signal.addEventListener("abort", () => on.close(giveUp.signal.reason));
      if (giveUp.signal.aborted) on.close(giveUp.signal.reason);
      const opened = open(on);
      // Right behind the opening, without waiting for its reply: the bridge reads in order.
      queue.connected(channel.send);
      return await opened;
    } catch (error) {
      talk?.close(error as Error);
      throw giveUp.signal.aborted ? giveUp.signal.reason : error;
    } finally {
      cancel();
    }
  };

  const run = async (ready: (opened: SessionOpened) => void): Promise<Error> => {
    let attempt = 0;
    let patient = ports.patient;
    while (over === undefined) {
      const why = await connect().then(
        (opened) => {
          attempt = 0;
          patient = true;
          ports.onStatus({ state: "connected", session: opened.session });
          ready(opened);
          reopen();
          return (talk as Conversation).ended;
        },
        (error: unknown) => error as Error,
      );
      talk = undefined;
      wished.lost();
      if (over !== undefined) break;
      const isRenewable = patient && isFinal(why) && pass.isRenewable(why);
      if (!isRenewable && (!patient || isFinal(why) || isForeign(why))) return finish(why);
      const inMs = backoffMs(attempt++, rng, limits);
      ports.onStatus({ state: "reconnecting", inMs, why: why.message });
      await new Promise<void>((resolve) => {
        const cancel = scheduler.after(inMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return over;
  };

  const finish = (why: Error): Error => {
    if (over !== undefined) return over;
    over = why;
    wake();
    giveUp.abort(why);
    talk?.close(why);
    queue.end(why);
    ports.onStatus({ state: "closed", why: why.message });
    user.over(why);
    return why;
  };

  return {
    /** Resolves with the first session; rejects when there will be none. */
    ready: new Promise<SessionOpened>((resolve, reject) => {
      run(resolve).then(reject, reject);
    }),

    send: queue.add,
    call: <T>(method: string, params: object, repeatable = true): Promise<T> =>
      new Promise((resolve, reject) => {
        queue.add(method, params, repeatable, resolve as (result: unknown) => void, reject);
      }),

    /** Has something pushed until the wish is released. */
    want: (wanted: Wanted): Wish => wished.want(wanted, reopen),
    /** Has everything offered again that is open. */
    offerAgain: (): void => {
      stale = true;
      reopen();
    },

    close: (): void => void finish(new LighthouseFault("closed", "this client was closed")),
    ended: (): Error | undefined => over,
  };
};

export type Link = ReturnType<typeof openLink>;

const foreign = (url: string, found: string, expected: string): LighthouseFault =>
  new LighthouseFault("protocol", `${url} is ${found}, the credential is for ${expected}`);

/** The bridge has not got as far as this client has seen it: its log was put back to an earlier state. */
const isWrongPlace = (error: unknown, asked: Opening): boolean =>
  asked.after !== undefined && error instanceof LighthouseRefusal && error.code === "invalid_input";

const isForeign = (error: Error): boolean => error instanceof LighthouseFault && error.kind === "protocol";
