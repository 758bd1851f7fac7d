import type { LogEvent } from "../../client/wire.ts";
import type { Offer, Reply } from "../../domain/answer.ts";
import type { Jws } from "../../domain/elicitation.ts";
import { type Actor, type Casting, signedAnswer, Unprepared } from "./cast.ts";
import { type Answered, type Call, type Door, written } from "./door.ts";
import { hasLeft, type LogRecord } from "./record.ts";
import type { Allowed, AttackPorts, Exchange, Hooks, Step } from "./result.ts";

/** What an attempt has to be met with. */
export interface Wanted {
  /** Any of these refusal codes; another one means that something else stopped it. */
  readonly codes: readonly string[];
  /** The violation (by its refusal's code) or denial (`deny`) that must be in the log after it. */
  readonly leaves?: string;
}

export interface Question {
  readonly schema?: unknown;
  readonly message?: string;
  readonly timeoutMs?: number;
  readonly [member: string]: unknown;
}

/** Why an attack cannot be run here; ends it. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}

export interface TrialPorts extends AttackPorts {
  readonly door: Door;
  readonly record: LogRecord;
  readonly casting: Casting;
  readonly hooks: Hooks;
  readonly allowed: Allowed;
  readonly url: () => string;
  readonly patienceMs: number;
  /** Agents of this family, by what they are for. */
  readonly troupe: Map<string, Promise<Actor>>;
}

