import type { AgentKind } from "../domain/agent.ts";
import type { Offer } from "../domain/answer.ts";
import type { Jws } from "../domain/elicitation.ts";
import type { Exchange } from "../domain/exchange.ts";
import { defaultLimits } from "../domain/limit.ts";
import type { Clock, Net, Rng, Scheduler } from "../domain/world.ts";
import { askWith } from "./ask.ts";
import { type AskParams, asking, questionSigner } from "./asking.ts";
import type { Credential, KeyCredential, TokenCredential } from "./credential.ts";
import { eventsOver } from "./events.ts";
import { identity } from "./identity.ts";
import type { IncomingQuestion } from "./incoming.ts";
import { type InquireParams, inquiriesOver, inquirySigner } from "./inquire.ts";
import { intake } from "./intake.ts";
import { type ClientLimits, clientLimits } from "./limit.ts";
import { type ConnectionStatus, openLink } from "./link.ts";
import { mailbox } from "./mailbox.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Post } from "./post.ts";
import { questionsFrom } from "./questions.ts";
import { LighthouseFault } from "./refusal.ts";
import type { Suite } from "./suite.ts";
import {
  type AgentKeyView,
  type ElicitationView,
  type InboxItem,
  type Invited,
  isEnd,
  type ListedAgent,
  type Receipt,
  type ShownAgent,
} from "./wire.ts";

export interface ConnectOptions {
  readonly credential: Credential;
  /** Where the bridge is, if not where the credential says. */
  readonly url?: string;
  /** Keep trying when the first attempt finds no bridge, instead of throwing. */
  readonly patient?: boolean;
  readonly onStatus?: (status: ConnectionStatus) => void;
  readonly limits?: Partial<ClientLimits>;
  /**
   * Told when keys were changed, before anything is done with the new ones: keep what it gives in the place of the old
   * credential. Without it, keys are not changed by themselves.
   */
  readonly onCredential?: (credential: KeyCredential) => void | Promise<void>;
  /** The credential as it is kept now: asked for when the bridge does not know the one there is any more. */
  readonly reread?: () => Credential | undefined | Promise<Credential | undefined>;
  /** Keys were due and could not be changed; it is tried again with the next login. */
  readonly onKeyTrouble?: (error: unknown) => void;
}

export interface ClientPorts {
  readonly net: Net;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly suite: Suite;
  readonly post: Post;
}

