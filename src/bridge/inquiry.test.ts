import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestAgent, type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import type { Inquire } from "./command/inquire.ts";

let t: TestBridge;
let experts: Record<"bob" | "carol" | "dave", TestAgent>;

beforeEach(async () => {
  t = await testBridge();
  await t.register("alice");
  const expert = (name: string) => t.register(name, ["agent"], { expertise: ["sql"] });
  experts = { bob: await expert("bob"), carol: await expert("carol"), dave: await expert("dave") };
});
afterEach(async () => {
  expect(t.faults).toEqual([]);
  await t.close();
});

const alice = { actor: "alice", trace: null };
const ask = async (request: Partial<Inquire> = {}): Promise<string> => {
  const asked = await t.bridge.inquire.ask({ expertise: "sql", message: "which index?", ...request }, alice);
  if (!asked.ok) throw new Error(JSON.stringify(asked.refusal));
  return asked.id;
};
const inquiry = async (id: string) => {
  const state = (await t.bridge.inquiries.get(id))?.state;
  if (state === undefined || state.status === "none") throw new Error("gone");
  return state;
};
const conclusion = async (id: string) => {
  const state = await inquiry(id);
  return state.status === "concluded" ? state.conclusion.how : "open";
};
const inbox = (name: string) => t.bridge.deliver.inbox(name).map((item) => item.offer.id);
const reply = async (agent: TestAgent, content: string | null) => {
  const [id] = inbox(agent.name);
  if (id === undefined) throw new Error(`${agent.name} has nothing to answer`);
  const answer = agent.sign(
    agent.offer(id),
    content === null ? { action: "decline", reason: "no idea" } : { action: "accept", content },
  );
  const outcome = await t.bridge.elicit.answer(id, answer, { actor: agent.name, trace: null });
  expect(outcome).toMatchObject({ ok: true });
  await settle();
};
/** Lets the conductor carry the news: each step is an append to a memory log. */
const settle = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  await new Promise((r) => setImmediate(r));
};

describe("by expertise", () => {
  test("who is reachable comes before who is not, with the reason in the log", async () => {
    const detach = t.bridge.deliver.attach({
      agent: "carol",
      session: "s",
      via: "websocket",
      offer: () => undefined,
      notify: () => undefined,
      end: () => undefined,
    });
    const id = await ask();
    expect((await inquiry(id)).plan.candidates.map((c) => c.agent)).toEqual(["carol", "bob", "dave"]);
    expect((await inquiry(id)).plan.candidates[0]?.why).toBe("knows sql, reachable, 0 open");
    expect(inbox("carol")).toHaveLength(1);
    expect(inbox("bob")).toEqual([]);
    detach();
  });

  test("who has less open comes before who has more", async () => {
    await t.ask("alice", "bob");
    const id = await ask();
    expect((await inquiry(id)).plan.candidates.map((c) => c.agent)).toEqual(["carol", "dave", "bob"]);
  });

  test("nobody able is refused at the door", async () => {
    const asked = await t.bridge.inquire.ask({ expertise: "alchemy", message: "gold?" }, alice);
    expect(asked).toMatchObject({ ok: false, refusal: { code: "nobody_able" } });
  });

  test("the attempt is an elicitation of its own, in the same append and the same story", async () => {
    const id = await ask();
    const events = await t.events();
    const routed = events.find((e) => e.type === "inquiry.routed");
    const asked = events.find((e) => e.type === "elicitation.asked");
    expect(asked).toMatchObject({ correlation: id, data: { inquiry: id, from: "alice", to: "bob" } });
    expect(asked?.position).toBe((routed?.position ?? 0) + 1);
  });

  test("the answer concludes it", async () => {
    const id = await ask();
    await reply(experts.bob, "btree");
    expect(await conclusion(id)).toBe("agreed");
  });

  test("a decline brings the next expert, then the human, then the declared default", async () => {
    await t.register("hana", ["agent"], { kind: "human" });
    const id = await ask({ finally: "hana", schema: { type: "string" }, default: "none" });
    for (const name of ["bob", "carol", "dave"] as const) await reply(experts[name], null);
    expect(inbox("hana")).toHaveLength(1);
    await t.clock.advance(60_000);
    await settle();
    expect(await conclusion(id)).toBe("default");
  });

  test("an expiry brings the next expert", async () => {
    const id = await ask({ attemptMs: 5_000, timeoutMs: 60_000 });
    await t.clock.advance(5_000);
    await settle();
    expect(inbox("bob")).toEqual([]);
    expect(inbox("carol")).toHaveLength(1);
    expect(await conclusion(id)).toBe("open");
  });

  test("a lease that lapses brings the next expert, and takes the question back from the first", async () => {
    await ask({ attemptMs: 60_000 });
    const [first] = inbox("bob");
    await t.bridge.elicit.claim(first as string, "worker", 2_000, { actor: "bob", trace: null });
    await t.clock.advance(2_000);
    await settle();
    expect(inbox("bob")).toEqual([]);
    expect(inbox("carol")).toHaveLength(1);
  });

  test("a hedge asks a second while the first still thinks; the loser is taken back", async () => {
    const id = await ask({ hedgeMs: 2_000 });
    await t.clock.advance(2_000);
    await settle();
    expect(inbox("bob")).toHaveLength(1);
    expect(inbox("carol")).toHaveLength(1);
    await reply(experts.carol, "hash");
    expect(await conclusion(id)).toBe("agreed");
    expect(inbox("bob")).toEqual([]);
  });
});

