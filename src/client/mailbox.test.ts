import { beforeEach, describe, expect, test } from "vitest";
import { type ClientWorld, clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import { PUSH_FLAG } from "../domain/arm.ts";
import type { TokenCredential } from "./credential.ts";
import type { Lighthouse } from "./lighthouse.ts";
import { probeArm } from "./probe.ts";

let w: ClientWorld;
let admin: Lighthouse;
let bobs: TokenCredential;
let bob: Lighthouse;

beforeEach(async () => {
  w = await clientWorld();
  admin = await w.join("admin", {}, ["admin"]);
  await w.t.register("alice");
  bobs = w.credentialOf(await w.t.register("bob"));
  bob = await w.connect(bobs);
});

const kill = () => admin.operate("flags.kill", { name: PUSH_FLAG, reason: "errors" });
const restore = (fence: number) => admin.operate("flags.restore", { name: PUSH_FLAG, fence, reason: "mended" });
const ask = () => w.t.ask("alice", "bob", { timeoutMs: 300_000 });

/** Reads questions without end, answers none, and says which came. */
const reading = (client: Lighthouse) => {
  const seen: string[] = [];
  const stop = new AbortController();
  const done = (async () => {
    for await (const { id } of client.questions({ signal: stop.signal })) seen.push(id);
  })();
  return {
    seen,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
};
const requests = (method: string): { readonly count: () => number } => {
  let count = 0;
  w.wires.onArrival((way, text) => {
    if (way === "out" && text.includes(`"${method}"`)) count++;
  });
  return { count: () => count };
};

describe("for await of questions()", () => {
  test("polls nothing while the bridge pushes", async () => {
    const polls = requests("messages.wait");
    const { seen } = reading(bob);
    await atRest();
    const id = await ask();
    await w.t.clock.advance(60_000);
    expect(seen).toEqual([id]);
    expect(polls.count()).toBe(0);
  });

  test("takes questions out of the mailbox, and acknowledges them", async () => {
    await kill();
    const { seen } = reading(bob);
    await atRest();
    const ids = [await ask(), await ask()];
    await w.t.clock.advance(100_000);
    expect(seen).toEqual(ids);
    const { steps } = await bob.receipt(ids[0] as string);
    expect(steps.map(({ what }) => what)).toEqual(["asked", "offered", "acknowledged"]);
  });

  test("yields each question once across switches in the middle, whichever way it came", async () => {
    const { seen } = reading(bob);
    await atRest();
    const ids = [await ask()];
    await kill();
    ids.push(await ask());
    await admin.operate("arms.reroute", { arm: "mailbox", ids: [ids[0]], reason: "rollback" });
    await w.t.clock.advance(10_000);
    ids.push(await ask());
    await restore(1);
    ids.push(await ask());
    await w.t.clock.advance(100_000);
    expect(seen).toEqual(ids);
  });

  test("stops to poll once the bridge pushes again and the mailbox is empty", async () => {
    await kill();
    reading(bob);
    await atRest();
    await ask();
    await restore(1);
    await w.t.clock.advance(50_000);
    const polls = requests("messages.wait");
    await w.t.clock.advance(200_000);
    expect(polls.count()).toBe(0);
  });

  test("loses nothing and repeats nothing when the connection is lost at a poll, before or after its reply", async () => {
    await kill();
    const { seen } = reading(bob);
    await atRest();
    w.wires.hold("in");
    const lost = await ask();
    await atRest();
    w.wires.cut();
    w.wires.letGo("in");
    await w.t.clock.advance(5_000);
    expect(seen).toEqual([lost]);
    const next = await ask();
    w.wires.cut();
    await w.t.clock.advance(5_000);
    expect(seen).toEqual([lost, next]);
  });

  test("knows that a question has ended when both arrive in one breath", async () => {
    await kill();
    const questions = bob.questions();
    const next = questions.next();
    await atRest();
    w.wires.hold("in");
    const id = await ask();
    await atRest();
    await w.t.bridge.elicit.cancel(id, "moot", { actor: "alice", trace: null });
    await atRest();
    w.wires.letGo("in");
    expect((await next).value?.withdrawn.aborted).toBe(true);
  });

  test("gives a process that starts anew what the one before had acknowledged and not answered", async () => {
    await kill();
    const first = reading(bob);
    await atRest();
    const id = await ask();
    await atRest();
    expect(first.seen).toEqual([id]);
    bob.close();

    const { seen } = reading(await w.connect(bobs));
    await w.t.clock.advance(1_000);
    expect(seen).toEqual([id]);
  });

  test("works the same in answerWith, and the asker hears the answer", async () => {
    await kill();
    const dora = await w.join("dora");
    void dora.answerWith(() => 42);
    const carol = await w.join("carol");
    const outcome = carol.ask({ to: "dora", message: "which?", schema: { type: "integer" } });
    await w.t.clock.advance(1_000);
    expect(await outcome).toMatchObject({ status: "accepted", content: 42 });
  });
});

describe("a probe", () => {
  const monotonic = () => w.t.clock.monotonic();

  test.each(["push", "mailbox"] as const)("of the %s arm goes the whole way", async (arm) => {
    const probing = probeArm(admin, arm, { monotonic });
    await w.t.clock.advance(100);
    expect(await probing).toMatchObject({ ok: true, says: expect.stringContaining("was answered") });
  });

  test("of a mailbox that hands nothing out fails, and says where it stopped", async () => {
    w.t.bridge.deliver.mail.take = () => [];
    const probing = probeArm(admin, "mailbox", { timeoutMs: 2_000, monotonic });
    await w.t.clock.advance(3_000);
    expect(await probing).toMatchObject({ ok: false, says: expect.stringContaining("did not come by mailbox") });
  });

  test("by somebody who is no operator is refused", async () => {
    expect(await probeArm(bob, "mailbox", { monotonic })).toMatchObject({
      ok: false,
      says: expect.stringContaining("forbidden"),
    });
  });
});
