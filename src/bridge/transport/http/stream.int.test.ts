import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openEventStream } from "../../../../test/support/event-stream.ts";
import { openDoors } from "../../../../test/support/open-doors.ts";
import type { TestAgent } from "../../../../test/support/test-bridge.ts";
import { until } from "../../../../test/support/until.ts";
import type { Offer } from "../../../domain/answer.ts";
import { refusal } from "../../../domain/refusal.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const scene = async (options: Parameters<typeof openDoors>[0] = {}) => {
  const doors = await openDoors(options);
  cleanups.push(doors.shut);
  const [alice, bob] = [await doors.register("alice"), await doors.register("bob")];
  const stream = async (who: TestAgent, query: string, headers: Record<string, string> = {}) => {
    const opened = await openEventStream(`${doors.url}/v1/stream?${query}`, { ...who.headers, ...headers });
    cleanups.push(opened.close);
    return opened;
  };
  const append = (payload: string | number) =>
    doors.bridge.appendCustom({ name: "load.test", payload }, { actor: "alice", trace: null });
  const cancel = (id: string) => doors.bridge.elicit.cancel(id, "", { actor: "alice", trace: null });
  return { ...doors, alice, bob, stream, append, cancel };
};

describe("what a stream carries", () => {
  test("questions as they are asked, noted as offered by SSE once they have left", async () => {
    const t = await scene();
    const before = await t.ask("alice", "bob");
    const stream = await t.stream(t.bob, "inbox=true");
    expect((await until(() => stream.frames[0])).event).toBe("open");
    expect(t.bridge.deliver.reach("bob").state).toBe("reachable");
    const after = await t.ask("alice", "bob");
    await until(() => stream.of("offer").length === 2);
    expect(stream.of("offer").map(({ offer }) => (offer as Offer).id)).toEqual([before, after]);
    const offered = await until(async () => {
      const events = (await t.events()).filter(({ type }) => type === "elicitation.offered");
      return events.length === 2 && events;
    });
    const { session } = stream.of("open")[0] as { session: string };
    for (const { data } of offered) expect(data).toMatchObject({ via: "sse", session });
  });

  test("outcomes and events, each with the position of the log as its id, the pair of one event under one id", async () => {
    const t = await scene();
    const stream = await t.stream(t.alice, "outcomes=true&events=true");
    await until(() => stream.frames[0]);
    const id = await t.ask("alice", "bob");
    await t.append(1);
    await t.cancel(id);
    await until(() => stream.of("ended").length === 1 && stream.of("event").length >= 3);
    const told = stream.frames.filter(({ event }) => event === "event");
    for (const frame of told) expect(frame.id).toBe(String((frame.data["event"] as { position: number }).position));
    const cancelled = stream.frames.slice(-2);
    expect(cancelled.map(({ event, id: place }) => [event, place])).toEqual([
      ["ended", undefined],
      ["event", String(t.log.head().position)],
    ]);
  });

  test("an outcome alone carries the id, and a question never does: what is open is offered again anyway", async () => {
    const t = await scene();
    const stream = await t.stream(t.bob, "outcomes=true&inbox=true");
    const id = await t.ask("alice", "bob");
    await t.cancel(id);
    await until(() => stream.of("ended").length === 1);
    const [{ elicitation }] = stream.of("ended") as [{ elicitation: { position: number } }];
    expect(stream.frames.find(({ event }) => event === "ended")?.id).toBe(String(elicitation.position));
    expect(stream.frames.find(({ event }) => event === "offer")?.id).toBeUndefined();
  });

  test("a sign of life at every heartbeat", async () => {
    const t = await scene();
    const stream = await t.stream(t.bob, "inbox=true");
    await until(() => stream.frames[0]);
    await t.clock.advance(t.limits.heartbeatMs * 3);
    await until(() => stream.comments.length === 3);
  });
});

