import { isIP } from "node:net";
import { type Offer, offerOf } from "../../domain/answer.ts";
import { idOf, type Recorded } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import type { Observer } from "../../domain/observer.ts";
import type { Cancel, Scheduler } from "../../domain/world.ts";
import { type ElicitationView, isOpen, type OpenElicitation } from "../projection/elicitations.ts";
import type { WebhookView } from "../projection/webhooks.ts";
import { isPublicAddress, webhookUrlProblem } from "./address.ts";

/** The internet, as far as a webhook needs it. */
export interface WebhookNet {
  /** Every IP address that a name leads to. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Posts to this very address, whatever the name leads to by then, follows nothing, and resolves with the status. */
  readonly post: (request: WebhookRequest) => Promise<number>;
}

export interface WebhookRequest {
  readonly url: string;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookPorts {
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly limits: Limits;
  readonly audience: string;
  readonly net: WebhookNet;
  /** Private networks are the operator's to open: for agents beside the bridge. */
  readonly mayBePrivate: boolean;
  readonly elicitations: ElicitationView;
  readonly webhooks: WebhookView;
  /** Whether somebody connected takes the agent's questions: that is better evidence, and comes first. */
  readonly isReachable: (agent: string) => boolean;
  readonly sign: (
    agent: string,
    salt: string,
    id: string,
    at: number,
    body: string,
  ) => Readonly<Record<string, string>>;
  readonly observer: Pick<Observer, "handing" | "handed">;
  readonly record: {
    readonly offered: (id: string, session: string, trace: string | null) => void;
    readonly gone: (agent: string) => void;
  };
  readonly onFault: (fault: unknown) => void;
}

/** How a post ended, for whoever wants to know why a webhook is silent. */
export interface LastPost {
  readonly at: number;
  readonly ok: boolean;
  readonly says: string;
}

interface Outcome {
  readonly ok: boolean;
  readonly says: string;
  readonly isGone?: true;
}

/** After a failed post, in milliseconds; the last one repeats until the question ends. */
const RETRY_AFTER_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000] as const;
/** How long a connected listener may take to have a question before it is posted as well. */
const GRACE_MS = 5_000;
const GONE = 410;
/** Of `webhooksAtOnceMax` (16): five agents whose receivers answer nothing for 15 s leave a post for everybody else. */
const AT_ONCE_PER_AGENT_MAX = 3;

/**
 * Posts questions to the agents that want it so, as Standard Webhooks: signed, again until the receiver took it, never
 * through a redirect. A question is *offered* when a 2xx came back, and until then it is not, whatever left.
 */