/** One attack's run: it sends, looks at what comes back and at what the log holds then, and keeps it all. */
export const trialOf = (ports: TrialPorts) => {
  const { door, record, casting, clock, scheduler, rng, troupe } = ports;
  const steps: Step[] = [];
  const streams = new Set<string>();

  const isOurs = (event: LogEvent): boolean =>
    streams.has(event.subject) || JSON.stringify(event).includes(`attack-${casting.run}`);

  const exchange = (what: string, as: string, call: Call, reply: Answered): Exchange => {
    const { method, headers, body } = written(call);
    const { redact } = door.redactor;
    const text = body === undefined ? "" : typeof body === "string" ? body : `(${body.byteLength} bytes)`;
    return {
      what,
      as,
      request: redact(`${method} ${call.path}`),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(value)])),
      body: redact(text),
      status: reply.status,
      code: reply.code,
      reply: redact(reply.text),
      ms: Math.round(reply.ms),
    };
  };

  const nameOf = (as: Actor | null): string => as?.name ?? "nobody";
  const withToken = (as: Actor | null, call: Call): Call =>
    "token" in call || as === null ? call : { ...call, token: as.token };

  /** Sends what must be refused, by the control that is tried, and leave nothing but the record of its refusal. */
  const attempt = async (what: string, as: Actor | null, call: Call, wanted: Wanted): Promise<Answered> => {
    const before = await record.head();
    const sent = withToken(as, call);
    const reply = await door.call(sent);
    const sentAs = exchange(what, nameOf(as), sent, reply);
    if (reply.status === 0 && !wanted.codes.includes(reply.text)) {
      // Whoever got no reply cannot ask what the log holds either.
      steps.push({ kind: "attempt", what, exchange: sentAs, verdict: "broken", says: said(reply) });
      return reply;
    }
    // What agents do is written down before they are told; of strangers, beside it.
    const later = as === null ? wanted.leaves : undefined;
    const { traces, forbidden } = await record.delta(before, isOurs, later);
    const kept = { kind: "attempt", what, exchange: sentAs, left: traces } as const;
    const judged = judge(reply, wanted);
    const [trace] = forbidden;
    if (trace !== undefined) {
      steps.push({ ...kept, verdict: "broken", says: `${said(reply)}, and ${trace.type} at ${trace.position}` });
    } else if (judged.verdict === "held" && wanted.leaves !== undefined && !hasLeft(traces, wanted.leaves)) {
      steps.push({ ...kept, verdict: "broken", says: `${said(reply)}, but the log does not say so` });
    } else steps.push({ ...kept, ...judged });
    return reply;
  };

  /** Sends the same with everything in order: without this, a bridge that refuses all would pass. */
  const control = async (what: string, as: Actor | null, call: Call, status?: number): Promise<Answered> => {
    const sent = withToken(as, call);
    const reply = await door.call(sent);
    const isAccepted = status === undefined ? reply.status >= 200 && reply.status < 300 : reply.status === status;
    steps.push({
      kind: "control",
      what,
      verdict: isAccepted ? "held" : "evaded",
      says: said(reply),
      exchange: exchange(what, nameOf(as), sent, reply),
    });
    return reply;
  };

  const check = (what: string, isTrue: boolean, says: string): void =>
    void steps.push({ kind: "check", what, verdict: isTrue ? "held" : "broken", says });

  /** A control that is not one request: what it says must be true, or nothing has been shown. */
  const works = (what: string, isTrue: boolean, says: string): void =>
    void steps.push({ kind: "control", what, verdict: isTrue ? "held" : "evaded", says });

  const agent = (role: string, roles: readonly string[] = ["expert"]): Promise<Actor> => {
    let actor = troupe.get(role);
    if (actor === undefined) {
      actor = casting.register(role, roles);
      troupe.set(role, actor);
    }
    return actor;
  };

  const offerOf = async (id: string, to: Actor): Promise<Offer> => {
    for (let after = 0; ; ) {
      const reply = await door.call({ path: `/v1/inbox?peek=true&after=${after}`, token: to.token });
      const { items = [], next = null } = (reply.json ?? {}) as {
        readonly items?: readonly { readonly offer: Offer }[];
        readonly next?: number | null;
      };
      const found = items.find(({ offer }) => offer.id === id);
      if (found !== undefined) return found.offer;
      if (next === null) throw new Unprepared(`${id} is not in the inbox of ${to.name}: ${reply.status} ${reply.code}`);
      after = next;
    }
  };

  /** Asks, and gives the offer that the addressee sees. */
  const ask = async (from: Actor, to: Actor, question: Question = {}): Promise<Offer> => {
    const reply = await door.call({ ...askCall(to, question), token: from.token });
    const { id } = (reply.json ?? {}) as { readonly id?: string };
    if (id === undefined) throw new Unprepared(`${from.name} cannot ask ${to.name}: ${reply.status} ${reply.code}`);
    streams.add(`elicitation/${id}`);
    return offerOf(id, to);
  };

  const iat = (): number => Math.floor(clock.now() / 1_000);

  return {
    attempt,
    control,
    check,
    works,
    agent,
    ask,
    askCall,
    offerOf,
    casting,
    door,
    record,
    hooks: ports.hooks,
    allowed: ports.allowed,
    url: ports.url,
    patienceMs: ports.patienceMs,
    iat,
    bytes: rng.bytes,
    now: clock.now,
    sleep: (ms: number): Promise<void> => new Promise((resolve) => scheduler.after(ms, resolve)),
    sign: (actor: Actor, offer: Offer, reply: Reply = { action: "accept", content: "as agreed" }): Jws =>
      signedAnswer(actor, offer, reply, iat()),
    skip: (why: string): never => {
      throw new NotRun(why);
    },
    isOurs,
    steps: steps as readonly Step[],
  };
};

export type Trial = ReturnType<typeof trialOf>;

export const askCall = (to: Pick<Actor, "name">, question: Question = {}): Call => ({
  path: "/v1/elicitations",
  body: { to: to.name, message: "Which one?", ...question },
});

export const answerCall = (id: string, answer: unknown): Call => ({
  path: `/v1/elicitations/${id}/answer`,
  body: { answer },
});

const judge = (reply: Answered, { codes }: Wanted): Pick<Step, "verdict" | "says"> => {
  if (reply.status === 0) return { verdict: "held", says: said(reply) };
  if (reply.status < 400 || reply.status >= 500) return { verdict: "broken", says: said(reply) };
  if (codes.includes(reply.code)) return { verdict: "held", says: said(reply) };
  return { verdict: "evaded", says: `${said(reply)}; the control would say ${codes.join(" or ")}` };
};

const said = ({ status, code, text }: Answered): string => (status === 0 ? text : `${status} ${code}`.trim());
