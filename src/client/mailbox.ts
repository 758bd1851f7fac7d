import type { Offer } from "../domain/answer.ts";
import { defaultLimits } from "../domain/limit.ts";
import type { Rng, Scheduler } from "../domain/world.ts";
import { backoffMs } from "./backoff.ts";
import type { ClientLimits } from "./limit.ts";
import type { Link } from "./link.ts";
import { LighthouseFault } from "./refusal.ts";
import type { Mail } from "./wire.ts";

export interface MailboxPorts {
  readonly link: Link;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly limits: ClientLimits;
  /** Names this client in acknowledgements. */
  readonly holder: string;
  /** Takes a question in; false when there is no room for it now. */
  readonly offer: (offer: Offer, trace?: string) => boolean;
}

/** Questions taken with one poll. */
const POLL_MAX = 100;

/**
 * Takes questions out of the agent's mailbox for as long as somebody takes questions here and the bridge does not push
 * them. Which of the two it is, the bridge says when a session opens and when it changes; whoever takes the questions
 * need not know.
 */
export const mailbox = ({ link, rng, scheduler, limits, holder, offer }: MailboxPorts) => {
  let readers = 0;
  let isMailed = false;
  /** Counts what the bridge said, so that a reply from before cannot unsay it. */
  let said = 0;
  /** This client may have nothing of what it took before: what was acknowledged then is wanted again. */
  let isNew = true;
  let isPolling = false;

  const poll = async (): Promise<void> => {
    if (isPolling) return;
    isPolling = true;
    let failures = 0;
    while (readers > 0 && isMailed && link.ended() === undefined) {
      const before = said;
      try {
        const anew = isNew ? { acknowledged: true } : {};
        isNew = false;
        await waitFor({ waitMs: defaultLimits.longPollMsMax, limit: POLL_MAX, ...anew }, (mail) => {
          failures = 0;
          take(mail);
          if (mail.arm === "push" && mail.messages.length === 0 && said === before) isMailed = false;
        });
      } catch (error) {
        isNew = true;
        // A lost connection is made again by the link, and everything else passes or never does.
        const isLost = error instanceof LighthouseFault && error.kind === "interrupted";
        await pause(isLost ? 0 : backoffMs(failures++, rng, limits));
      }
    }
    isPolling = false;
  };

  /**
   * `heard` is called in the turn in which the reply is read: what is read after it may say that a question has ended, and
   * must not be overtaken by that question.
   */
  const waitFor = (params: object, heard: (mail: Mail) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (mail: unknown): void => {
        heard(mail as Mail);
        resolve();
      };
      // Not sent again over a new connection: what it asks for then is more.
      link.send("messages.wait", params, false, done, reject);
    });

  const take = ({ messages }: Mail): void => {
    const taken = messages.filter((message) => offer(message.offer, message._meta?.traceparent));
    if (taken.length === 0) return;
    const ids = taken.map((message) => message.offer.id);
    // What is not acknowledged comes again and is known then.
    link.call("messages.ack", { ids, holder }).catch(() => undefined);
  };

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void scheduler.after(ms, resolve));

  return {
    /** A session is open. */
    opened: (mailed: boolean): void => {
      isNew = true;
      if (mailed) isMailed = true;
      void poll();
    },
    /** Something is in the mailbox, or will be from now on. */
    told: (): void => {
      said++;
      isMailed = true;
      void poll();
    },
    /** Somebody takes questions until it is released. */
    want: (): { readonly release: () => void } => {
      readers++;
      void poll();
      return {
        release: () => {
          readers--;
          // What waited for its taker is given back.
          if (readers === 0) isNew = true;
        },
      };
    },
  };
};

export type Mailbox = ReturnType<typeof mailbox>;