describe("quorum", () => {
  test("two of three end it early, and the third is told", async () => {
    const id = await ask({ quorum: { kind: "first", count: 2 }, width: 3 });
    await reply(experts.dave, "x");
    expect(await conclusion(id)).toBe("open");
    await reply(experts.bob, "y");
    expect(await conclusion(id)).toBe("agreed");
    expect(inbox("carol")).toEqual([]);
  });

  test("a majority agrees when most say the same, however they spell it", async () => {
    const id = await ask({ quorum: { kind: "majority" } });
    await reply(experts.bob, "yes");
    await reply(experts.carol, "no");
    expect(await conclusion(id)).toBe("open");
    await reply(experts.dave, "yes");
    expect(await conclusion(id)).toBe("agreed");
    const state = await inquiry(id);
    expect(state.status === "concluded" && state.conclusion.elicitations).toHaveLength(2);
  });

  test("all at the same moment: one conclusion, whatever the order", async () => {
    const id = await ask({ quorum: { kind: "first", count: 1 }, width: 3 });
    await Promise.all(
      Object.values(experts).map((agent) => {
        const [mine] = inbox(agent.name);
        return t.bridge.elicit.answer(
          mine as string,
          agent.sign(agent.offer(mine as string), { action: "accept", content: agent.name }),
          { actor: agent.name, trace: null },
        );
      }),
    );
    await settle();
    expect((await t.events()).filter((e) => e.type === "inquiry.concluded")).toHaveLength(1);
    expect(await conclusion(id)).toBe("agreed");
  });
});

test("a crash between an answer and its inquiry loses nothing: the news is carried at the next start", async () => {
  const id = await ask();
  const [attempt] = inbox("bob");
  const answer = experts.bob.sign(experts.bob.offer(attempt as string), { action: "accept", content: "btree" });
  // From the moment the answer is durable nothing more can be written by this process.
  t.log.onCommitted(
    (events) => events.some((e) => e.type === "elicitation.accepted") && t.disk.break(new Error("crash")),
  );
  await t.bridge.elicit.answer(attempt as string, answer, { actor: "bob", trace: null });
  await settle();
  t.disk.mend();
  const again = await testBridge({ disk: t.disk });
  for (let i = 0; i < 20; i++) await settle();
  const state = (await again.bridge.inquiries.get(id))?.state;
  expect(state).toMatchObject({ status: "concluded", conclusion: { how: "agreed" } });
  expect((await again.events()).filter((e) => e.type === "inquiry.concluded")).toHaveLength(1);
  await again.close();
});

test("a hedge that was pending at a restart still asks a second", async () => {
  const id = await ask({ hedgeMs: 2_000 });
  await t.clock.advance(1_000);
  const again = await testBridge({ disk: t.disk });
  await again.clock.advance(3_000);
  await settle();
  const state = (await again.bridge.inquiries.get(id))?.state;
  expect(state).toMatchObject({ status: "open", attempts: [{ to: "bob" }, { to: "carol" }] });
  await again.close();
});

test("only the asker cancels; whoever still thinks about it is told", async () => {
  const id = await ask({ width: 3 });
  expect(await t.bridge.inquire.cancel(id, { actor: "bob", trace: null })).toMatchObject({
    ok: false,
    refusal: { code: "not_found" },
  });
  expect(await t.bridge.inquire.cancel(id, alice)).toMatchObject({ ok: true });
  await settle();
  expect(["bob", "carol", "dave"].flatMap(inbox)).toEqual([]);
});

test.each([
  ["both names and an expertise", { to: ["bob"] }, "invalid_input"],
  ["a name twice", { expertise: undefined, to: ["bob", "bob"] }, "invalid_input"],
  ["a quorum of more than there are", { quorum: { kind: "first", count: 4 } }, "invalid_input"],
  ["a default that does not fit", { schema: { type: "string" }, default: 5 }, "invalid_input"],
  ["a schema that is none", { schema: { type: "strnig" } }, "schema_invalid"],
  ["an unknown agent", { expertise: undefined, to: ["bob", "nobody"] }, "agent_unknown"],
  ["oneself", { expertise: undefined, to: ["alice"] }, "self_ask"],
] as const)("%s is refused", async (_, over, code) => {
  const request = { expertise: "sql", message: "?", ...over } as Inquire;
  expect(await t.bridge.inquire.ask(request, alice)).toMatchObject({ ok: false, refusal: { code } });
});
