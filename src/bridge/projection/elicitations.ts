import { type Elicitation, type ElicitationEventName, elicitation, type Question } from "../../domain/elicitation.ts";
import { idOf, type Recorded, streamOf } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import type { Log } from "../log/log.ts";

/** An elicitation as committed. */
export interface Held {
  readonly id: string;
  readonly state: Elicitation;
  readonly revision: number;
  readonly correlation: string;
  /** Position of the event that asked it: the order of an inbox. */
  readonly askedAt: number;
  /** Position of its newest event. */
  readonly position: number;
}

export type OpenElicitation = Held & { readonly state: Extract<Elicitation, { readonly status: "open" }> };

/**
 * Ended elicitations kept at hand for late waits and repeats, in two generations of this size; older ones are read from
 * the log. Not one map that drops its oldest key: finding that key walks over every key deleted before (4 % of a core
 * at 12,000 round trips a second).
 */
const GENERATION_MAX = 10_000;

/**
 * All open elicitations, the newest ended ones, and who they concern. Memory is bounded by the limits on open ones.
 */
export const elicitationView = (log: Log, limits: Limits) => {
  const open = new Map<string, OpenElicitation>();
  let ended = new Map<string, Held>();
  let endedBefore = new Map<string, Held>();
  const inboxes = new Map<string, Map<string, OpenElicitation>>();
  const asked = new Map<string, Map<string, OpenElicitation>>();
  const keys = new Map<string, { readonly id: string; readonly at: number }>();

  const fold = (event: Recorded): void => {
    if (!event.stream.startsWith("elicitation/")) return;
    const id = idOf(event.stream);
    const before = open.get(id);
    const state = elicitation.evolve(before?.state ?? elicitation.initial, event as Recorded<ElicitationEventName>);
    const held: Held = {
      id,
      state,
      revision: event.revision,
      correlation: event.correlation,
      askedAt: before?.askedAt ?? event.position,
      position: event.position,
    };
    if (isOpen(held)) {
      const { from, to } = held.state.question;
      open.set(id, held);
      place(inboxes, to, held);
      place(asked, from, held);
      if (before === undefined) remember(held.state.question, id, event.time);
    } else if (before !== undefined) {
      const { from, to } = before.state.question;
      open.delete(id);
      remove(inboxes, to, id);
      remove(asked, from, id);
      if (ended.size >= GENERATION_MAX) {
        endedBefore = ended;
        ended = new Map();
      }
      ended.set(id, held);
    }
  };

  const remember = (question: Question, id: string, at: number): void => {
    if (question.key === undefined) return;
    keys.set(`${question.from} ${question.key}`, { id, at });
    // Oldest first, because the log's time never decreases.
    for (const [key, known] of keys) {
      if (known.at > at - limits.idempotencyWindowMs) break;
      keys.delete(key);
    }
  };

  const find = (id: string): Held | undefined => open.get(id) ?? ended.get(id) ?? endedBefore.get(id);

  /** From memory when it is there (then synchronously), else folded from its stream. */
  const get = (id: string): Held | undefined | Promise<Held | undefined> => find(id) ?? fromLog(id);

  const fromLog = async (id: string): Promise<Held | undefined> => {
    const events = await streamEvents(log, id);
    const newest = events.at(-1);
    if (newest === undefined) return undefined;
    return {
      id,
      state: events.reduce<Elicitation>((state, event) => elicitation.evolve(state, event), elicitation.initial),
      revision: newest.revision,
      correlation: newest.correlation,
      askedAt: (events[0] as Recorded).position,
      position: newest.position,
    };
  };

  return {
    fold,
    find,
    get,
    load: (stream: string) => {
      const held = get(idOf(stream));
      return held instanceof Promise ? held.then((h) => h ?? nothing) : (held ?? nothing);
    },
    open: (): Iterable<OpenElicitation> => open.values(),
    openCount: (): number => open.size,
    /** Oldest question first. */
    inbox: (agent: string): Iterable<OpenElicitation> => inboxes.get(agent)?.values() ?? [],
    openTo: (agent: string): number => inboxes.get(agent)?.size ?? 0,
    openFrom: (agent: string): number => asked.get(agent)?.size ?? 0,
    askedBy: (agent: string): Iterable<OpenElicitation> => asked.get(agent)?.values() ?? [],
    byKey: (asker: string, key: string): string | undefined => keys.get(`${asker} ${key}`)?.id,
  };
};

export type ElicitationView = ReturnType<typeof elicitationView>;

/** Every event of one elicitation, oldest first. */
export const streamEvents = async (log: Log, id: string): Promise<readonly Recorded<ElicitationEventName>[]> => {
  const events: Recorded[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Log["read"]>> = await log.read({ stream: streamOf.elicitation(id), after });
    events.push(...page.events);
    after = page.next;
  }
  return events as readonly Recorded<ElicitationEventName>[];
};

const nothing = { state: elicitation.initial, revision: -1 } as const;

export const isOpen = (held: Held): held is OpenElicitation => held.state.status === "open";

/** An item keeps its place when it changes: `Map.set` on a key that is there does not move it. */
const place = (index: Map<string, Map<string, OpenElicitation>>, agent: string, held: OpenElicitation): void => {
  const mine = index.get(agent);
  if (mine === undefined) index.set(agent, new Map([[held.id, held]]));
  else mine.set(held.id, held);
};

const remove = (index: Map<string, Map<string, OpenElicitation>>, agent: string, id: string): void => {
  const mine = index.get(agent);
  mine?.delete(id);
  if (mine?.size === 0) index.delete(agent);
};
