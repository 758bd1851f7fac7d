import { expect, test } from "vitest";
import { type ElicitationView, httpDoor } from "../../../../test/support/http-door.ts";
import { atRest } from "../../../../test/support/manual-time.ts";
import type { TestBridgeOptions } from "../../../../test/support/test-bridge.ts";
import { refusal } from "../../../domain/refusal.ts";

const pair = async (options: TestBridgeOptions = {}) => {
  const door = await httpDoor(options);
  return { ...door, alice: await door.register("alice"), bob: await door.register("bob") };
};

/** Whether a promise has settled once everything that needs no time has happened. */
const isDone = async (work: Promise<unknown>): Promise<boolean> => {
  let done = false;
  work.finally(() => {
    done = true;
  });
  await atRest();
  return done;
};

test("a wait for an outcome returns as soon as it is there", async () => {
  const t = await pair();
  const id = await t.ask("alice", "bob");
  const waiting = t.call({ url: `/v1/elicitations/${id}/wait`, as: t.alice });
  expect(await isDone(waiting)).toBe(false);
  await t.clock.advance(44_000);
  expect(await isDone(waiting)).toBe(false);

  const jws = t.bob.sign(t.bob.offer(id), { action: "decline", reason: "not mine" });
  await t.call({ url: `/v1/elicitations/${id}/answer`, as: t.bob, body: { answer: jws } });
  expect((await waiting).json<ElicitationView>()).toMatchObject({ status: "declined", reason: "not mine" });
});

test("a wait that is over says what is true then, after 45 seconds at the latest", async () => {
  const t = await pair();
  const id = await t.ask("alice", "bob");
  const waiting = t.call({ url: `/v1/elicitations/${id}/wait`, as: t.alice });
  await t.clock.advance(45_000);
  expect((await waiting).json<ElicitationView>().status).toBe("asked");
  const longer = await t.call({ url: `/v1/elicitations/${id}/wait?waitMs=45001`, as: t.alice });
  expect(longer.problem().problems?.[0]?.pointer).toBe("/waitMs");
});

test("a wait ends with the deadline of what it waits for", async () => {
  const t = await pair();
  const id = await t.ask("alice", "bob", { timeoutMs: 2_000 });
  const waiting = t.call({ url: `/v1/elicitations/${id}/wait`, as: t.alice });
  await t.clock.advance(2_000);
  expect((await waiting).json<ElicitationView>().status).toBe("expired");
});

test("a waiting inbox returns with the question that comes", async () => {
  const t = await pair();
  const waiting = t.call({ url: "/v1/inbox?waitMs=30000", as: t.bob });
  expect(await isDone(waiting)).toBe(false);
  const id = await t.ask("alice", "bob");
  expect((await waiting).json<{ items: { offer: { id: string } }[] }>().items[0]?.offer.id).toBe(id);
});

test("a poller that works on one question waits for the next, not for the one it has", async () => {
  const t = await pair();
  await t.ask("alice", "bob");
  const first = (await t.call({ url: "/v1/inbox", as: t.bob })).json<{ items: { position: number }[] }>();
  const waiting = t.call({ url: `/v1/inbox?waitMs=30000&after=${first.items[0]?.position}`, as: t.bob });
  expect(await isDone(waiting)).toBe(false);
  const second = await t.ask("alice", "bob");
  const { items } = (await waiting).json<{ items: { offer: { id: string } }[] }>();
  expect(items.map(({ offer }) => offer.id)).toEqual([second]);
});

test("an inbox that is too large for one reply is read on by cursor, and only what was handed over is noted", async () => {
  const t = await pair();
  const ids: string[] = [];
  for (let n = 0; n < 50; n++) ids.push(await t.ask("alice", "bob", { message: "m".repeat(30_000) }));
  const read = async (search: string) =>
    (await t.call({ url: `/v1/inbox${search}`, as: t.bob })).json<{
      items: { offer: { id: string } }[];
      next: number | null;
    }>();
  const first = await read("");
  expect(first.items.length).toBeLessThan(50);
  await atRest();
  expect((await t.events()).filter(({ type }) => type === "elicitation.offered")).toHaveLength(first.items.length);
  const second = await read(`?after=${first.next}`);
  expect(second.next).toBeNull();
  expect([...first.items, ...second.items].map(({ offer }) => offer.id)).toEqual(ids);
  expect((await read("?limit=1")).items).toHaveLength(1);
});

test("a question is noted as offered by poll once, however often it is polled for", async () => {
  const t = await pair();
  const id = await t.ask("alice", "bob");
  const offered = async () => (await t.events()).filter(({ type }) => type === "elicitation.offered").length;
  for (let n = 0; n < 5; n++) await t.call({ url: "/v1/inbox", as: t.bob });
  await atRest();
  expect(await offered()).toBe(1);

  await t.call({ url: `/v1/elicitations/${id}/claim`, as: t.bob, body: { leaseMs: 1_000 } });
  await t.clock.advance(1_000);
  await t.call({ url: "/v1/inbox", as: t.bob });
  await atRest();
  expect(await offered()).toBe(2);
});

test("an agent holds so many long polls and no more; the next is told when to come back, and a place that is left is free", async () => {
  const t = await pair({ limits: { longPollsPerAgentMax: 2 } });
  const poll = () => t.call({ url: "/v1/inbox?waitMs=1000", as: t.bob });
  const held = [poll(), poll()];
  await atRest();
  const third = await poll();
  expect([third.status, third.problem().code, third.headers["retry-after"]]).toEqual([429, "too_busy", "1"]);
  const other = t.call({ url: "/v1/inbox?waitMs=1000", as: t.alice });
  expect((await t.call({ url: "/v1/inbox", as: t.bob })).status).toBe(200);

  await t.clock.advance(1_000);
  expect((await Promise.all([...held, other])).map(({ status }) => status)).toEqual([200, 200, 200]);
  const again = poll();
  await t.clock.advance(1_000);
  expect((await again).status).toBe(200);
});

test("an agent that is revoked while it waits gets nothing but that news, at once", async () => {
  const t = await pair();
  const admin = await t.register("admin", ["admin"]);
  const id = await t.ask("alice", "bob");
  const waits = [
    t.call({ url: `/v1/elicitations/${id}/wait`, as: t.bob }),
    t.call({ url: "/v1/inbox?waitMs=30000&after=999", as: t.bob }),
  ];
  await atRest();
  await t.call({ url: "/v1/agents/bob/revoke", as: admin, body: {} });
  for (const wait of await Promise.all(waits))
    expect([wait.status, wait.problem().code]).toEqual([410, "agent_revoked"]);
  expect((await t.events()).map(({ type }) => type)).not.toContain("elicitation.offered");
});

test("a bridge that stops lets go of every wait and says so", async () => {
  const t = await pair();
  const id = await t.ask("alice", "bob");
  const waiting = t.call({ url: `/v1/elicitations/${id}/wait`, as: t.alice });
  await atRest();
  await t.bridge.stop(refusal("shutting_down", "for an update"));
  expect([(await waiting).status, (await waiting).problem().detail]).toEqual([503, "for an update"]);
});
