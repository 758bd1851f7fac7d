import { describe, expect, test } from "vitest";
import { enrolled, type KeyAgent, kidOf, seconds, testKey } from "../../test/support/key-agent.ts";
import { type TestBridge, type TestBridgeOptions, testBridge } from "../../test/support/test-bridge.ts";
import { ownKey } from "../client/proof.ts";
import { answerCore, answerTyp } from "../domain/answer.ts";
import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";
import { signJws } from "../signing/jws.ts";
import type { SigningKey } from "../signing/keys.ts";

const operator = { actor: "operator", trace: null };

const scene = async (options: TestBridgeOptions = {}) => {
  const t = await testBridge(options);
  await t.register("alice");
  const bob = await enrolled(t, "bob", testKey(1));
  return { t, bob };
};

const both = (bob: KeyAgent): readonly SigningKey[] => [bob.mac, ownKey(bob.privateKey)];

/** An answer by bob to a question that is open for it. */
const signed = (t: TestBridge, id: string, keys: readonly SigningKey[], seq: number, content: Json = true): Jws => {
  const item = t.bridge.deliver.inbox("bob").find(({ offer }) => offer.id === id);
  if (item === undefined) throw new Error(`${id} is not in bob's inbox`);
  return signJws(answerCore(item.offer, { action: "accept", content }, seq, seconds(t)), keys, answerTyp);
};

const give = async (t: TestBridge, id: string, jws: Jws) => {
  const outcome = await t.bridge.elicit.answer(id, jws, { actor: "bob", trace: null });
  return outcome.ok ? outcome.state.status : outcome.refusal.code;
};

describe("an answer with a signature by the agent's own key", () => {
  test("is taken, and stored as it came", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    const jws = signed(t, id, both(bob), 1);
    expect(await give(t, id, jws)).toBe("ended");
    const [end] = (await t.events()).filter(({ type }) => type === "elicitation.accepted");
    expect(JSON.stringify((end?.data as { answer: Jws } | undefined)?.answer)).toBe(JSON.stringify(jws));
  });

  test("is refused when that signature is another one's, even beside a good MAC", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    const forged = { ...ownKey(testKey(2)), kid: kidOf(bob.privateKey) } as SigningKey;
    expect(await give(t, id, signed(t, id, [bob.mac, forged], 1))).toBe("signature_invalid");
    expect(await give(t, id, signed(t, id, [bob.mac, ownKey(testKey(2))], 1))).toBe("signature_invalid");
    expect(t.bridge.elicitations.find(id)?.state.status).toBe("open");
  });

  test("is refused without the MAC, which every answer has", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    expect(await give(t, id, signed(t, id, [ownKey(bob.privateKey)], 1))).toBe("envelope_malformed");
  });

  test("does not count once its key was revoked while the signature was checked", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    const answering = give(t, id, signed(t, id, both(bob), 1));
    const revoking = t.bridge.registry.revokeKey("bob", bob.kid, "stolen", null, operator);
    expect(await answering).toBe("signature_invalid");
    expect((await revoking).ok).toBe(true);
    expect(t.bridge.elicitations.find(id)?.state.status).toBe("open");
  });

  test("does not count once its agent was suspended while the signature was checked", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    const answering = give(t, id, signed(t, id, both(bob), 1));
    await t.bridge.registry.suspend("bob", "odd", operator);
    expect(await answering).toBe("signature_invalid");
  });
});

describe("a question that requires such a signature", () => {
  test("cannot be put to an agent that has no key of its own", async () => {
    const { t } = await scene();
    await t.register("carol");
    await expect(t.ask("alice", "carol", { requireEd25519: true })).rejects.toThrow("own_key_missing");
  });

  test("cannot be put to an agent whose only own key was revoked", async () => {
    const { t, bob } = await scene();
    await t.bridge.registry.revokeKey("bob", bob.kid, "stolen", null, operator);
    await expect(t.ask("alice", "bob", { requireEd25519: true })).rejects.toThrow("own_key_missing");
  });

  test("stays open when only the MAC answers, and ends with both", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob", { requireEd25519: true });
    expect(await give(t, id, signed(t, id, [bob.mac], 1))).toBe("own_signature_missing");
    expect(await give(t, id, signed(t, id, both(bob), 1))).toBe("ended");
  });

  test("says so to its target, and in what the answer is bound to", async () => {
    const { t } = await scene();
    const plain = await t.ask("alice", "bob", { message: "same" });
    const strict = await t.ask("alice", "bob", { message: "same", requireEd25519: true });
    const offers = new Map(t.bridge.deliver.inbox("bob").map(({ offer }) => [offer.id, offer]));
    expect(offers.get(plain)?.requireEd25519).toBeUndefined();
    expect(offers.get(strict)?.requireEd25519).toBe(true);
  });
});

