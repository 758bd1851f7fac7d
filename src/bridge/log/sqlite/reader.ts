import type { StatementSync } from "node:sqlite";
import type { EventQuery } from "../log.ts";
import { pageLimit, positionRange } from "../query.ts";
import type { Rows } from "./message.ts";
import { partyNeedle } from "./parties.ts";
import { BLOCK_EVENTS, openForReading } from "./schema.ts";
import { term } from "./terms.ts";

/** One read-only connection. Synchronous; runs in the reader's thread. */
export interface Reader {
  /** Up to `pageLimit(query) + 1` events at positions up to `head`. */
  readonly read: (query: EventQuery, head: number) => Rows;
  readonly close: () => void;
}

export const openReader = (path: string): Reader => {
  const db = openForReading(path);
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = db.prepare(sql);
    fresh.setReturnArrays(true);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    read: (query, head) => toRows(find(statement, query, head)),
    close: () => db.close(),
  };
};

type Prepare = (sql: string) => StatementSync;
type Found = readonly [position: number, revision: number, record: string];
type Value = string | number;

const find = (prepare: Prepare, query: EventQuery, head: number): readonly Found[] => {
  const range = timeRange(prepare, query, positionRange(query, head));
  const wanted = pageLimit(query) + 1;
  if (range.from > range.to || query.types?.length === 0) return [];
  if (query.stream !== undefined) return findInStream(prepare, query, query.stream, range, wanted);
  if (termsOf(query).length === 0) return findInOrder(prepare, query, range, wanted);
  return findByTerms(prepare, query, range, wanted);
};

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Time never decreases along position, so a bisection of the primary key does what an index on time would do. */
const timeRange = (prepare: Prepare, { since, until }: EventQuery, range: Range): Range => {
  if (since === undefined && until === undefined) return range;
  const timeAt = prepare("SELECT time FROM event WHERE position = ?");
  const firstFrom = (time: number): number =>
    bisect(range.from, range.to + 1, (position) => (timeAt.get(position) as unknown as [number])[0] >= time);
  return {
    from: since === undefined ? range.from : firstFrom(since),
    to: until === undefined ? range.to : firstFrom(until) - 1,
  };
};

/** The first number from `low` to before `high` for which `holds`, which is false up to there; `high` if none. */
const bisect = (low: number, high: number, holds: (n: number) => boolean): number => {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
};

/** Revision order is position order within a stream: the unique index walks it, from where the range begins. */
const findInStream = (
  prepare: Prepare,
  query: EventQuery,
  stream: string,
  { from, to }: Range,
  limit: number,
): readonly Found[] => {
  const last = prepare("SELECT revision FROM event WHERE stream = ? ORDER BY revision DESC LIMIT 1").get(stream);
  if (last === undefined) return [];
  const end = (last as unknown as [number])[0] + 1;
  const positionOf = prepare("SELECT position FROM event WHERE stream = ? AND revision = ?");
  const firstAfter = (position: number): number =>
    bisect(0, end, (revision) => (positionOf.get(stream, revision) as unknown as [number])[0] >= position);
  const filter = filterOf({ ...query, stream: undefined });
  const sql = `SELECT position, revision, record FROM event INDEXED BY event_stream
    WHERE stream = ? AND revision BETWEEN ? AND ? ${filter.sql} ORDER BY revision ${directionOf(query)} LIMIT ?`;
  return prepare(sql).all(
    stream,
    from <= 1 ? 0 : firstAfter(from),
    firstAfter(to + 1) - 1,
    ...filter.values,
    limit,
  ) as unknown as readonly Found[];
};

const findInOrder = (prepare: Prepare, query: EventQuery, { from, to }: Range, limit: number): readonly Found[] => {
  const filter = filterOf(query);
  const sql = `SELECT position, revision, record FROM event
    WHERE position BETWEEN ? AND ? ${filter.sql} ORDER BY position ${directionOf(query)} LIMIT ?`;
  return prepare(sql).all(from, to, ...filter.values, limit) as unknown as readonly Found[];
};

/**
 * Whole blocks that hold every term asked for are looked through, the rest are passed over; the block that is still
 * open has no postings and is always looked through.
 */
const findByTerms = (prepare: Prepare, query: EventQuery, range: Range, limit: number): readonly Found[] => {
  // Sealed blocks never change, so the two halves agree even if a block is sealed between them.
  const sealed = sealedEvents(prepare);
  const open = { from: Math.max(range.from, sealed + 1), to: range.to };
  const closed = { from: range.from, to: Math.min(range.to, sealed) };
  const halves = [
    (wanted: number) => findInBlocks(prepare, query, closed, wanted),
    (wanted: number) => (open.from > open.to ? [] : findInOrder(prepare, query, open, wanted)),
  ];
  const found: Found[] = [];
  for (const half of query.direction === "backward" ? halves.reverse() : halves) {
    if (found.length < limit) found.push(...half(limit - found.length));
  }
  return found;
};

