import { Type } from "typebox";
import { type EventTypeName, eventTypes, type Recorded } from "../../../domain/event.ts";
import { defaultLimits } from "../../../domain/limit.ts";
import { type Problem, refusal } from "../../../domain/refusal.ts";
import type { Bridge } from "../../bridge.ts";
import { customNamePattern } from "../../command/custom.ts";
import type { EventPage, EventQuery } from "../../log/log.ts";
import { cloudEvent } from "../cloudevent.ts";
import { invalidInput } from "../input-problems.ts";
import { operation, type Principal } from "../operation.ts";
import { fitting, PAGE_CHARS_MAX } from "../page.ts";
import { type Turns, turns } from "../turns.ts";
import { AnyJson, EventSchema, IdempotencyKey, Name, Position } from "../views.ts";
import { callerOf } from "./elicitations.ts";

export const append = operation({
  name: "events.append",
  action: "appendEvent",
  summary: "Append an event of your own, under a dotted name. When this returns, it is on disk.",
  input: Type.Object(
    {
      name: Type.String({ pattern: customNamePattern, maxLength: defaultLimits.customNameCharsMax }),
      payload: AnyJson,
      expect: Type.Optional(
        Type.Integer({ minimum: -1, description: "revision you have seen last under that name, -1 for none" }),
      ),
      key: Type.Optional(IdempotencyKey),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ id: Type.String(), position: Position, revision: Type.Integer() }),
  http: { method: "POST", path: "/v1/events", status: 201 },
  run: async (bridge, who, input) => {
    const appended = await bridge.appendCustom(input, callerOf(who));
    if (!appended.ok) return appended;
    const { id, position, revision } = appended;
    return { ok: true, value: { id, position, revision } };
  },
});

const typeNames = Object.keys(eventTypes) as EventTypeName[];
const Time = Type.String({
  description: "RFC 3339 time",
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$",
});

export const query = operation({
  name: "events.query",
  action: "queryEvents",
  summary: "Read the log: your own elicitations, everybody's custom events; auditors read everything. Pages by cursor.",
  input: Type.Object(
    {
      after: Type.Optional(Position),
      before: Type.Optional(Position),
      direction: Type.Optional(Type.Enum(["forward", "backward"])),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: defaultLimits.pageEventsMax })),
      stream: Type.Optional(Type.String({ maxLength: 256 })),
      name: Type.Optional(Type.String({ pattern: customNamePattern, description: "name of custom events" })),
      types: Type.Optional(Type.Array(Type.Enum([...typeNames]), { maxItems: typeNames.length })),
      agent: Type.Optional(Name),
      correlation: Type.Optional(Type.String({ maxLength: 256 })),
      since: Type.Optional(Time),
      until: Type.Optional(Time),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    events: Type.Array(EventSchema),
    next: Type.Union([Position, Type.Null()], {
      description: "cursor: pass it as `after` (or `before`, going backward)",
    }),
    head: Position,
  }),
  http: { method: "GET", path: "/v1/events", status: 200 },
  run: async (bridge, who, input) => {
    const { name, since, until, ...rest } = input;
    const problems: Problem[] = [];
    if (name !== undefined && rest.stream !== undefined) {
      problems.push({ pointer: "/name", message: "cannot be given together with `stream`" });
    }
    // The pattern lets a 13th month through.
    for (const [member, time] of Object.entries({ since, until })) {
      if (time !== undefined && Number.isNaN(Date.parse(time))) {
        problems.push({ pointer: `/${member}`, message: "is not a time" });
      }
    }
    if (problems.length > 0) return { ok: false, refusal: invalidInput(problems) };
    const query: EventQuery = {
      ...rest,
      limit: rest.limit ?? defaultLimits.pageEventsDefault,
      ...(name === undefined ? {} : { stream: `custom/${name}` }),
      ...(since === undefined ? {} : { since: Date.parse(since) }),
      ...(until === undefined ? {} : { until: Date.parse(until) }),
    };
    const leave = await readersOf(bridge).take(who.agent);
    if (leave === undefined) {
      const detail = `${bridge.limits.logReadsWaitingPerAgentMax} of your reads of the log wait already`;
      return { ok: false, refusal: refusal("too_busy", detail, { retryAfterMs: 1_000 }) };
    }
    try {
      const page = await readVisible(bridge.log.read, query, who);
      return {
        ok: true,
        value: {
          events: page.events.map((e) => cloudEvent(e, bridge.audience)),
          next: page.next,
          head: bridge.log.head().position,
        },
      };
    } finally {
      leave();
    }
  },
});

/**
 * A search through what one may not see costs up to 160 reads and shows nothing: without a line of its own, one agent with
 * 200 connections put everybody's median answer from 2 ms to 81.
 */
const readersOf = (bridge: Bridge): Turns => {
  let readers = allReaders.get(bridge);
  if (readers === undefined) {
    readers = turns(bridge.limits.logReadsAtOncePerAgentMax, bridge.limits.logReadsWaitingPerAgentMax);
    allReaders.set(bridge, readers);
  }
  return readers;
};

const allReaders = new WeakMap<Bridge, Turns>();

/** Events read at once: with 256 KB each, the most an event can have, 25 MB. */
const READ_EVENTS = 100;

/** Reads at most for one reply, so that a search for little in much still answers in bounded time. */
const READS_MAX = 160;

/**
 * Fills a page with what this principal may see. A cursor is the place of an event that it may see, or of nothing but
 * unseen ones for `READS_MAX` reads: were it where the log was read to for a page of one, it would tell where others talk.
 */
const readVisible = async (
  read: (query: EventQuery) => Promise<EventPage>,
  query: EventQuery,
  who: Principal,
): Promise<EventPage> => {
  const limit = query.limit ?? defaultLimits.pageEventsDefault;
  const backward = query.direction === "backward";
  const events: Recorded[] = [];
  let next: number | null = (backward ? query.before : query.after) ?? null;
  let chars = 0;
  for (let reads = 0; reads < READS_MAX && events.length < limit && chars < PAGE_CHARS_MAX; reads++) {
    const cursor = next === null ? {} : backward ? { before: next } : { after: next };
    const page = await read({ ...query, ...cursor, limit: who.mayAudit ? Math.min(READ_EVENTS, limit) : READ_EVENTS });
    for (const event of page.events) {
      if (!maySee(who, event)) continue;
      events.push(event);
      chars += charsOf(event);
    }
    next = page.next;
    if (next === null) break;
  }
  const fits = fitting(events.slice(0, limit), charsOf);
  const isCut = fits.length < events.length || (events.length === limit && next !== null);
  return { events: fits, next: isCut ? (fits.at(-1)?.position ?? null) : next };
};

const charsOf = (event: Recorded): number => JSON.stringify(event.data).length;

export const maySee = (who: Principal, event: Recorded): boolean =>
  event.parties.length === 0 || event.parties.includes(who.agent) || who.mayAudit;