export const webhookDelivery = (ports: WebhookPorts) => {
  const { now, scheduler, limits, elicitations, webhooks, observer, record } = ports;
  /** Ids by whom they are for, agents in turn. */
  const due = new Map<string, string[]>();
  let waiting = 0;
  /** Posts of each agent that are under way. */
  const busy = new Map<string, number>();
  /** Failed posts of each question that is under way. */
  const tries = new Map<string, number>();
  const timers = new Map<string, Cancel>();
  const last = new Map<string, LastPost>();
  let posting = 0;
  let stopped = false;

  const isWanted = (held: ReturnType<ElicitationView["find"]>): held is OpenElicitation =>
    held !== undefined && isOpen(held) && held.state.mailbox === null && held.state.stage.name === "asked";

  const enqueue = (id: string): void => {
    if (stopped || waiting + timers.size >= limits.webhooksWaitingMax) return;
    const held = elicitations.find(id);
    if (!isWanted(held)) return void tries.delete(id);
    const { to } = held.state.question;
    const own = due.get(to);
    if (own === undefined) due.set(to, [id]);
    else own.push(id);
    waiting++;
    pump();
  };

  const later = (id: string, ms: number): void => {
    timers.get(id)?.();
    const fire = (): void => {
      timers.delete(id);
      enqueue(id);
    };
    timers.set(id, scheduler.after(ms, fire));
  };

  /** Of the agent whose turn it is: a receiver that is slow, or many questions for one, hold up nobody else's. */
  const next = (): string | undefined => {
    for (const [agent, ids] of due) {
      if ((busy.get(agent) ?? 0) >= AT_ONCE_PER_AGENT_MAX) continue;
      due.delete(agent);
      const id = ids.shift();
      if (ids.length > 0) due.set(agent, ids);
      waiting--;
      return id;
    }
    return undefined;
  };

  const pump = (): void => {
    while (!stopped && posting < limits.webhooksAtOnceMax) {
      const id = next();
      if (id === undefined) return;
      const held = elicitations.find(id);
      const hook = isWanted(held) ? webhooks.of(held.state.question.to) : undefined;
      if (!isWanted(held) || hook === undefined) {
        tries.delete(id);
        continue;
      }
      const { to } = held.state.question;
      posting++;
      busy.set(to, (busy.get(to) ?? 0) + 1);
      post(held, hook)
        .catch(ports.onFault)
        .finally(() => {
          posting--;
          const left = (busy.get(to) ?? 1) - 1;
          if (left === 0) busy.delete(to);
          else busy.set(to, left);
          pump();
        });
    }
  };

  const post = async (held: OpenElicitation, { url, salt }: { url: string; salt: string }): Promise<void> => {
    const { id } = held;
    const { to } = held.state.question;
    const trace = observer.handing("ask", id, "webhook");
    // The same for every attempt to bring this offer, another one when it is offered anew.
    const message = `${id}.${held.position}`;
    const outcome = await attempt(url, message, to, salt, offerOf(ports.audience, id, held.state.question), trace);
    last.set(to, { at: now(), ...outcome });
    if (outcome.ok) {
      tries.delete(id);
      observer.handed("ask", id, "webhook");
      return record.offered(id, `webhook-${message}`, trace);
    }
    observer.handed("ask", id, "webhook", new Error(outcome.says));
    if (outcome.isGone) return record.gone(to);
    const failed = tries.get(id) ?? 0;
    tries.set(id, failed + 1);
    later(id, RETRY_AFTER_MS[Math.min(failed, RETRY_AFTER_MS.length - 1)] as number);
  };

  const attempt = async (
    url: string,
    message: string,
    to: string,
    salt: string,
    offer: Offer,
    trace: string | null,
  ): Promise<Outcome> => {
    return send(url, message, to, salt, { type: "elicitation.offered", data: { offer } }, trace);
  };

  const send = async (
    url: string,
    message: string,
    to: string,
    salt: string,
    { type, data }: { readonly type: string; readonly data: object },
    trace: string | null,
  ): Promise<Outcome> => {
    const at = now();
    const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
    const leads = await addressOf(ports, url);
    if (!leads.ok) return leads;
    const headers = {
      "content-type": "application/json",
      "user-agent": "lighthouse-webhook/1",
      ...ports.sign(to, salt, message, Math.floor(at / 1000), body),
      ...(trace === null ? {} : { traceparent: trace }),
    };
    try {
      const status = await ports.net.post({ url, address: leads.address, headers, body });
      if (status >= 200 && status < 300) return { ok: true, says: `took it with ${status}` };
      if (status === GONE) return { ok: false, says: "said 410: it wants no more", isGone: true };
      if (status >= 300 && status < 400) return { ok: false, says: `said ${status}: redirects are not followed` };
      return { ok: false, says: `said ${status}` };
    } catch (error) {
      return { ok: false, says: `did not answer (${codeOf(error)})` };
    }
  };

  return {
    /** Told after the projections have folded the same events, and after connected listeners had their offers. */
    onCommitted: (events: readonly Recorded[]): void => {
      for (const event of events) {
        if (!/^elicitation\.(asked|lapsed|rerouted)$/.test(event.type)) continue;
        const [, to] = event.parties;
        if (to === undefined || webhooks.of(to) === undefined) continue;
        if (ports.isReachable(to)) later(idOf(event.stream), GRACE_MS);
        else enqueue(idOf(event.stream));
      }
    },
    /** What was open when the bridge went down and nobody had yet. */
    start: (): void => {
      for (const held of elicitations.open()) {
        if (isWanted(held) && webhooks.of(held.state.question.to) !== undefined) enqueue(held.id);
      }
    },
    stop: (): void => {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      due.clear();
    },
    lastPost: (agent: string): LastPost | undefined => last.get(agent),
    /** Posts a canary; undefined when the agent has no webhook. A 410 removes nothing: nobody was asked anything. */
    ping: (agent: string): Promise<{ readonly ok: boolean; readonly says: string }> | undefined => {
      const hook = webhooks.of(agent);
      if (hook === undefined) return undefined;
      const message = `ping_${agent}_${now()}`;
      return send(hook.url, message, agent, hook.salt, { type: "agent.ping", data: { agent } }, null).then(
        (outcome) => {
          last.set(agent, { at: now(), ok: outcome.ok, says: outcome.says });
          return { ok: outcome.ok, says: outcome.says };
        },
      );
    },
  };
};

/**
 * Resolves, looks, and gives the address itself to whoever connects: between a look and a second resolution a name can
 * come to lead somewhere else. One private address among several condemns them all.
 */
const addressOf = async (
  { net, mayBePrivate }: WebhookPorts,
  url: string,
): Promise<{ readonly ok: true; readonly address: string } | { readonly ok: false; readonly says: string }> => {
  const problem = webhookUrlProblem(url, mayBePrivate);
  if (problem !== undefined) return { ok: false, says: `its URL ${problem}` };
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
  let addresses: readonly string[];
  try {
    addresses = isIP(host) !== 0 ? [host] : await net.resolve(host);
  } catch (error) {
    return { ok: false, says: `its name does not resolve (${codeOf(error)})` };
  }
  const [address] = addresses;
  if (address === undefined) return { ok: false, says: "its name leads nowhere" };
  if (!mayBePrivate && !addresses.every(isPublicAddress)) {
    return { ok: false, says: "its name leads into a private network" };
  }
  return { ok: true, address };
};

const codeOf = (error: unknown): string => {
  const { code, name } = (error ?? {}) as { readonly code?: string; readonly name?: string };
  return code ?? name ?? "no connection";
};

export type WebhookDelivery = ReturnType<typeof webhookDelivery>;