/** Connects, and resolves with the client once the bridge has opened a session. */
export const connectWith = async (options: ConnectOptions & ClientPorts) => {
  const { credential, clock, rng, scheduler, onStatus = () => undefined, onCredential } = options;
  const limits: ClientLimits = { ...clientLimits, ...options.limits };
  const url = options.url ?? credential.url;
  const self = identity(credential, {
    clock,
    suite: options.suite,
    post: options.post,
    url,
    keyAgeMsMax: limits.keyAgeMsMax,
    onCredential: (changed) => onCredential?.(changed),
    reread: () => options.reread?.(),
  });
  const told = (status: ConnectionStatus): void => {
    self.used();
    if (status.state === "connected" && onCredential !== undefined) {
      self.rotateDue(link.call).catch((error: unknown) => options.onKeyTrouble?.(error));
    }
    onStatus(status);
  };

  const link = openLink(
    {
      net: options.net,
      rng,
      scheduler,
      limits,
      url,
      pass: self,
      audience: credential.audience,
      patient: options.patient ?? false,
      onStatus: told,
    },
    {
      offer: (offer, trace) => void questions.offer(offer, trace),
      mailbox: () => mail.told(),
      opened: (opened) => mail.opened(opened.mailbox === true),
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
  const signQuestion = questionSigner(self, clock);
  const signInquiry = inquirySigner(self, clock);
  const signers: Readonly<Record<string, (input: object) => Promise<Jws>>> = {
    "elicitations.ask": (input) => signQuestion(input as AskParams & Keyed),
    "inquiries.ask": (input) => signInquiry(input as InquireParams & Keyed),
  };
  const asks = asking(link, { rng, limits, sign: () => (self.hasOwnKey() ? signQuestion : undefined) });
  const holder = holderName(rng);
  const questions = intake(
    { link, identity: self, clock, audience: credential.audience, nextSeq: counter(clock), holder },
    limits,
  );
  const mail = mailbox({ link, rng, scheduler, limits, holder, offer: questions.offer });
  const events = eventsOver(link, limits);
  const { session } = await link.ready;

  return {
    agent: credential.agent,
    audience: credential.audience,
    /** Id of the first session; receipts name sessions. */
    session,

    ask: askWith(asks, { scheduler, limits }),
    ...questionsFrom(link, questions, mail, limits),
    ...inquiriesOver(link, rng, () => (self.hasOwnKey() ? signInquiry : undefined)),

    /** The questions that wait for your answer now, oldest first. Waits up to `waitMs` (45,000 at most) for one. */
    inbox: async ({ waitMs = 0 }: { readonly waitMs?: number } = {}): Promise<readonly IncomingQuestion[]> => {
      const all: IncomingQuestion[] = [];
      let page = await link.call<InboxPage>("inbox.list", { waitMs });
      for (;;) {
        all.push(...page.items.map(({ offer }) => questions.questionOf(offer)));
        if (page.next === null) return all;
        page = await link.call<InboxPage>("inbox.list", { after: page.next });
      }
    },
    /** A question whose offer came by another way than this client's own, to be claimed or answered with its key. */
    questionOf: (offer: Offer): IncomingQuestion => questions.questionOf(offer),
    /** Any operation of the bridge by its name, as the OpenAPI document lists them. Sent again after a lost connection. */
    operate: async <T>(operation: string, input: object): Promise<T> => {
      const isUnsigned = self.hasOwnKey() && "key" in input && !("signed" in input);
      const sign = isUnsigned && Object.hasOwn(signers, operation) ? signers[operation] : undefined;
      return link.call<T>(operation, { ...input, ...(sign === undefined ? {} : { signed: await sign(input) }) });
    },
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
    /** All that it takes to check an elicitation of yours without trusting the bridge; `verifyExchange` does. */
    exchange: (id: string): Promise<Exchange> => link.call("elicitations.exchange", { id }),

    events: { append: events.append, query: events.query, all: events.all, watch: events.watch },

    agents: {
      list: async (filter: { readonly expertise?: string } = {}): Promise<readonly ListedAgent[]> =>
        (await link.call<{ readonly agents: readonly ListedAgent[] }>("agents.list", filter)).agents,
      /** Needs the role admin. The credential is here and nowhere else: keep it. */
      add: async (agent: NewAgent): Promise<TokenCredential> => ({
        url,
        ...(await link.call<Omit<TokenCredential, "url">>("agents.add", agent, false)),
      }),
      /** Needs the role admin. The token is here and nowhere else; it enrols one key, and soon. */
      invite: (agent: NewAgent): Promise<Invited> => link.call<Invited>("agents.invite", agent, false),
      /** One agent, with every key it ever had and what each is worth now. */
      show: (name: string): Promise<ShownAgent> => link.call<ShownAgent>("agents.show", { name }),
      /** Needs the role admin. Its connections end and say why; its keys and its name stay its own. */
      suspend: async (name: string, reason = ""): Promise<void> => {
        await link.call("agents.suspend", { name, reason });
      },
      /** Needs the role admin. */
      resume: async (name: string, reason = ""): Promise<void> => {
        await link.call("agents.resume", { name, reason });
      },
      /** Needs the role admin. The agent's credential stops working and its connections end. */
      revoke: async (name: string, reason = ""): Promise<void> => {
        await link.call("agents.revoke", { name, reason });
      },
    },

    keys: {
      /**
       * Replaces this client's keys now: its own and, when the master secret has a newer epoch, its MAC key. A client
       * without an own key gets the MAC key of the newest epoch. Resolves with the credential from then on.
       */
      rotate: async (): Promise<Credential> => {
        await self.rotate(link.call, "keys");
        return self.credential();
      },
      /** Needs the role admin. What the key signed from `compromisedSince`, a position of the log, on is suspect. */
      revoke: (
        name: string,
        kid: string,
        more: { readonly reason?: string; readonly compromisedSince?: number } = {},
      ): Promise<AgentKeyView> => link.call<AgentKeyView>("keys.revoke", { name, kid, ...more }),
      /** Needs the role admin. Begins a new epoch of the bridge's master secret; `revoked` ends the older ones at once. */
      rotateMaster: (
        more: { readonly older?: "accepted" | "revoked"; readonly reason?: string } = {},
      ): Promise<{ readonly epoch: number; readonly position: number }> => link.call("master.rotate", more, false),
    },

    /** Ends the login that this client opened, if it opened one, and closes it. A bearer token stays as good as it was. */
    signOut: async (): Promise<void> => {
      if (self.hasOwnKey()) await link.call("sessions.close", {}, false).catch(() => undefined);
      link.close();
    },
    close: link.close,
    [Symbol.asyncDispose]: async (): Promise<void> => link.close(),
  };
};

/** A connected agent. It reconnects by itself; everything it returns is what the bridge has on disk. */
export interface Lighthouse extends Awaited<ReturnType<typeof connectWith>> {}

export interface NewAgent {
  readonly name: string;
  /** `ai` if absent. */
  readonly kind?: AgentKind;
  /** `["agent"]` if absent. `admin` registers others, `auditor` reads everything. */
  readonly roles?: readonly string[];
  readonly expertise?: readonly string[];
}

interface Keyed {
  readonly key: string;
}

interface InboxPage {
  readonly items: readonly InboxItem[];
  readonly next: number | null;
}

/** Starts at the clock, so that it also counts up over restarts without being stored. */
const counter = (clock: Clock): ((above?: number) => number) => {
  let last = 0;
  return (above = 0) => {
    last = Math.max(last + 1, above + 1, clock.now());
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
