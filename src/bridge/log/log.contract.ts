import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Draft, Recorded } from "../../domain/event.ts";
import type { Json } from "../../domain/json.ts";
import {
  type Appended,
  type EventPage,
  type EventQuery,
  type Log,
  LogUnavailable,
  PAGE_EVENTS_MAX,
  type StreamAppend,
} from "./log.ts";
import { matches, pageLimit } from "./query.ts";
import { replay } from "./replay.ts";
import { tail } from "./tail.ts";

/** A place for one log: opened again and again it is the same log. `destroy` comes after every log of it is closed. */
export interface LogPlace {
  readonly open: () => Promise<Log>;
  readonly destroy: () => Promise<void>;
}

/** What every adapter of the log promises. `runs`: histories that the property tries, each with a log of its own. */
export const logContract = (name: string, makePlace: () => Promise<LogPlace>, runs = 100): void => {
  describe(`the log (${name})`, () => {
    let place: LogPlace;
    let log: Log;
    const reopen = async (): Promise<Log> => {
      await log.close();
      log = await place.open();
      return log;
    };
    beforeEach(async () => {
      place = await makePlace();
      log = await place.open();
    });
    afterEach(async () => {
      await log.close();
      await place.destroy();
    });

    describe("appending", () => {
      test("an empty log has its head at 0 and can be written", () => {
        expect(log.head()).toEqual({ position: 0, time: 0 });
        expect(log.health()).toEqual({ writable: true });
      });

      test("events get positions 1, 2, 3 … in the log and revisions 0, 1, 2 … in their stream", async () => {
        const first = await appendOk(log, "a", "any", 2);
        const second = await appendOk(log, "b", "any", 1);
        const third = await appendOk(log, "a", "any", 1);
        expect([...first, ...second, ...third].map(place4)).toEqual([
          ["a", 0, 1],
          ["a", 1, 2],
          ["b", 0, 3],
          ["a", 2, 4],
        ]);
        expect(log.head().position).toBe(4);
      });

      test("what is read is what was appended, before and after a reopen", async () => {
        const given = sampleDraft({
          stream: "a",
          data: { name: "x", payload: { deep: [1, null, "é"] } },
          trace: "00-ab",
        });
        const appended = await log.append([{ stream: "a", expect: "any", events: [given] }]);
        const expected = { ...given, position: 1, revision: 0 };
        expect(appended).toEqual({ ok: true, events: [expected] });
        expect((await log.read({})).events).toEqual([expected]);
        await reopen();
        expect((await log.read({})).events).toEqual([expected]);
      });

      test("an expected revision that holds is taken", async () => {
        await appendOk(log, "a", -1, 1);
        await appendOk(log, "a", 0, 2);
        expect(revisions(await appendOk(log, "a", 2, 1))).toEqual([3]);
      });

      test("an expected revision that does not hold is a conflict, a value, and leaves nothing", async () => {
        await appendOk(log, "a", -1, 2);
        expect(await append(log, "a", 0, 1)).toEqual({ ok: false, conflict: { stream: "a", expected: 0, actual: 1 } });
        expect(await append(log, "a", -1, 1)).toEqual({
          ok: false,
          conflict: { stream: "a", expected: -1, actual: 1 },
        });
        expect(await append(log, "b", 3, 1)).toEqual({ ok: false, conflict: { stream: "b", expected: 3, actual: -1 } });
        expect(log.head().position).toBe(2);
        expect((await appendOk(log, "a", 1, 1)).map(place4)).toEqual([["a", 2, 3]]);
      });

      test("the expected revision still counts after a reopen", async () => {
        await appendOk(log, "a", -1, 2);
        await reopen();
        expect((await append(log, "a", -1, 1)).ok).toBe(false);
        expect((await appendOk(log, "a", 1, 1)).map(place4)).toEqual([["a", 2, 3]]);
      });

      test("a batch over several streams is all or nothing", async () => {
        await appendOk(log, "a", -1, 1);
        const refused = await log.append([
          { stream: "b", expect: -1, events: [sampleDraft({ stream: "b" })] },
          { stream: "a", expect: -1, events: [sampleDraft({ stream: "a" })] },
        ]);
        expect(refused).toEqual({ ok: false, conflict: { stream: "a", expected: -1, actual: 0 } });
        expect((await log.read({ stream: "b" })).events).toEqual([]);
        const taken = await log.append([
          { stream: "b", expect: -1, events: [sampleDraft({ stream: "b" }), sampleDraft({ stream: "b" })] },
          { stream: "a", expect: 0, events: [sampleDraft({ stream: "a" })] },
        ]);
        expect(taken.ok && taken.events.map(place4)).toEqual([
          ["b", 0, 2],
          ["b", 1, 3],
          ["a", 1, 4],
        ]);
      });

      test("what may be written soon is written before what comes after it, alone if nothing does, and at the latest when the log closes", async () => {
        const one = (stream: string) => [{ stream, expect: -1, events: [sampleDraft({ stream })] }] as const;
        const company = await Promise.all([log.append(one("a"), "soon"), log.append(one("b"))]);
        expect(company.flatMap((o) => (o.ok ? o.events.map(place4) : []))).toEqual([
          ["a", 0, 1],
          ["b", 0, 2],
        ]);
        expect((await log.append(one("c"), "soon")).ok).toBe(true);
        const last = log.append(one("d"), "soon");
        await reopen();
        expect((await last).ok).toBe(true);
        expect((await log.read({})).events.map(place4)).toEqual(["a", "b", "c", "d"].map((s, i) => [s, 0, i + 1]));
      });

      test("batches over several streams side by side each get their own places", async () => {
        await appendOk(log, "x", -1, 3);
        const batch = (i: number) =>
          log.append([
            { stream: `own/${i}`, expect: -1, events: [sampleDraft({ stream: `own/${i}` })] },
            { stream: "x", expect: "any", events: [sampleDraft({ stream: "x" }), sampleDraft({ stream: "x" })] },
          ]);
        const outcomes = await Promise.all([batch(0), batch(1), batch(2)]);
        expect(outcomes.flatMap((o) => (o.ok ? o.events.map(place4) : []))).toEqual(
          [0, 1, 2].flatMap((i) => [
            [`own/${i}`, 0, 4 + 3 * i],
            ["x", 3 + 2 * i, 5 + 3 * i],
            ["x", 4 + 2 * i, 6 + 3 * i],
          ]),
        );
        expect((await readAll(log, {})).slice(3)).toEqual(outcomes.flatMap((o) => (o.ok ? o.events : [])));
      });

      test("a batch that names one stream twice sees its own first part", async () => {
        const events = [sampleDraft({ stream: "a" })];
        const taken = await log.append([
          { stream: "a", expect: -1, events },
          { stream: "a", expect: 0, events },
        ]);
        expect(taken.ok && revisions(taken.events)).toEqual([0, 1]);
      });

      test("a stream with no events in a batch is a guard", async () => {
        await appendOk(log, "a", -1, 1);
        const guarded = (expectA: number) =>
          log.append([
            { stream: "a", expect: expectA, events: [] },
            { stream: "b", expect: "any", events: [sampleDraft({ stream: "b" })] },
          ]);
        expect((await guarded(5)).ok).toBe(false);
        expect((await guarded(0)).ok).toBe(true);
      });

      test("zero events resolve at once and leave no trace", async () => {
        const heard: number[] = [];
        log.onCommitted((events) => heard.push(events.length));
        expect(await log.append([])).toEqual({ ok: true, events: [] });
        expect(await append(log, "a", "any", 0)).toEqual({ ok: true, events: [] });
        expect(heard).toEqual([]);
        expect(log.head().position).toBe(0);
        await appendOk(log, "a", -1, 1);
      });

      test("a draft for another stream than its append is a bug of the caller", async () => {
        await expect(
          log.append([{ stream: "a", expect: "any", events: [sampleDraft({ stream: "b" })] }]),
        ).rejects.toThrow(TypeError);
        expect(log.head().position).toBe(0);
      });

      test("of two appends that expect the same revision exactly one wins", async () => {
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => append(log, "a", -1, 1)));
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
        expect(log.head().position).toBe(1);
      });

      test("a conflict never touches its neighbours in a group, and leaves no gap", async () => {
        await appendOk(log, "busy", -1, 1);
        const outcomes = await Promise.all(
          Array.from({ length: 60 }, (_, i) =>
            i % 3 === 0 ? append(log, "busy", -1, 1) : append(log, `s/${i}`, -1, 1),
          ),
        );
        expect(outcomes.map(({ ok }) => ok)).toEqual(Array.from({ length: 60 }, (_, i) => i % 3 !== 0));
        expect(positions(await readAll(log, {}))).toEqual(upTo(41));
      });

      test("time never decreases along the log, whatever the wall clock does", async () => {
        const times = [1_000, 3_000, 2_000, 500, 4_000];
        const outcomes = await Promise.all(
          times.map((time) => appendDrafts(log, [sampleDraft({ stream: "a", time })])),
        );
        expect(outcomes.flatMap((o) => (o.ok ? o.events.map((e) => e.time) : []))).toEqual([1e3, 3e3, 3e3, 3e3, 4e3]);
        expect(log.head().time).toBe(4_000);
        await reopen();
        await appendDrafts(log, [sampleDraft({ stream: "a", time: 1 })]);
        expect((await readAll(log, {})).map((e) => e.time)).toEqual([1e3, 3e3, 3e3, 3e3, 4e3, 4e3]);
      });
    });

    describe("many writers", () => {
      test("1,000 writers at once: every event is there once, no gap, each stream in its writer's order", async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 1_000 }, async (_, writer) => {
            const mine: Recorded[] = [];
            for (let i = 0; i < 3; i++) mine.push(...(await appendOk(log, `w/${writer}`, i - 1, 1)));
            return mine;
          }),
        );
        const all = await readAll(log, {});
        expect(positions(all)).toEqual(upTo(3_000));
        expect(outcomes.every((mine) => revisions(mine).join() === "0,1,2")).toBe(true);
        expect(outcomes.flat().sort(byPosition)).toEqual(all);
      });

      test("a big batch is one unit", async () => {
        const events = await appendOk(log, "a", -1, 5_000);
        expect(positions(events)).toEqual(upTo(5_000));
        expect(positions(await readAll(log, { stream: "a" }))).toEqual(upTo(5_000));
      });
    });

    describe("payloads", () => {
      test("a payload of 1 MB comes back whole", async () => {
        const payload = "x".repeat(1_048_576);
        await appendDrafts(log, [sampleDraft({ stream: "big", data: { name: "big", payload } })]);
        await reopen();
        expect((await log.read({ stream: "big" })).events[0]?.data).toEqual({ name: "big", payload });
      });

      test("any text comes back unchanged: source code, controls, emoji, other scripts, a lone surrogate", async () => {
        const texts = [
          "<script>'; DROP TABLE event; --</script>",
          "\u0000\u001f\n\r\t",
          "👩‍👩‍👧‍👦",
          "שלום мир 世界",
          "\ud800",
          "LHF1",
        ];
        for (const text of texts) {
          await appendDrafts(log, [
            sampleDraft({
              stream: `t/${text}`,
              data: { name: text, payload: text },
              correlation: text,
              parties: [text],
            }),
          ]);
        }
        await reopen();
        for (const text of texts) {
          const { events } = await log.read({ stream: `t/${text}`, party: text, correlation: text });
          expect(events.map((e) => e.data)).toEqual([{ name: text, payload: text }]);
        }
      });
    });

    describe("reading", () => {
      const story: readonly Draft[] = [
        sampleDraft({ stream: "a", time: 10, actor: "ann", parties: ["ann", "bob"], correlation: "one" }),
        sampleDraft({ stream: "b", time: 20, actor: "bob", parties: ["bob"], correlation: "one" }),
        {
          ...sampleDraft({ stream: "a", time: 20, actor: "bridge", parties: [] }),
          type: "agent.seen",
          data: { via: "x" },
        },
        sampleDraft({ stream: "c", time: 30, actor: "ann", parties: ["cy", "ann"], correlation: "two" }),
        {
          ...sampleDraft({ stream: "b", time: 40, actor: "cy", parties: ["cy"] }),
          type: "agent.revoked",
          data: { reason: "x" },
        },
      ];
      const find = async (query: EventQuery): Promise<readonly number[]> => positions((await log.read(query)).events);
      beforeEach(async () => {
        for (const draft of story) await appendDrafts(log, [draft]);
      });

      test("by stream, in its order", async () => {
        expect(await find({ stream: "a" })).toEqual([1, 3]);
        expect(await find({ stream: "nobody" })).toEqual([]);
      });
      test("by one type or several", async () => {
        expect(await find({ types: ["custom"] })).toEqual([1, 2, 4]);
        expect(await find({ types: ["agent.seen", "agent.revoked"] })).toEqual([3, 5]);
        expect(await find({ types: [] })).toEqual([]);
      });
      test("by acting agent", async () => expect(await find({ agent: "ann" })).toEqual([1, 4]));
      test("by party, whole names only", async () => {
        expect(await find({ party: "bob" })).toEqual([1, 2]);
        expect(await find({ party: "cy" })).toEqual([4, 5]);
        expect(await find({ party: "an" })).toEqual([]);
      });
      test("by correlation", async () => expect(await find({ correlation: "one" })).toEqual([1, 2]));
      test("since a time, that time included", async () => {
        expect(await find({ since: 20 })).toEqual([2, 3, 4, 5]);
        expect(await find({ since: 21 })).toEqual([4, 5]);
        expect(await find({ since: 41 })).toEqual([]);
      });
      test("until a time, that time excluded", async () => {
        expect(await find({ until: 20 })).toEqual([1]);
        expect(await find({ until: 21 })).toEqual([1, 2, 3]);
        expect(await find({ until: 5 })).toEqual([]);
      });
      test("after and before a position, both excluded", async () => {
        expect(await find({ after: 2 })).toEqual([3, 4, 5]);
        expect(await find({ before: 3 })).toEqual([1, 2]);
        expect(await find({ after: 1, before: 4 })).toEqual([2, 3]);
        expect(await find({ after: 99 })).toEqual([]);
      });
      test("backward, newest first", async () => {
        expect(await find({ direction: "backward" })).toEqual([5, 4, 3, 2, 1]);
        expect(await find({ direction: "backward", before: 4, party: "bob" })).toEqual([2, 1]);
        expect(await find({ direction: "backward", stream: "a" })).toEqual([3, 1]);
      });
      test("every member narrows", async () => {
        expect(await find({ agent: "ann", correlation: "two", since: 30, types: ["custom"], party: "cy" })).toEqual([
          4,
        ]);
        expect(await find({ stream: "a", agent: "bob" })).toEqual([]);
      });
      test("a page ends where it must and names the next, forward and backward", async () => {
        const first = await log.read({ limit: 2, types: ["custom"] });
        expect([positions(first.events), first.next]).toEqual([[1, 2], 2]);
        const second = await log.read({ limit: 2, types: ["custom"], after: 2 });
        expect([positions(second.events), second.next]).toEqual([[4], null]);
        const last = await log.read({ limit: 2, direction: "backward" });
        expect([positions(last.events), last.next]).toEqual([[5, 4], 4]);
        const exact = await log.read({ limit: 5 });
        expect([exact.events.length, exact.next]).toEqual([5, null]);
      });
      test("the same after a reopen", async () => {
        await reopen();
        expect(await find({ party: "bob" })).toEqual([1, 2]);
        expect(await find({ types: ["agent.seen", "agent.revoked"] })).toEqual([3, 5]);
        expect(await find({ direction: "backward", correlation: "one" })).toEqual([2, 1]);
      });
    });

    test("paging goes to the end of 2,500 events in both directions, no page over the limit", async () => {
      await Promise.all(Array.from({ length: 25 }, (_, i) => append(log, `s/${i}`, -1, 100)));
      expect((await log.read({ limit: 1_000_000 })).events).toHaveLength(PAGE_EVENTS_MAX);
      expect(positions(await readAll(log, {}))).toEqual(upTo(2_500));
      expect(positions(await readAll(log, { limit: 7, direction: "backward" }))).toEqual(upTo(2_500).reverse());
    });

    test("25,000 events replay exactly, from the beginning and from the middle", async () => {
      for (let i = 0; i < 5; i++) await append(log, `s/${i}`, -1, 5_000);
      const all: number[] = [];
      expect(await replay(log, (events) => void all.push(...positions(events)))).toBe(25_000);
      expect(all).toEqual(upTo(25_000));
      const late: number[] = [];
      await replay(log, (events) => void late.push(...positions(events)), 24_998);
      expect(late).toEqual([24_999, 25_000]);
    });

    describe("listening", () => {
      test("a listener hears every batch, in order, before the append resolves; head has moved by then", async () => {
        const order: string[] = [];
        log.onCommitted((events) => {
          expect(log.head().position).toBeGreaterThanOrEqual(events.at(-1)?.position ?? 0);
          for (const { position } of events) order.push(`heard ${position}`);
        });
        await Promise.all(
          upTo(50).map(async (i) => {
            for (const { position } of await appendOk(log, `s/${i}`, -1, 1)) order.push(`acked ${position}`);
          }),
        );
        for (const position of upTo(50)) {
          expect(order.indexOf(`heard ${position}`)).toBeLessThan(order.indexOf(`acked ${position}`));
        }
        expect(order.filter((line) => line.startsWith("heard"))).toEqual(upTo(50).map((p) => `heard ${p}`));
      });

      test("what a listener hears can be read", async () => {
        const reads: Promise<readonly Recorded[]>[] = [];
        log.onCommitted((events) =>
          reads.push(log.read({ after: (events[0]?.position ?? 0) - 1 }).then((p) => p.events)),
        );
        await Promise.all(upTo(20).map((i) => append(log, `s/${i}`, -1, 1)));
        for (const events of await Promise.all(reads)) expect(events.length).toBeGreaterThan(0);
      });

      test("a listener that was taken away hears nothing more", async () => {
        let heard = 0;
        const stop = log.onCommitted((events) => {
          heard += events.length;
        });
        await append(log, "a", -1, 2);
        stop();
        stop();
        await append(log, "a", 1, 2);
        expect(heard).toBe(2);
      });
    });

    describe("the live tail", () => {
      test("from any position, with writers at work: no gap, no double", async () => {
        await append(log, "old", -1, 1_500);
        const starts = [0, 1, 700, 1_499, 1_500, 1_600];
        const writing = Promise.all(
          upTo(40).map(async (w) => {
            for (let i = 0; i < 25; i++) await append(log, `w/${w}`, i - 1, 1);
          }),
        );
        const seen = await Promise.all(starts.map((after) => take(log, 2_500 - after, { after })));
        await writing;
        for (const [i, after] of starts.entries()) expect(positions(seen[i] ?? [])).toEqual(upTo(2_500).slice(after));
      });

      test("a consumer slower than the writers is fed from the log and still misses nothing", async () => {
        const abort = new AbortController();
        const seen: number[] = [];
        const reading = (async () => {
          for await (const event of tail(log, { bufferEvents: 4 }, abort.signal)) {
            seen.push(event.position);
            if (event.position % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
            if (event.position === 600) abort.abort();
          }
        })();
        await Promise.all(upTo(600).map((i) => append(log, `s/${i}`, -1, 1)));
        await reading;
        expect(seen).toEqual(upTo(600));
      });

      test("a filter lets through what matches and nothing else, old and new", async () => {
        const write = async (n: number) => {
          for (let i = 0; i < n; i++) {
            await appendDrafts(log, [sampleDraft({ stream: "a", parties: [i % 10 === 0 ? "ann" : "bob"] })]);
          }
        };
        await write(100);
        const [events] = await Promise.all([take(log, 20, { filter: { party: "ann" } }), write(100)]);
        expect(positions(events)).toEqual(Array.from({ length: 20 }, (_, i) => i * 10 + 1));
      });

      test("ends when the signal aborts, while waiting too", async () => {
        const abort = new AbortController();
        const reading = (async () => {
          for await (const _ of tail(log, {}, abort.signal)) expect.unreachable();
        })();
        setImmediate(() => abort.abort());
        await reading;
      });
    });

    describe("closing", () => {
      test("appends under way are finished first, later calls are refused, twice is once", async () => {
        const under = append(log, "a", -1, 3);
        const closing = log.close();
        await expect(append(log, "b", -1, 1)).rejects.toThrow(LogUnavailable);
        expect((await under).ok).toBe(true);
        await closing;
        await log.close();
        await expect(append(log, "b", -1, 1)).rejects.toThrow(LogUnavailable);
        await expect(log.read({})).rejects.toThrow(LogUnavailable);
        expect(log.health()).toMatchObject({ writable: false });
        log = await place.open();
        expect(log.head().position).toBe(3);
      });

      test("a reopened log goes on where it was", async () => {
        for (let round = 0; round < 4; round++) {
          await append(log, "a", round * 2 - 1, 2);
          await reopen();
          expect(log.head().position).toBe((round + 1) * 2);
        }
        expect(revisions(await readAll(log, { stream: "a" }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      });
    });

    test("behaves as a naive list does, whatever is appended and asked (property)", async () => {
      const steps = fc.array(fc.tuple(fc.array(someAppend, { minLength: 1, maxLength: 4 }), someQuery), {
        maxLength: 25,
      });
      await fc.assert(
        fc.asyncProperty(steps, async (given) => {
          const own = await makePlace();
          let tested = await own.open();
          const model = naiveLog();
          try {
            for (const [wanted, query] of given) {
              const appends = wanted.map(({ stream, offset, drafts }) => ({
                stream,
                expect: offset === null ? ("any" as const) : model.revisionOf(stream) + offset,
                events: drafts.map((draft) => ({ ...draft, stream })),
              }));
              expect(await tested.append(appends)).toEqual(model.append(appends));
              expect(await tested.read(query)).toEqual(model.read(query));
            }
            await tested.close();
            tested = await own.open();
            expect(await readAll(tested, {})).toEqual(model.read({}).events);
          } finally {
            await tested.close();
            await own.destroy();
          }
        }),
        { numRuns: runs },
      );
    });
  });
};

/** The promises of the port, said in the plainest way. */
const naiveLog = () => {
  let events: readonly Recorded[] = [];
  let newestGiven = 0;
  const newest = ({ time }: Draft) => {
    newestGiven = Math.max(newestGiven, time);
    return newestGiven;
  };
  const last = (of: readonly Recorded[], stream: string) => of.filter((e) => e.stream === stream).length - 1;
  return {
    revisionOf: (stream: string) => last(events, stream),
    append: (appends: readonly StreamAppend[]): Appended => {
      if (appends.every((a) => a.events.length === 0)) return { ok: true, events: [] };
      const timed = appends.map((a) => ({
        ...a,
        events: a.events.map((draft) => ({ ...draft, time: newest(draft) })),
      }));
      let after = events;
      for (const { stream, expect: expected, events: drafts } of timed) {
        const actual = last(after, stream);
        if (expected !== "any" && expected !== actual) return { ok: false, conflict: { stream, expected, actual } };
        for (const draft of drafts) {
          after = [...after, { ...draft, position: after.length + 1, revision: last(after, stream) + 1 }];
        }
      }
      const added = after.slice(events.length);
      events = after;
      return { ok: true, events: added };
    },
    read: (query: EventQuery): EventPage => {
      const found = events
        .filter((e) => e.position > (query.after ?? 0) && e.position < (query.before ?? 1e9) && matches(query, e))
        .sort((a, b) => (query.direction === "backward" ? b.position - a.position : a.position - b.position));
      const page = found.slice(0, pageLimit(query));
      return { events: page, next: found.length > page.length ? (page.at(-1)?.position ?? -1) : null };
    },
  };
};

/** A custom event with everything filled in; `over` says what the test is about. */
export const sampleDraft = (over: Partial<Draft<"custom">> & { readonly stream: string }): Draft => ({
  type: "custom",
  version: 1,
  time: 0,
  actor: "ann",
  parties: ["ann", "bob"],
  correlation: over.stream,
  causation: null,
  trace: null,
  data: { name: "sample.event", payload: null },
  ...over,
});

export const append = (log: Log, stream: string, expected: number | "any", count: number): Promise<Appended> =>
  log.append([{ stream, expect: expected, events: Array.from({ length: count }, () => sampleDraft({ stream })) }]);

export const appendDrafts = (log: Log, drafts: readonly Draft[]): Promise<Appended> =>
  log.append(drafts.map((draft) => ({ stream: draft.stream, expect: "any" as const, events: [draft] })));

export const appendOk = async (log: Log, stream: string, expected: number | "any", count: number) => {
  const appended = await append(log, stream, expected, count);
  if (!appended.ok) throw new Error(`conflict on ${stream}: ${JSON.stringify(appended.conflict)}`);
  return appended.events;
};

export const readAll = async (log: Log, query: EventQuery): Promise<readonly Recorded[]> => {
  const events: Recorded[] = [];
  const cursor = query.direction === "backward" ? "before" : "after";
  for (let next: number | null | undefined = query[cursor]; next !== null; ) {
    const page = await log.read(next === undefined ? query : { ...query, [cursor]: next });
    events.push(...page.events);
    next = page.next;
  }
  return events;
};

const take = async (log: Log, count: number, options: Parameters<typeof tail>[1]): Promise<readonly Recorded[]> => {
  const events: Recorded[] = [];
  for await (const event of tail(log, options)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
};

export const positions = (events: readonly Recorded[]): number[] => events.map((e) => e.position);
const revisions = (events: readonly Recorded[]): number[] => events.map((e) => e.revision);
const place4 = (e: Recorded) => [e.stream, e.revision, e.position];
const byPosition = (a: Recorded, b: Recorded) => a.position - b.position;
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const someName = fc.constantFrom("ann", "bob", "cy");
const someStream = fc.constantFrom("a", "b", "c");
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const someDraft = fc
  .record({
    time: fc.integer({ min: 0, max: 200 }),
    actor: someName,
    parties: fc.uniqueArray(someName, { maxLength: 3 }),
    correlation: fc.constantFrom("one", "two"),
    kind: fc.constantFrom("custom", "seen"),
    payload: fc.jsonValue() as fc.Arbitrary<Json>,
  })
  .map(({ kind, payload, ...around }) => {
    const draft = sampleDraft({ stream: "a", data: { name: "p", payload: plain(payload) }, ...around });
    return kind === "custom" ? draft : ({ ...draft, type: "agent.seen", data: { via: "x" } } as Draft);
  });

/** -0 is 0 in JSON, so a payload that is to be compared must not hold it. */
const plain = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

const someAppend = fc.record({
  stream: someStream,
  offset: fc.constantFrom(null, null, 0, 0, 0, 0, -1, 1),
  drafts: fc.array(someDraft, { maxLength: 3 }),
});

const someQuery: fc.Arbitrary<EventQuery> = fc
  .record({
    after: optional(fc.nat(300)),
    before: optional(fc.nat(300)),
    direction: optional(fc.constantFrom("forward" as const, "backward" as const)),
    limit: optional(fc.integer({ min: 1, max: 20 })),
    stream: optional(someStream),
    types: optional(
      fc.constantFrom(["custom" as const], ["agent.seen" as const], ["custom" as const, "agent.seen" as const]),
    ),
    agent: optional(someName),
    party: optional(someName),
    correlation: optional(fc.constantFrom("one", "two", "three")),
    since: optional(fc.nat(250)),
    until: optional(fc.nat(250)),
  })
  .map((query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)));
