import { describe, expect, test } from "vitest";
import { enrolled, type KeyAgent, seconds, testKey } from "../../test/support/key-agent.ts";
import { type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import { answerCore, answerTyp, type Offer } from "../domain/answer.ts";
import type { Exchange } from "../domain/exchange.ts";
import { inquiryCore, inquiryTyp } from "../domain/inquiry-core.ts";
import { canonical } from "../signing/canonical.ts";
import { base64url, sha256 } from "../signing/digest.ts";
import { signJws } from "../signing/jws.ts";
import { verifyExchange } from "./exchange.ts";
import { ownKey } from "./proof.ts";

const hashOf = (value: unknown): string => base64url(sha256(canonical(value)));
const keysOf = (agent: KeyAgent) => [agent.mac, ownKey(agent.privateKey)];
const inquiry = { expertise: "sql", message: "which index?", key: "k1", attemptMs: 5_000, timeoutMs: 60_000 };

/** Alice signs one inquiry; bob declines, and carol is asked next. */
const scene = async () => {
  const t = await testBridge({ isProven: true });
  const alice = await enrolled(t, "alice", testKey(1));
  const bob = await enrolled(t, "bob", testKey(2), ["agent"], ["sql"]);
  const carol = await enrolled(t, "carol", testKey(3), ["agent"], ["sql"]);
  const hashes = { schema: hashOf({}), default: null };
  const signed = signJws(
    inquiryCore(t.bridge.audience, "alice", inquiry, hashes, seconds(t)),
    keysOf(alice),
    inquiryTyp,
  );
  const asked = await t.bridge.inquire.ask({ ...inquiry, signed }, { actor: "alice", trace: null });
  if (!asked.ok) throw new Error(JSON.stringify(asked.refusal));
  const first = await answer(t, bob, "no");
  const second = await answer(t, carol, "yes");
  return { t, alice, bob, carol, signed, first, second };
};

const answer = async (t: TestBridge, agent: KeyAgent, said: "yes" | "no") => {
  const [item] = t.bridge.deliver.inbox(agent.name);
  if (item === undefined) throw new Error(`${agent.name} is not asked`);
  const { offer } = item;
  const reply =
    said === "yes" ? { action: "accept" as const, content: "btree" } : { action: "decline" as const, reason: "" };
  const jws = signJws(answerCore(offer, reply, 1, seconds(t)), keysOf(agent), answerTyp);
  const taken = await t.bridge.elicit.answer(offer.id, jws, { actor: agent.name, trace: null });
  expect(taken).toMatchObject({ ok: true });
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  return { offer, exchange: await exported(t, offer.id) };
};

const exported = async (t: TestBridge, id: string): Promise<Exchange> => {
  const events = (await t.events()).filter(({ stream }) => stream === `elicitation/${id}`);
  const { keys, ...parts } = await t.bridge.exchange(events);
  const shown = keys.map(({ material, active, retiring: _, revoked: __, ...key }) => ({
    ...key,
    alg: material.alg,
    ...(material.alg === "Ed25519" ? { jwk: material.jwk } : {}),
    ...(active === null ? {} : { active }),
  }));
  const { audience } = t.bridge;
  return JSON.parse(
    JSON.stringify({ v: 1, typ: "lighthouse.exchange", audience, elicitation: id, ...parts, keys: shown }),
  ) as Exchange;
};

const failing = (exchange: Exchange, offer?: Offer): readonly string[] =>
  verifyExchange(exchange, offer === undefined ? {} : { offer })
    .filter(({ verdict }) => verdict === "fails")
    .map(({ name }) => name);

describe("the asker's one signature of an inquiry", () => {
  test("goes with every attempt, and each of them verifies with it, offline", async () => {
    const { t, alice, signed, first, second } = await scene();
    for (const { exchange, offer } of [first, second]) {
      expect(exchange.question).toEqual(signed);
      const checks = verifyExchange(exchange, { offer });
      expect(checks.filter(({ verdict }) => verdict === "fails")).toEqual([]);
      expect(checks.filter(({ name, verdict }) => name.startsWith("question") && verdict === "holds")).toEqual([
        expect.objectContaining({ name: "question: given" }),
        expect.objectContaining({ name: "question: hashes" }),
        expect.objectContaining({ name: `question: Ed25519 by ${alice.kid}` }),
        expect.objectContaining({ name: "question: words", says: expect.stringContaining("attempt of its inquiry") }),
      ]);
    }
    await t.close();
  });

  test("fails when the target was given other words than the log has", async () => {
    const { t, second } = await scene();
    expect(failing(second.exchange, { ...second.offer, message: "drop the table?" })).toEqual(["question: given"]);
    expect(failing(second.exchange, { ...second.offer, schema: { type: "null" } })).toEqual(["question: given"]);
    await t.close();
  });

  test("does not cover another asker, other words, another agent or more time, whatever a lying bridge signs for", async () => {
    const { t, second } = await scene();
    const { exchange } = second;
    const named = { ...inquiry, expertise: undefined, to: ["bob"] };
    /** A bridge that holds its log's key can write any record: here the log's own checks are left out. */
    const lie = (change: object, signed = exchange.question): readonly string[] => {
      const events = exchange.log?.events.map((event) => {
        const record = JSON.parse(event.record) as { type: string; data: object };
        const data = { ...record.data, ...(signed === undefined ? {} : { signed }), ...change };
        return record.type === "elicitation.asked" ? { ...event, record: JSON.stringify({ ...record, data }) } : event;
      });
      const told = { ...exchange, question: signed, log: { ...exchange.log, events } } as Exchange;
      return failing(told).filter((name) => name === "question: words");
    };
    expect(lie({})).toEqual([]);
    expect(lie({ message: "drop the table?" })).toEqual(["question: words"]);
    expect(lie({ from: "mallory" })).toEqual(["question: words"]);
    expect(lie({ requireEd25519: true })).toEqual(["question: words"]);
    expect(lie({ causedBy: second.offer.id })).toEqual(["question: words"]);
    expect(lie({ deadline: second.offer.deadline + 60_000 })).toEqual(["question: words"]);
    const toBob = inquiryCore(exchange.audience, "alice", named, { schema: hashOf({}), default: null }, seconds(t));
    expect(lie({}, signJws(toBob, [ownKey(testKey(1))], inquiryTyp))).toEqual(["question: words"]);
    await t.close();
  });
});

describe("an exchange that was altered by whoever hands it over", () => {
  const altered = async (change: (exchange: Exchange) => unknown): Promise<readonly string[]> => {
    const { t, second } = await scene();
    await t.close();
    expect(failing(second.exchange)).toEqual([]);
    return failing({ ...second.exchange, ...(change(second.exchange) as Exchange) });
  };
  const keys = (change: object) => (exchange: Exchange) => ({
    keys: exchange.keys.map((key) => (key.agent === "carol" && key.alg === "Ed25519" ? { ...key, ...change } : key)),
  });

  test("fails without the answer that the log has", async () => {
    expect(await altered(() => ({ answer: undefined }))).toEqual(["answer"]);
  });

  test("fails without the public half of a key, so that a signature cannot go unchecked for want of it", async () => {
    expect(await altered(keys({ jwk: undefined }))).toEqual([
      expect.stringMatching(/^key /),
      expect.stringMatching(/^answer: Ed25519/),
    ]);
  });

  test("fails when a key is said to be older than its enrolment, or of no place at all", async () => {
    expect(await altered(keys({ added: { position: 1, time: 0 } }))).toEqual([expect.stringMatching(/^key /)]);
    expect(await altered(keys({ active: { position: "1", time: 0 } }))).toEqual([expect.stringMatching(/^key /)]);
  });
});
