import { describe, expect, test } from "vitest";
import { clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import type { Lighthouse } from "./lighthouse.ts";

const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] };

const world = async () => {
  const made = await clientWorld();
  const alice = await made.join("alice");
  const expert = async (name: string): Promise<Lighthouse> => {
    const agent = await made.t.register(name, ["agent"], { expertise: ["sql"] });
    return made.connect(made.credentialOf(agent));
  };
  return { ...made, alice, experts: [await expert("bob"), await expert("carol"), await expert("dave")] };
};

describe("an inquiry", () => {
  test("by expertise resolves with the answers of a quorum, and tells of its progress", async () => {
    const { t, alice, experts } = await world();
    for (const expert of experts) void expert.answerWith(() => ({ ok: true }));
    const seen: number[] = [];
    const concluding = alice.inquire(
      { expertise: "sql", message: "Index it?", schema, quorum: { kind: "first", count: 2 }, width: 2 },
      { onProgress: ({ attempts }) => seen.push(attempts.length) },
    );
    await atRest();
    for (let n = 0; n < 3; n++) await t.clock.advance(1_000);
    const concluded = await concluding;
    expect(concluded.status).toBe("agreed");
    expect(concluded.attempts.filter(({ outcome }) => outcome === "accepted")).toHaveLength(2);
    expect(concluded.answers.map(({ content }) => content)).toEqual([{ ok: true }, { ok: true }]);
    expect(seen.at(-1)).toBe(concluded.attempts.length);
  });

  test("started says whom it was put to and why; taken back, it says so", async () => {
    const { alice } = await world();
    const { id, attempts, status } = await alice.inquiries.start({ to: ["bob", "carol"], message: "Index it?" });
    expect([status, attempts]).toMatchObject(["open", [{ to: "bob", why: "named by the asker", outcome: "open" }]]);
    expect(await alice.inquiries.cancel(id)).toMatchObject({ id, status: "cancelled" });
    expect(await alice.inquiries.get(id)).toMatchObject({ status: "cancelled" });
  });

  test("under the same key is made once, and another one under it is refused", async () => {
    const { t, alice } = await world();
    const params = { to: ["bob"], message: "Index it?", key: "index-1" };
    const all = await Promise.all([alice.inquiries.start(params), alice.inquiries.start(params)]);
    const again = await alice.inquiries.start(params);
    expect(new Set([...all, again].map(({ id }) => id)).size).toBe(1);
    await expect(alice.inquiries.start({ ...params, message: "Drop it?" })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
    expect((await t.events()).filter(({ type }) => type === "inquiry.asked")).toHaveLength(1);
  });
});

describe("an event under a key", () => {
  test("is appended once, and its repetition gets the same result, for a day", async () => {
    const { t, alice } = await world();
    const all = await Promise.all([1, 2, 3].map(() => alice.events.append("build.done", { n: 1 }, { key: "build-1" })));
    expect(new Set(all.map((result) => JSON.stringify(result))).size).toBe(1);
    expect((await alice.events.query({ name: "build.done" })).events).toHaveLength(1);
    await expect(alice.events.append("build.done", { n: 2 }, { key: "build-1" })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
    expect((await alice.events.append("build.done", { n: 1 }, { key: "build-2" })).revision).toBe(1);
    await t.clock.advance(t.bridge.limits.idempotencyWindowMs);
    expect((await alice.events.append("build.done", { n: 3 }, { key: "build-1" })).revision).toBe(2);
  });
});

test("an inbox of several pages is read to its end", async () => {
  const { t, alice, experts } = await world();
  const [bob] = experts as [Lighthouse];
  // Two of these do not fit one page.
  const message = "x".repeat(30_000);
  for (let n = 0; n < 60; n++) await t.ask("alice", "bob", { message: `${n} ${message}` });
  const page = await bob.operate<{ items: readonly object[]; next: number | null }>("inbox.list", { peek: true });
  expect(page.next).not.toBeNull();
  expect(await bob.inbox()).toHaveLength(60);
  alice.close();
});
