import type { Credential } from "../../src/client/credential.ts";
import { connect } from "../../src/client/index.ts";
import type { Lighthouse } from "../../src/client/lighthouse.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import type { Ledger } from "./ledger.ts";

export interface Load {
  /** Resolves once agents have been told so many things more. */
  readonly progress: (acknowledgements: number) => Promise<void>;
  /** Asks and notes nothing new until it is let go; what is under way goes on. */
  readonly hold: () => () => void;
  /** Asks nothing new, and waits until every question that was asked has its outcome. */
  readonly finish: () => Promise<void>;
  readonly close: () => void;
}

/** Questions that each agent keeps in the air. */
const OUTSTANDING = 4;
const SLOW_EVERY = 8;
const SLOW_MS = 100;
/** The crash is short, so that nobody should wait long to come back. */
const limits = { backoffBaseMs: 20, backoffMaxMs: 100, connectTimeoutMs: 5_000 } as const;
/** Longer than any run: what expires here was lost. */
const TIMEOUT_MS = 3_600_000;

/**
 * Agents in a ring, each on the real client: everybody asks the next, answers the one before and notes events, as fast
 * as replies come. They know nothing of crashes; the client finds the bridge again.
 */
export const startLoad = async (credentials: readonly Credential[], { told }: Ledger): Promise<Load> => {
  const clients = await Promise.all(credentials.map((credential) => connect({ credential, patient: true, limits })));
  const waiting = new Set<{ left: number; readonly resolve: () => void }>();
  const asking: Promise<void>[] = [];
  let isFinishing = false;
  let free = Promise.resolve();
  let serial = 0;

  const progressed = (): void => {
    for (const each of waiting) {
      each.left--;
      if (each.left > 0) continue;
      waiting.delete(each);
      each.resolve();
    }
  };

  const askOn = async (from: Lighthouse, to: string): Promise<void> => {
    for (await free; !isFinishing; await free) {
      const key = `${from.agent}-${++serial}`;
      const question = { to, message: "again?", schema: { type: "integer" }, timeoutMs: TIMEOUT_MS, key } as const;
      const { id, repeated, outcome } = await from.ask.start(question);
      told.asked(id, key, repeated);
      progressed();
      told.ended(id, (await outcome).status);
      progressed();
    }
  };

  const answerOn = async (as: Lighthouse): Promise<void> => {
    let nth = 0;
    for await (const question of as.questions()) {
      const answer = (): void =>
        void question.accept(1).then(() => {
          told.answered(question.id);
          progressed();
        }, unlessLost);
      // Some take their time, so that something is open whenever the way of delivery changes.
      if (++nth % SLOW_EVERY === 0) setTimeout(answer, SLOW_MS);
      else answer();
    }
  };

  const noteOn = async (as: Lighthouse): Promise<void> => {
    for (await free; !isFinishing; await free) {
      const n = ++serial;
      try {
        const { position } = await as.events.append(`crash.${as.agent}`, { n });
        told.appended(position, n);
        progressed();
      } catch (error) {
        if (!(error instanceof LighthouseFault) || error.kind !== "interrupted") throw error;
        told.nothing();
      }
    }
  };

  for (const [i, client] of clients.entries()) {
    const next = (clients[(i + 1) % clients.length] as Lighthouse).agent;
    answerOn(client).catch(unlessClosed);
    noteOn(client).catch(unlessClosed);
    for (let k = 0; k < OUTSTANDING; k++) asking.push(askOn(client, next).catch(unlessClosed));
  }

  return {
    progress: (acknowledgements) =>
      new Promise((resolve) => {
        waiting.add({ left: acknowledgements, resolve });
      }),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      free = promise;
      return resolve;
    },
    finish: async () => {
      isFinishing = true;
      await Promise.all(asking);
    },
    close: () => {
      for (const client of clients) client.close();
    },
  };
};

/** A question that a bridge has forgotten: the ledger finds that out by itself, and says so. */
const unlessLost = (error: unknown): void => {
  if (!(error instanceof LighthouseRefusal) || error.code !== "not_found") unlessClosed(error);
};

/** Whoever was still at work when the loop closed the clients hears that they are closed. */
const unlessClosed = (error: unknown): void => {
  if (!(error instanceof LighthouseFault) || error.kind !== "closed") throw error;
};
