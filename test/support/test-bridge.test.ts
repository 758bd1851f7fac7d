import { expect, test } from "vitest";
import { testBridge } from "./test-bridge.ts";

test("an agent of the test bridge asks, another answers with its own signature, and the asker's question has ended", async () => {
  const t = await testBridge();
  await t.register("alice");
  const bob = await t.register("bob");
  const id = await t.ask("alice", "bob", { schema: { type: "object", required: ["port"] } });

  const jws = bob.sign(bob.offer(id), { action: "accept", content: { port: 8765 } });
  const outcome = await t.bridge.elicit.answer(id, jws, { actor: "bob", trace: null });

  expect(outcome).toMatchObject({ ok: true, state: { status: "ended", end: { how: "accepted" } } });
  expect(t.faults).toEqual([]);
});

test("a deadline that the manual clock passes expires its question, at the deadline and not before", async () => {
  const t = await testBridge();
  await t.register("alice");
  await t.register("bob");
  const id = await t.ask("alice", "bob", { timeoutMs: 5_000 });

  await t.clock.advance(4_999);
  expect(t.bridge.elicitations.find(id)?.state.status).toBe("open");
  await t.clock.advance(1);
  expect(t.bridge.elicitations.find(id)?.state).toMatchObject({ status: "ended", end: { how: "expired" } });
});

test("started again on the same disk, it is the same bridge with the same agents", async () => {
  const before = await testBridge();
  const alice = await before.register("alice");
  await before.close();

  const after = await testBridge({ disk: before.disk, seed: 2 });
  expect(after.bridge.authenticate(alice.token)).toEqual({ agent: "alice" });
});
