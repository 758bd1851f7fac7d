import { describe, expect, test } from "vitest";
import { clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import type { LogEvent } from "./wire.ts";

const payloads = (events: readonly LogEvent[]) => events.map(({ data }) => (data as { payload: number }).payload);

describe("events", () => {
  test("are appended under a name and read back, page by page", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    for (let n = 0; n < 5; n++) await alice.events.append("build.done", n);

    const page = await alice.events.query({ name: "build.done", limit: 2 });
    expect(payloads(page.events)).toEqual([0, 1]);
    const all: LogEvent[] = [];
    for await (const event of alice.events.all({ name: "build.done", limit: 2 })) all.push(event);
    expect(payloads(all)).toEqual([0, 1, 2, 3, 4]);
    const back: LogEvent[] = [];
    for await (const event of alice.events.all({ name: "build.done", limit: 2, direction: "backward" }))
      back.push(event);
    expect(payloads(back)).toEqual([4, 3, 2, 1, 0]);
  });

  test("appended where the stream has moved on are refused", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const { revision } = await alice.events.append("build.done", 0, { expect: -1 });

    await expect(alice.events.append("build.done", 1, { expect: -1 })).rejects.toMatchObject({
      code: "revision_conflict",
    });
    expect(await alice.events.append("build.done", 1, { expect: revision })).toMatchObject({ revision: revision + 1 });
  });

  test("watched from now leave out what was before", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    await alice.events.append("build.done", 0);
    const next = alice.events.watch({ name: "build.done" }).next();
    await atRest();

    await alice.events.append("other.thing", 0);
    await alice.events.append("build.done", 1);

    expect(payloads([(await next).value as LogEvent])).toEqual([1]);
  });

  test("watched by two, of whom one began in the past, come to each as it asked", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const seen: Record<string, number[]> = { past: [], now: [] };
    const collect = async (name: string, after?: number): Promise<void> => {
      const from = after === undefined ? {} : { after };
      for await (const event of alice.events.watch({ name: "build.done", ...from })) {
        seen[name]?.push(...payloads([event]));
      }
    };
    await alice.events.append("build.done", 0);
    void collect("now");
    await atRest();
    await alice.events.append("build.done", 1);
    void collect("past", 0);
    await atRest();
    await alice.events.append("build.done", 2);
    await atRest();

    expect(seen).toEqual({ past: [0, 1, 2], now: [1, 2] });
  });

  test("for a reader slower than the log are read in pages once its buffer is full, and none is missing", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice", { limits: { watchedEventsMax: 3 } });
    const watch = alice.events.watch({ name: "build.done" });
    const first = watch.next();
    await atRest();
    const all = 20;
    for (let n = 0; n < all; n++) await alice.events.append("build.done", n);
    await atRest();

    const seen = [(await first).value as LogEvent];
    while (seen.length < all) seen.push((await watch.next()).value as LogEvent);

    expect(payloads(seen)).toEqual(Array.from({ length: all }, (_, n) => n));
  });

  test("stop being pushed when nobody watches", async () => {
    const { wires, join } = await clientWorld();
    const alice = await join("alice");
    const stop = new AbortController();
    const done = alice.events.watch({}, { signal: stop.signal }).next();
    await atRest();
    stop.abort();
    expect(await done).toEqual({ done: true, value: undefined });
    await atRest();
    const pushed: string[] = [];
    wires.onArrival((_way, text) => text.includes('"method":"event"') && pushed.push(text));

    await alice.events.append("build.done", 0);
    await atRest();

    expect(pushed).toEqual([]);
  });
});

describe("a bridge whose log was put back to an earlier state", () => {
  test("still tells every asker how its question ended, and tells watchers to begin anew", async () => {
    const before = await clientWorld();
    const alice = await before.join("alice");
    await before.t.register("bob");
    const kept = await alice.ask.start({ to: "bob", message: "kept" });
    const watch = alice.events.watch().next();
    await atRest();
    // The same log, read by a bridge that has less of it: the client's positions are beyond its head.
    const after = await clientWorld();
    await after.t.register("alice");
    await after.t.register("bob");
    const broken = expect(watch).rejects.toMatchObject({ kind: "protocol" });
    const gone = expect(kept.outcome).rejects.toMatchObject({ code: "not_found" });

    before.wires.serve(after.t.bridge);
    for (let n = 0; n < 5; n++) await before.t.clock.advance(1_000);

    await broken;
    await gone;
    expect((await alice.ask.start({ to: "bob", message: "new" })).id).toMatch(/^el_/);
  });
});
