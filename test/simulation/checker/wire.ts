import type { ElicitationView, LogEvent, Reach } from "../../../src/client/wire.ts";
import type { Offer } from "../../../src/domain/answer.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import type { Sometimes } from "../sometimes.ts";
import type { NetObserver } from "../wires.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";
import { modeRules } from "./mode-rules.ts";
import { acknowledgementHolds } from "./promise.ts";
import { pushes } from "./pushes.ts";
import { reaches } from "./reach.ts";
import { type Fail, talks as newTalks, type Request, type Talk } from "./talk.ts";
import { type InboxPage, type MailPage, told as newTold } from "./told.ts";

const INTERNAL = -32603;

/** Listens to every wire at the bridge's end: what the bridge says must be true of what is on disk when it says it. */
export const wire = (world: World, sometimes: Sometimes, past: History, isDeclared: () => boolean) => {
  const fail: Fail = (invariant, { agent, session }, what) =>
    world.fail(invariant, `to ${agent} (${session}): ${what}`);
  const talks = newTalks();
  const told = newTold(past, fail);
  const pushed = pushes(past, sometimes, talks, told, fail);
  const mode = modeRules(past, sometimes, isDeclared, fail);
  const reach = reaches(world, past, sometimes, talks, fail);
  const left = new Set<string>();
  /** When this bridge first read an ask, by asker and words. */
  const asksRead = new Map<string, number>();

  const reply = (talk: Talk, request: Request | undefined, id: unknown, result: unknown): void => {
    const { connection: on } = talk;
    if (request === undefined) return fail("every reply has its request", on, JSON.stringify(id));
    const { method, params } = request;
    mode.replied(on, request, result);
    const wrong = acknowledgementHolds(past, on.agent, method, params, result, "now");
    if (wrong !== undefined) return fail("nothing is acknowledged before it is on disk", on, `${method}: ${wrong}`);
    switch (method) {
      case "session.open":
        return pushed.opened(talk, params, result as { readonly position: number });
      case "elicitations.ask":
        return asked(talk, params as { readonly to: string }, result as Asked);
      case "elicitations.get":
      case "elicitations.wait":
      case "elicitations.answer":
      case "elicitations.claim":
      case "elicitations.cancel":
        return told.view(on, result as ElicitationView);
      case "elicitations.receipt":
        return told.receipt(on, (params as { readonly id: string }).id, result as never);
      case "inquiries.get":
      case "inquiries.wait":
      case "inquiries.cancel":
        return told.inquiry(on, result as { readonly id: string; readonly status: string });
      case "inbox.list":
        return told.inbox(on, result as InboxPage);
      case "messages.wait":
        reach.polled(on.agent);
        return told.mail(on, result as MailPage);
      case "events.query":
        for (const each of (result as { readonly events: readonly LogEvent[] }).events) told.event(on, each);
    }
  };

  const asked = ({ connection: on }: Talk, { to }: { readonly to: string }, result: Asked): void => {
    reach.check(on, to, result.reach);
    if (!result.repeated) return;
    sometimes.saw("key asked again");
    const story = past.stories.get(result.id);
    if (story !== undefined && story.askedAt < past.startedAt()) sometimes.saw("key asked again after a crash");
  };

  const refused = ({ connection: on }: Talk, request: Request | undefined, error: RpcError): void => {
    if (error.code === INTERNAL) return fail("no fault", on, `${request?.method}: ${error.message}`);
    switch (error.data?.code) {
      case "degraded":
        return mode.refused(on, request, error.data);
      case "checks_failing":
        return sometimes.saw("end of an emergency refused");
      case "forbidden":
        if (request?.method === "mode.recover" || request?.method === "mode.resume") {
          sometimes.saw("stranger may not end an emergency");
        }
        return;
      case "log_unavailable":
        return sometimes.saw("log unavailable");
      case "rate_limited":
        return sometimes.saw("rate limited");
      case "agent_revoked":
        return sometimes.saw("revoked agent refused");
      case "already_ended":
      case "expired":
        return told.ended(on, (request?.params as { readonly id?: string } | undefined)?.id ?? "");
      case "signature_invalid":
      case "answer_mismatch":
      case "envelope_malformed":
        return sometimes.saw("forgery refused");
      case "not_found":
      case "not_addressee":
      case "not_asker":
        return sometimes.saw("stranger turned away");
      case "revision_conflict":
        return sometimes.saw("custom event conflict");
    }
  };

  const said = (talk: Talk, { id, method, params, result, error }: Message): void => {
    switch (method) {
      case "offer":
        return pushed.offer(talk, (params as { readonly offer: Offer }).offer);
      case "ended":
        return pushed.outcome(talk, (params as { readonly elicitation: ElicitationView }).elicitation);
      case "event":
        return pushed.event(talk, (params as { readonly event: LogEvent }).event);
      case undefined: {
        const request = talk.requests.get(id);
        talk.requests.delete(id);
        return error === undefined ? reply(talk, request, id, result) : refused(talk, request, error);
      }
    }
  };

  const observer: NetObserver = {
    onReceived: (connection, text) => {
      const { id, method, params = {} } = parsed(text);
      if (id === undefined || method === undefined) return;
      const { modes } = past;
      talks.of(connection).requests.set(id, { method, params, mode: modes.now(), modeChanges: modes.changes() });
      if (method === "messages.wait") reach.polled(connection.agent);
      const ask = `${connection.agent} ${(params as { readonly message?: string }).message}`;
      if (method === "elicitations.ask" && !asksRead.has(ask)) asksRead.set(ask, world.monotonic());
    },
    onSent: (connection, text) => {
      const talk = talks.of(connection);
      const message = parsed(text);
      talk.leaving.push(questionsIn(talk, message));
      said(talk, message);
    },
    onFlushed: (connection) => {
      for (const id of talks.of(connection).leaving.shift() ?? []) left.add(`${connection.session} ${id}`);
    },
    onClosed: reach.closed,
  };

  return {
    observer,
    /** Whether the bytes of an offer of this question have left for this session. */
    hasLeft: (session: string, id: string): boolean => left.has(`${session} ${id}`),
    /** When the running bridge first read this ask, on the monotonic clock. */
    askRead: (agent: string, message: string): number | undefined => asksRead.get(`${agent} ${message}`),
    /** The bridge is gone, and with it every conversation. */
    bridgeGone: (): void => {
      talks.clear();
      asksRead.clear();
      reach.forget();
    },
    audit: pushed.audit,
  };
};

export type Wire = ReturnType<typeof wire>;

interface Asked {
  readonly id: string;
  readonly reach: Reach;
  readonly repeated: boolean;
}

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Refusal;
}

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: object;
  readonly result?: unknown;
  readonly error?: RpcError;
}

/** What is not JSON is no message; the bridge has to say so. */
const parsed = (text: string): Message => {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return {};
  }
};

/** The questions that a message puts before its reader: one that is pushed, or those that a poll found. */
const questionsIn = (talk: Talk, { method, params, id, result }: Message): readonly string[] => {
  if (method === "offer") return [(params as { readonly offer: Offer }).offer.id];
  if (result === undefined) return [];
  switch (talk.requests.get(id)?.method) {
    case "inbox.list":
      return (result as InboxPage).items.map((item) => item.offer.id);
    case "messages.wait":
      return (result as MailPage).messages.map((message) => message.offer.id);
    default:
      return [];
  }
};