describe("where a stream starts", () => {
  test.each([
    ["nothing chosen", "", {}, ""],
    ["a choice that is none", "inbox=maybe", {}, "/inbox"],
    ["an unknown choice", "inbox=true&agent=alice", {}, "/agent"],
    ["a place before the first", "events=true&after=-1", {}, "/after"],
    ["a place beyond the log", "events=true&after=99", {}, "/after"],
    ["an id that is no place", "events=true", { "last-event-id": "abc" }, "/after"],
    ["an id from another log", "events=true", { "last-event-id": "99" }, "/after"],
  ])("%s is refused", async (_what, query, headers, pointer) => {
    const t = await scene();
    const refused = await t.call({ url: `/v1/stream?${query}`, as: t.bob, headers });
    expect([refused.status, refused.problem().problems?.map((problem) => problem.pointer)]).toEqual([400, [pointer]]);
  });

  test("without a place: now, and its first id says which position that is", async () => {
    const t = await scene();
    const head = t.log.head().position;
    const stream = await t.stream(t.bob, "events=true");
    const first = await until(() => stream.frames[0]);
    expect([first.event, first.id, first.data["position"]]).toEqual(["open", String(head), head]);
  });

  test("Last-Event-ID goes before `after`, which a browser repeats from its first request", async () => {
    const t = await scene();
    for (let n = 0; n < 10; n++) await t.append(n);
    const head = t.log.head().position;
    const stream = await t.stream(t.bob, "events=true&after=0", { "last-event-id": String(head - 2) });
    await until(() => stream.of("event").length >= 2);
    const [{ event }] = stream.of("event") as [{ event: { position: number } }];
    expect(event.position).toBe(head - 1);
  });

  test("resumed again and again under load by its newest id: every event once and in order, every outcome at least once", async () => {
    const t = await scene();
    const seen: number[] = [];
    const outcomes = new Set<string>();
    const cancelled: string[] = [];
    let connections = 0;
    let isWriting = true;
    const writing = (async () => {
      while (connections < 15) {
        const id = await t.ask("alice", "bob");
        await Promise.all([t.append(1), t.cancel(id), t.append(2)]);
        cancelled.push(id);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      isWriting = false;
    })();
    let lastId = "0";
    const positions = (stream: Awaited<ReturnType<typeof t.stream>>) =>
      stream.of("event").map(({ event }) => (event as { position: number }).position);
    while (isWriting || seen.at(-1) !== t.log.head().position) {
      const stream = await t.stream(t.alice, "events=true&outcomes=true", { "last-event-id": lastId });
      const wanted = 2 + (connections++ % 30);
      await until(
        () => stream.frames.length >= wanted || (!isWriting && Number(stream.lastId()) === t.log.head().position),
      );
      stream.close();
      // A reader loses what it got after its newest id: it does not know that it was whole.
      const upTo = Number(stream.lastId());
      seen.push(...positions(stream).filter((position) => position <= upTo));
      for (const { elicitation } of stream.of("ended")) outcomes.add((elicitation as { id: string }).id);
      lastId = String(upTo);
    }
    await writing;
    // Alice was registered at 2; what happened before she came is hers to read as well.
    expect(seen).toEqual(Array.from({ length: t.log.head().position }, (_, n) => n + 1));
    expect(cancelled.filter((id) => !outcomes.has(id))).toEqual([]);
  });
});

describe("how a stream ends", () => {
  test("a revoked agent's stream says why and ends", async () => {
    const t = await scene();
    const stream = await t.stream(t.bob, "inbox=true");
    await until(() => stream.frames[0]);
    await t.bridge.revoke("bob", "left", "alice");
    await until(() => stream.isOver());
    expect(stream.frames.at(-1)).toMatchObject({ event: "closing", data: { code: "agent_revoked" } });
    expect(t.bridge.deliver.counts().connections).toBe(0);
  });

  test("a bridge that stops says so", async () => {
    const t = await scene();
    const stream = await t.stream(t.bob, "inbox=true");
    await until(() => stream.frames[0]);
    await t.bridge.stop(refusal("shutting_down", "for an update"));
    await until(() => stream.isOver());
    expect(stream.frames.at(-1)?.data).toMatchObject({ code: "shutting_down", detail: "for an update" });
  });

  test("a reader that hangs up leaves nothing behind", async () => {
    const t = await scene();
    const timers = t.clock.pending();
    const stream = await t.stream(t.bob, "inbox=true&outcomes=true&events=true");
    await until(() => stream.frames[0]);
    expect(t.clock.pending()).toBe(timers + 1);
    stream.close();
    await until(() => t.bridge.deliver.counts().connections === 0);
    expect(t.clock.pending()).toBe(timers);
    await t.append(1);
    expect(t.faults).toEqual([]);
  });

  test("an agent's streams are counted, and a place that is left is free", async () => {
    const t = await scene({ limits: { connectionsPerAgentMax: 1 } });
    const first = await t.stream(t.bob, "inbox=true");
    const second = await t.call({ url: "/v1/stream?inbox=true", as: t.bob });
    expect([second.status, second.problem().code, second.headers["retry-after"]]).toEqual([429, "too_busy", "1"]);
    expect((await t.stream(t.alice, "inbox=true")).status).toBe(200);
    first.close();
    await until(async () => (await t.stream(t.bob, "inbox=true")).status === 200);
  });

  test("a reader that stops reading is cut off, and another gets everything meanwhile", async () => {
    const t = await scene({ limits: { channelBufferedBytesMax: 100_000 } });
    const quick = await t.stream(t.alice, "events=true");
    const slow = connect(t.port, "127.0.0.1");
    cleanups.push(() => slow.destroy());
    slow.on("error", () => undefined);
    slow.write(
      `GET /v1/stream?events=true HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${t.bob.headers.authorization}\r\n\r\n`,
    );
    await until(() => t.bridge.deliver.counts().connections === 2);
    slow.pause();
    let written = 0;
    await until(async () => {
      for (let n = 0; n < 50; n++, written++) {
        await t.append("x".repeat(10_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return t.bridge.deliver.counts().connections === 1;
    });
    const loads = () => quick.of("event").filter(({ event }) => (event as { type: string }).type === "custom").length;
    await until(() => loads() === written);
    expect(quick.isOver()).toBe(false);
    expect(t.faults).toEqual([]);
  });
});