const sealedEvents = (prepare: Prepare): number => {
  const row = prepare("SELECT coalesce(max(number) + 1, 0) FROM tile WHERE level = 0").get();
  return (row as unknown as [number])[0] * BLOCK_EVENTS;
};

const findInBlocks = (prepare: Prepare, query: EventQuery, range: Range, limit: number): readonly Found[] => {
  const found: Found[] = [];
  const filter = filterOf(query);
  const scan = prepare(`SELECT position, revision, record FROM event
    WHERE position BETWEEN ? AND ? ${filter.sql} ORDER BY position ${directionOf(query)} LIMIT ?`);
  for (const block of blocksWith(prepare, query, range)) {
    const from = Math.max(range.from, block * BLOCK_EVENTS + 1);
    const to = Math.min(range.to, (block + 1) * BLOCK_EVENTS);
    found.push(...(scan.all(from, to, ...filter.values, limit - found.length) as unknown as readonly Found[]));
    if (found.length >= limit) break;
  }
  return found;
};

/** The blocks within `range` that hold all terms of the query, in its direction. */
function* blocksWith(prepare: Prepare, query: EventQuery, { from, to }: Range): Generator<number> {
  if (from > to) return;
  const [driving, ...others] = termsOf(query);
  const span = [Math.floor((from - 1) / BLOCK_EVENTS), Math.floor((to - 1) / BLOCK_EVENTS)] as const;
  const { sql: source, values } = (driving as Term).blocks;
  const narrow = others
    .map((other) => `AND EXISTS (SELECT 1 FROM (${other.blocks.sql}) other WHERE other.block = found.block)`)
    .join(" ");
  const sql = `SELECT DISTINCT block FROM (${source}) found WHERE block BETWEEN ? AND ? ${narrow}
    ORDER BY block ${directionOf(query)}`;
  const rows = prepare(sql).iterate(...values, ...span, ...others.flatMap((other) => other.blocks.values));
  for (const row of rows) yield (row as unknown as [number])[0];
}

interface Term {
  readonly blocks: { readonly sql: string; readonly values: readonly Value[] };
}

/** What the query can be narrowed by, the most selective kind first: a story, an agent, an event type. */
const termsOf = ({ correlation, agent, party, types }: EventQuery): readonly Term[] => [
  ...(correlation === undefined ? [] : [correlationTerm(correlation)]),
  ...[agent, party].flatMap((name) => (name === undefined ? [] : [postings([term.agent(name)])])),
  ...(types === undefined ? [] : [postings(types.map(term.type))]),
];

const postings = (terms: readonly string[]): Term => ({
  blocks: { sql: `SELECT block FROM posting WHERE term IN (${places(terms)})`, values: terms },
});

/** Events whose stream is the correlation itself have no term: the stream's index has them. */
const correlationTerm = (correlation: string): Term => ({
  blocks: {
    sql: `SELECT block FROM posting WHERE term = ?
      UNION SELECT (position - 1) / ${BLOCK_EVENTS} AS block FROM event WHERE stream = ?`,
    values: [term.correlation(correlation), correlation],
  },
});

const filterOf = (query: { readonly [K in keyof EventQuery]?: EventQuery[K] | undefined }) => {
  const parts: { readonly sql: string; readonly values: readonly Value[] }[] = [];
  if (query.types !== undefined) parts.push({ sql: `type IN (${places(query.types)})`, values: query.types });
  if (query.agent !== undefined) parts.push({ sql: "actor = ?", values: [query.agent] });
  if (query.correlation !== undefined) parts.push({ sql: "correlation = ?", values: [query.correlation] });
  if (query.party !== undefined) parts.push({ sql: "instr(parties, ?) > 0", values: [partyNeedle(query.party)] });
  return {
    sql: parts.map(({ sql }) => `AND ${sql}`).join(" "),
    values: parts.flatMap(({ values }) => values),
  };
};

const places = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

const directionOf = ({ direction }: EventQuery): "ASC" | "DESC" => (direction === "backward" ? "DESC" : "ASC");

const toRows = (found: readonly Found[]): Rows => ({
  positions: found.map(([position]) => position),
  revisions: found.map(([, revision]) => revision),
  records: found.map(([, , record]) => record),
});
