import { describe, expect, test } from "vitest";
import { httpDoor } from "../../../../test/support/http-door.ts";

interface Page {
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly position: number;
    readonly time: string;
    readonly data: { readonly name?: string; readonly payload?: unknown };
  }[];
  readonly next: number | null;
  readonly head: number;
}

const scene = async () => {
  const door = await httpDoor();
  const [alice, bob] = [await door.register("alice"), await door.register("bob")];
  const append = (body: object) => door.call({ url: "/v1/events", as: alice, body });
  const query = async (search: string) => (await door.call({ url: `/v1/events?${search}`, as: bob })).json<Page>();
  return { ...door, alice, bob, append, query };
};

test("an application's own event goes through the same door and is read back equal", async () => {
  const t = await scene();
  const payload = { build: 7, tags: ["a", "b"], nested: { "": null, ключ: 1e-7 } };
  const appended = await t.append({ name: "build.finished", payload });
  expect([appended.status, appended.json()]).toEqual([
    201,
    { id: "custom/build.finished@0", position: 4, revision: 0 },
  ]);
  const { events } = await t.query("name=build.finished");
  expect(events).toMatchObject([
    { id: "custom/build.finished@0", type: "custom", data: { name: "build.finished", payload } },
  ]);
});

test("two who both saw the same revision: one event is recorded, the other is told how far the stream is", async () => {
  const t = await scene();
  const both = await Promise.all([1, 2].map((payload) => t.append({ name: "build.finished", payload, expect: -1 })));
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  const refused = both.find(({ status }) => status === 409);
  expect(refused?.problem()).toMatchObject({ code: "revision_conflict", detail: "the newest revision is 0" });
});

test("pages follow one another by cursor, forward and backward, without a gap or a repeat", async () => {
  const t = await scene();
  for (let payload = 0; payload < 10; payload++) await t.append({ name: "load.test", payload });
  const walk = async (direction: "forward" | "backward"): Promise<readonly unknown[]> => {
    const payloads: unknown[] = [];
    for (let cursor = ""; ; ) {
      const page = await t.query(`name=load.test&limit=3&direction=${direction}${cursor}`);
      expect(page.events.length).toBeLessThanOrEqual(3);
      payloads.push(...page.events.map(({ data }) => data.payload));
      if (page.next === null) return payloads;
      cursor = `&${direction === "forward" ? "after" : "before"}=${page.next}`;
    }
  };
  const forward = Array.from({ length: 10 }, (_, n) => n);
  expect(await walk("forward")).toEqual(forward);
  expect(await walk("backward")).toEqual(forward.toReversed());
});

test("a page of large events ends before it is larger than a message, and the cursor goes on where it ended", async () => {
  const t = await scene();
  for (let n = 0; n < 12; n++) await t.append({ name: "load.test", payload: String(n).padEnd(200_000, "x") });
  for (const direction of ["forward", "backward"] as const) {
    const seen: number[] = [];
    let pages = 0;
    for (let cursor = ""; ; pages++) {
      const answer = await t.call({ url: `/v1/events?name=load.test&direction=${direction}${cursor}`, as: t.bob });
      expect(answer.text.length).toBeLessThan(t.limits.messageBytesMax * 1.1);
      const page = answer.json<Page>();
      seen.push(...page.events.map(({ data }) => Number.parseInt(String(data.payload), 10)));
      if (page.next === null) break;
      cursor = `&${direction === "forward" ? "after" : "before"}=${page.next}`;
    }
    expect(pages).toBeGreaterThan(1);
    expect(direction === "forward" ? seen : seen.toReversed()).toEqual(Array.from({ length: 12 }, (_, n) => n));
  }
});

test("what an agent may not see does not hide from it what it may, however much lies between", async () => {
  const t = await scene();
  const carol = await t.register("carol");
  for (let n = 0; n < 300; n++) await t.ask("alice", "bob");
  await t.append({ name: "build.finished", payload: 1 });
  const { events } = (await t.call({ url: "/v1/events?limit=10&after=5", as: carol })).json<Page>();
  expect(events.map(({ type }) => type)).toEqual(["custom"]);
});