describe("the number that a key signs with", () => {
  test("counts once: a second answer with it is refused, says from where on to count, and is on record", async () => {
    const { t, bob } = await scene();
    const [one, other] = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];
    expect(await give(t, one, signed(t, one, [bob.mac], 70))).toBe("ended");
    const outcome = await t.bridge.elicit.answer(other, signed(t, other, [bob.mac], 70), { actor: "bob", trace: null });
    expect(outcome).toMatchObject({
      refusal: { code: "seq_used", problems: [{ pointer: "/seq", message: "must be above 70" }] },
    });
    const [violation] = (await t.events()).filter(({ type }) => type === "security.violation");
    expect(violation?.data).toMatchObject({ kind: "replay_attack", code: "seq_used" });
    expect(await give(t, other, signed(t, other, [bob.mac], 6))).toBe("seq_used");
    expect(await give(t, other, signed(t, other, [bob.mac], 7))).toBe("ended");
  });

  test("counts once also when both answers are on their way to the disk", async () => {
    const { t, bob } = await scene();
    const [one, other] = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];
    const outcomes = [give(t, one, signed(t, one, [bob.mac], 5)), give(t, other, signed(t, other, [bob.mac], 5))];
    expect((await Promise.all(outcomes)).sort()).toEqual(["ended", "seq_used"]);
  });

  test("is remembered across a restart", async () => {
    const before = await scene();
    const [one, other] = [await before.t.ask("alice", "bob"), await before.t.ask("alice", "bob")];
    await give(before.t, one, signed(before.t, one, both(before.bob), 1_767_571_200_500, "ä".repeat(500)));
    await before.t.close();

    const after = await testBridge({ disk: before.t.disk, seed: 2 });
    const again = (seq: number) => give(after, other, signed(after, other, both(before.bob), seq));
    expect(await again(1_767_571_200_500)).toBe("seq_used");
    expect(await again(1_767_571_200_436)).toBe("seq_used");
    expect(await again(1_767_571_200_437)).toBe("ended");
  });

  test("is free again when the disk would not take the answer", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob");
    const jws = signed(t, id, [bob.mac], 3);
    t.disk.break(new Error("full"));
    expect(await give(t, id, jws)).toBe("log_unavailable");
    t.disk.mend();
    await t.clock.advance(5_000);
    expect(await give(t, id, jws)).toBe("ended");
  });

  test("is not used up by an answer that does not fit its question", async () => {
    const { t, bob } = await scene();
    const id = await t.ask("alice", "bob", { schema: { type: "integer" } });
    expect(await give(t, id, signed(t, id, [bob.mac], 3, "three"))).toBe("content_invalid");
    expect(await give(t, id, signed(t, id, [bob.mac], 3, 3))).toBe("ended");
  });
});

describe("an inquiry that requires such signatures", () => {
  test("passes over experts without a key of their own, and ends with an answer that has both", async () => {
    const { t, bob } = await scene();
    await t.register("carol", ["agent"], { expertise: ["sql"] });
    const alice = { actor: "alice", trace: null };
    const toExperts = { expertise: "sql", message: "?", requireEd25519: true };
    expect(await t.bridge.inquire.ask(toExperts, alice)).toMatchObject({ refusal: { code: "nobody_able" } });
    const toCarol = await t.bridge.inquire.ask({ to: ["bob", "carol"], message: "?", requireEd25519: true }, alice);
    expect(toCarol).toMatchObject({ refusal: { code: "own_key_missing" } });

    const asked = await t.bridge.inquire.ask({ to: ["bob"], message: "?", requireEd25519: true }, alice);
    const [item] = t.bridge.deliver.inbox("bob");
    if (!asked.ok || item === undefined) throw new Error("bob was not asked");
    const { id } = item.offer;
    expect(await give(t, id, signed(t, id, [bob.mac], 1))).toBe("own_signature_missing");
    expect(await give(t, id, signed(t, id, both(bob), 1))).toBe("ended");
    await t.clock.advance(0);
    const held = await t.bridge.inquiries.get(asked.id);
    expect(held?.state).toMatchObject({ status: "concluded", conclusion: { how: "agreed" } });
  });
});
