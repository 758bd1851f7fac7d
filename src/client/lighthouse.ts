import type { AgentKind } from "../domain/agent.ts";
import type { Offer } from "../domain/answer.ts";
import { defaultLimits } from "../domain/limit.ts";
import type { Clock, Net, Rng, Scheduler } from "../domain/world.ts";
import { askWith } from "./ask.ts";
import { asking } from "./asking.ts";
import type { Credential } from "./credential.ts";
import { eventsOver } from "./events.ts";
import type { IncomingQuestion } from "./incoming.ts";
import { intake } from "./intake.ts";
import { type ClientLimits, clientLimits } from "./limit.ts";
import { type ConnectionStatus, openLink } from "./link.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { questionsFrom } from "./questions.ts";
import { LighthouseFault } from "./refusal.ts";
import type { Signer } from "./signer.ts";
import { type ElicitationView, type InboxItem, isEnd, type ListedAgent, type Receipt } from "./wire.ts";

export interface ConnectOptions {
  readonly credential: Credential;
  /** Where the bridge is, if not where the credential says. */
  readonly url?: string;
  /** Keep trying when the first attempt finds no bridge, instead of throwing. */
  readonly patient?: boolean;
  readonly onStatus?: (status: ConnectionStatus) => void;
  readonly limits?: Partial<ClientLimits>;
}

export interface ClientPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly signer: Signer;
}

/** Connects, and resolves with the client once the bridge has opened a session. */
export const connectWith = async (options: ConnectOptions & ClientPorts) => {
  const { credential, clock, rng, scheduler, signer, onStatus = () => undefined } = options;
  const limits: ClientLimits = { ...clientLimits, ...options.limits };
  const url = options.url ?? credential.url;

  const link = openLink(
    {
      net: options.net,
      rng,
      scheduler,
      limits,
      url,
      token: credential.token,
      audience: credential.audience,
      patient: options.patient ?? false,
      onStatus,
    },
    {
      offer: (offer, trace) => questions.offer(offer, trace),
      ended: (view) => {
        asks.ended(view);
        questions.ended(view);
      },
      event: (event) => events.pushed(event),
      awaitsOutcomes: () => asks.isAwaited() || questions.isHolding(),
      placeLost: () => {
        asks.lookForAll();
        questions.dropAll(new LighthouseFault("protocol", "the bridge's log was put back to an earlier state"));
        events.placeLost();
      },
      over: (why) => {
        asks.over(why);
        questions.over(why);
        events.over();
      },
    },
  );
  const asks = asking(link, { rng, limits });
  const questions = intake(
    { link, signer, clock, audience: credential.audience, nextSeq: counter(clock), holder: holderName(rng) },
    limits,
  );
  const events = eventsOver(link, limits);
  const { session } = await link.ready;

  return {
    agent: credential.agent,
    audience: credential.audience,
    /** Id of the first session; receipts name sessions. */
    session,

    ask: askWith(asks, { scheduler, limits }),
    ...questionsFrom(link, questions, limits),

    /** The questions that wait for your answer now, oldest first. Waits up to `waitMs` (45,000 at most) for one. */
    inbox: async ({ waitMs = 0 }: { readonly waitMs?: number } = {}): Promise<readonly IncomingQuestion[]> => {
      const { items } = await link.call<{ readonly items: readonly InboxItem[] }>("inbox.list", { waitMs });
      return items.map(({ offer }) => questions.questionOf(offer));
    },
    /** A question whose offer came by another way than this client's own, to be claimed or answered with its key. */
    questionOf: (offer: Offer): IncomingQuestion => questions.questionOf(offer),
    /** Any operation of the bridge by its name, as the OpenAPI document lists them. Sent again after a lost connection. */
    operate: <T>(operation: string, input: object): Promise<T> => link.call<T>(operation, input),
    /** An elicitation of yours as it is now. */
    get: (id: string): Promise<ElicitationView> => link.call("elicitations.get", { id }),
    /** Waits for the outcome of an elicitation of yours, whoever asked it and from wherever. */
    wait: async (id: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Outcome> => {
      for (;;) {
        const polled = link.call<ElicitationView>("elicitations.wait", { id, waitMs: defaultLimits.longPollMsMax });
        const view = await orAborted(polled, signal);
        if (isEnd(view.status)) return outcomeOf(view);
      }
    },
    /** Takes back a question you asked. Throws `already_ended` when there is nothing to take back. */
    cancel: async (id: string, reason = ""): Promise<Outcome> =>
      outcomeOf(await link.call<ElicitationView>("elicitations.cancel", { id, reason })),
    /** What the bridge knows about a question's way to its target, step by step. */
    receipt: (id: string): Promise<Receipt> => link.call("elicitations.receipt", { id }),

    events: { append: events.append, query: events.query, all: events.all, watch: events.watch },

    agents: {
      list: async (filter: { readonly expertise?: string } = {}): Promise<readonly ListedAgent[]> =>
        (await link.call<{ readonly agents: readonly ListedAgent[] }>("agents.list", filter)).agents,
      /** Needs the role admin. The credential is here and nowhere else: keep it. */
      add: async (agent: NewAgent): Promise<Credential> => ({
        url,
        ...(await link.call<Omit<Credential, "url">>("agents.add", agent, false)),
      }),
      /** Needs the role admin. The agent's credential stops working and its connections end. */
      revoke: async (name: string, reason = ""): Promise<void> => {
        await link.call("agents.revoke", { name, reason });
      },
    },

    close: link.close,
    [Symbol.asyncDispose]: async (): Promise<void> => link.close(),
  };
};

/** A connected agent. It reconnects by itself; everything it returns is what the bridge has on disk. */
export type Lighthouse = Awaited<ReturnType<typeof connectWith>>;

export interface NewAgent {
  readonly name: string;
  /** `ai` if absent. */
  readonly kind?: AgentKind;
  /** `["agent"]` if absent. `admin` registers others, `auditor` reads everything. */
  readonly roles?: readonly string[];
  readonly expertise?: readonly string[];
}

/** Starts at the clock, so that it also counts up over restarts without being stored. */
const counter = (clock: Clock): (() => number) => {
  let last = 0;
  return () => {
    last = Math.max(last + 1, clock.now());
    return last;
  };
};

const holderName = (rng: Rng): string =>
  `client-${Array.from(rng.bytes(8), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

const orAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
};