test("types are a list: one or several, said again and again", async () => {
  const t = await scene();
  await t.append({ name: "load.test", payload: 1 });
  const types = async (search: string) => new Set((await t.query(search)).events.map(({ type }) => type));
  expect(await types("types=custom")).toEqual(new Set(["custom"]));
  expect(await types("types=custom&types=agent.registered")).toEqual(new Set(["custom", "agent.registered"]));
});

test("times narrow, from the first inclusive to the second exclusive", async () => {
  const t = await scene();
  const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
  const start = t.clock.now();
  for (let payload = 0; payload < 5; payload++) {
    await t.append({ name: "load.test", payload });
    await t.clock.advance(1_000);
  }
  const { events } = await t.query(`name=load.test&since=${at(start + 1_000)}&until=${at(start + 3_000)}`);
  expect(events.map(({ data }) => data.payload)).toEqual([1, 2]);
});

describe("what is not a query", () => {
  test.each([
    ["types=custom,agent.registered", ["/types/0"]],
    ["types=banana", ["/types/0"]],
    ["limit=0", ["/limit"]],
    ["limit=1001", ["/limit"]],
    ["limit=ten", ["/limit"]],
    ["limit=1&limit=2", ["/limit"]],
    ["after=-1&before=x&direction=up", ["/after", "/before", "/direction"]],
    ["since=yesterday", ["/since"]],
    ["since=2026-13-01T00:00:00Z&until=2026-01-01T25:00:00Z", ["/since", "/until"]],
    ["name=build.finished&stream=custom/build.finished", ["/name"]],
    ["name=Build", ["/name"]],
    ["agentt=alice", ["/agentt"]],
  ])("%s", async (search, pointers) => {
    const t = await scene();
    const refused = await t.call({ url: `/v1/events?${search}`, as: t.bob });
    expect(refused.status).toBe(400);
    expect(refused.problem().problems?.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

test.each([
  ["Build"],
  ["build"],
  [".build"],
  ["build..x"],
  ["agent.registered\n"],
  ["x".repeat(129)],
  ["elicitation/x.y"],
])("%j is no name for an application's event", async (name) => {
  const t = await scene();
  expect((await t.append({ name, payload: 1 })).problem().problems?.map(({ pointer }) => pointer)).toContain("/name");
});

test("an event that is too big is refused by its size", async () => {
  const t = await scene();
  const refused = await t.append({ name: "load.test", payload: "x".repeat(t.limits.customBytesMax) });
  expect([refused.status, refused.problem().code]).toEqual([413, "too_large"]);
});

test("who is registered is listed with what is true about reaching them, by expertise if asked", async () => {
  const t = await scene();
  await t.register("dora", ["agent"], { expertise: ["tls"] });
  const listed = await t.call({ url: "/v1/agents?expertise=tls", as: t.bob });
  expect(listed.json()).toEqual({
    agents: [
      {
        name: "dora",
        kind: "ai",
        roles: ["agent"],
        expertise: ["tls"],
        status: "active",
        reach: { state: "never_seen", class: "none" },
      },
    ],
  });
});

test("a cursor does not tell where others talk: it is the place of an event of one's own, or there is none", async () => {
  const t = await scene();
  const eve = await t.register("eve");
  const root = await t.register("root", ["admin"]);
  for (let n = 0; n < 170; n++) await t.ask("alice", "bob");
  const asEve = async (search: string) => {
    const who = { url: `/v1/events?types=elicitation.asked&${search}`, as: eve };
    return (await t.call(who)).json<Page>();
  };
  // One at a time, this once stopped at the 160th question that was none of hers, and said where that was.
  for (const search of ["limit=1", "limit=1&agent=bob", "limit=1&direction=backward"]) {
    expect(await asEve(search)).toMatchObject({ events: [], next: null });
  }
  const mine = await t.ask("eve", "bob");
  await t.ask("alice", "bob");
  const page = await asEve("limit=1");
  expect(page.events.map(({ id }) => id)).toEqual([`elicitation/${mine}@0`]);
  // What comes after it is not hers either, so there is no more.
  expect(page.next).toBe(null);
  const audited = await t.call({ url: "/v1/events?types=elicitation.asked&limit=1", as: root });
  expect(audited.json<Page>().events).toHaveLength(1);
  await t.close();
});
