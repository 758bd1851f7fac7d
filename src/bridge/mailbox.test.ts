import { beforeEach, describe, expect, test } from "vitest";
import { atRest } from "../../test/support/manual-time.ts";
import { type Peer, peer } from "../../test/support/peer.ts";
import { type TestAgent, type TestBridge, testBridge } from "../../test/support/test-bridge.ts";
import type { Offer } from "../domain/answer.ts";
import { PUSH_FLAG } from "../domain/arm.ts";
import { receiptOf } from "../domain/receipt.ts";
import { streamEvents } from "./projection/elicitations.ts";
import { serveSession } from "./transport/session.ts";

interface Message {
  readonly offer: Offer;
  readonly delivery: number;
  readonly until: number;
}
interface Mail {
  readonly messages: readonly Message[];
  readonly arm: string;
  readonly more: boolean;
}

let t: TestBridge;
let admin: TestAgent;
let alice: TestAgent;
let bob: TestAgent;
let sessions = 0;

const connect = async (who: TestAgent, opening: object | null = { inbox: true }): Promise<Peer> => {
  const there = peer();
  serveSession(t.bridge, there.channel, who.principal, `s${++sessions}`, t.onFault);
  if (opening !== null) await there.request("session.open", opening);
  return there;
};
const call = async <T>(who: TestAgent, method: string, params: object = {}): Promise<T> => {
  const there = await connect(who, null);
  const { result, error } = await there.request(method, params);
  await atRest();
  if (error !== undefined) throw new Error(error.data?.code ?? error.message);
  return result as T;
};
const kill = () => call(admin, "flags.kill", { name: PUSH_FLAG, reason: "errors" });
const poll = (params: object = {}) => call<Mail>(bob, "messages.wait", params);
const idsOf = (mail: Mail): readonly string[] => mail.messages.map(({ offer }) => offer.id);
const stepsOf = async (id: string) =>
  receiptOf(id, await streamEvents(t.log, id)).steps.map(({ at: _, position: __, ...step }) => step);
const openIn = async (arm: string) =>
  call<{ count: number; items: readonly { id: string }[] }>(admin, "arms.open", { arm });

beforeEach(async () => {
  t = await testBridge();
  admin = await t.register("admin", ["admin"], { kind: "human" });
  alice = await t.register("alice");
  bob = await t.register("bob");
});

describe("the arm of a question", () => {
  test("is push as long as no flag was ever set, and is in its event and its receipt", async () => {
    const id = await t.ask("alice", "bob");
    expect((await t.events()).at(-1)).toMatchObject({ type: "elicitation.asked", data: { arm: "push" } });
    expect(await stepsOf(id)).toMatchObject([{ what: "asked", arm: "push" }]);
    expect(await poll()).toEqual({ messages: [], arm: "push", more: false });
  });

  test("is decided once, for its target: a flag that changes later changes nothing about it", async () => {
    await call(admin, "flags.set", {
      name: PUSH_FLAG,
      percentage: 0,
      targets: [{ agents: ["alice"], on: true }],
      fence: 0,
      reason: "step",
    });
    const [toBob, toAlice] = [await t.ask("alice", "bob"), await t.ask("bob", "alice")];
    await call(admin, "flags.set", { name: PUSH_FLAG, percentage: 100, fence: 1, reason: "step" });
    expect((await openIn("mailbox")).items.map(({ id }) => id)).toEqual([toBob]);
    expect((await openIn("push")).items.map(({ id }) => id)).toEqual([toAlice]);
  });

  test("is the same after a restart, and so is the flag", async () => {
    await kill();
    const id = await t.ask("alice", "bob");
    await t.close();
    t = await testBridge({ disk: t.disk, seed: 2 });
    expect(await call(admin, "flags.get", { name: PUSH_FLAG })).toMatchObject({
      status: "killed",
      fence: 1,
      by: "admin",
      reason: "errors",
    });
    expect(idsOf(await poll())).toEqual([id]);
  });

  test("is decided for the legs of an inquiry too", async () => {
    await kill();
    await call(alice, "inquiries.ask", { to: ["bob"], message: "which?" });
    expect((await poll()).messages).toHaveLength(1);
  });
});

describe("a mailbox", () => {
  beforeEach(kill);

  test("pushes nothing; what it hands out is offered once its bytes have left, not before", async () => {
    const connected = await connect(bob);
    const id = await t.ask("alice", "bob");
    await atRest();
    expect(connected.pushes("offer")).toEqual([]);
    expect(await stepsOf(id)).toMatchObject([{ what: "asked", arm: "mailbox" }]);

    const slow = await connect(bob, null);
    slow.stall();
    void slow.request("messages.wait", {});
    await atRest();
    expect(await stepsOf(id)).toHaveLength(1);
    slow.read();
    await atRest();
    expect(await stepsOf(id)).toMatchObject([{}, { what: "offered", via: "poll", until: expect.any(Number) }]);
  });

  test("answers to the name it had in the system before this one", async () => {
    const id = await t.ask("alice", "bob");
    expect(idsOf(await call<Mail>(bob, "wait_for_messages"))).toEqual([id]);
  });

  test("wakes a poll that waits", async () => {
    const waiting = poll({ waitMs: 30_000 });
    await atRest();
    const id = await t.ask("alice", "bob");
    expect(idsOf(await waiting)).toEqual([id]);
  });

  test("lets whoever has gone take nothing along", async () => {
    const gone = await connect(bob, null);
    void gone.request("messages.wait", { waitMs: 30_000, leaseMs: 300_000 });
    await atRest();
    gone.cut();
    await atRest();
    const id = await t.ask("alice", "bob");
    expect(idsOf(await poll())).toEqual([id]);
  });

  test("hands out again, and says nothing of an offer, when the bytes of a reply never left", async () => {
    const id = await t.ask("alice", "bob", { timeoutMs: 200_000 });
    const stuck = await connect(bob, null);
    stuck.stall();
    void stuck.request("messages.wait", { leaseMs: 10_000 });
    await atRest();
    stuck.cut();
    await t.clock.advance(9_999);
    expect(idsOf(await poll())).toEqual([]);
    expect(await stepsOf(id)).toHaveLength(1);
    await t.clock.advance(1);
    expect((await poll()).messages).toMatchObject([{ offer: { id }, delivery: 1 }]);
  });

  test("hands out the oldest first, each to one poll at a time", async () => {
    const ids = [await t.ask("alice", "bob"), await t.ask("alice", "bob"), await t.ask("alice", "bob")];
    const first = await poll({ limit: 2 });
    expect(first).toMatchObject({ arm: "mailbox", more: true });
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    expect(idsOf(await poll())).toEqual(ids.slice(2));
    expect(idsOf(await poll())).toEqual([]);
  });

  test("hands out again what was not acknowledged when its lease ends, older before newer, and wakes whoever waits", async () => {
    const old = await t.ask("alice", "bob");
    await poll({ leaseMs: 5_000 });
    const newer = await t.ask("alice", "bob");
    await t.clock.advance(4_999);
    expect(idsOf(await poll({ leaseMs: 300_000 }))).toEqual([newer]);
    const waiting = poll({ waitMs: 30_000 });
    await t.clock.advance(1);
    expect((await waiting).messages).toMatchObject([{ offer: { id: old }, delivery: 2 }]);
  });

  test("does not hand out again what was acknowledged, but to a process that starts anew", async () => {
    const id = await t.ask("alice", "bob", { timeoutMs: 200_000 });
    await poll();
    expect(await call(bob, "messages.ack", { ids: [id], holder: "w1" })).toEqual({ acknowledged: [id] });
    expect(await call(bob, "messages.ack", { ids: [id], holder: "w1" })).toEqual({ acknowledged: [id] });
    await t.clock.advance(100_000);
    expect(idsOf(await poll())).toEqual([]);
    expect(idsOf(await poll({ acknowledged: true }))).toEqual([id]);
    expect((await stepsOf(id)).map(({ what }) => what)).toEqual(["asked", "offered", "acknowledged", "offered"]);
  });

  test("lets nobody acknowledge what is another's", async () => {
    const id = await t.ask("alice", "bob");
    expect(await call(alice, "messages.ack", { ids: [id] })).toEqual({ acknowledged: [] });
    expect(idsOf(await poll())).toEqual([id]);
  });

  test("gives up after five deliveries to nobody's acknowledgement: a dead letter, which can still be answered", async () => {
    const id = await t.ask("alice", "bob", { timeoutMs: 300_000 });
    for (let n = 1; n <= 5; n++) {
      expect((await poll({ leaseMs: 1_000 })).messages).toMatchObject([{ delivery: n }]);
      await t.clock.advance(1_000);
    }
    expect(idsOf(await poll())).toEqual([]);
    expect(await call(admin, "messages.dead")).toMatchObject({
      count: 1,
      dead: [{ id, from: "alice", to: "bob", deliveries: 5, why: "deliveries" }],
    });
    expect((await stepsOf(id)).at(-1)).toEqual({ what: "dead letter", deliveries: 5 });
    const jws = bob.sign(bob.offer(id), { action: "accept", content: 1 });
    expect(await call(bob, "elicitations.answer", { id, answer: jws })).toMatchObject({ status: "accepted" });
    expect(await call(admin, "messages.dead")).toMatchObject({ count: 0 });
  });

  test("has a dead letter for what expired before anybody said that he has it", async () => {
    const [unread, read] = [
      await t.ask("alice", "bob", { timeoutMs: 2_000 }),
      await t.ask("alice", "bob", { timeoutMs: 2_000 }),
    ];
    await poll();
    await call(bob, "messages.ack", { ids: [read] });
    await t.clock.advance(2_000);
    expect(await call(admin, "messages.dead")).toMatchObject({ dead: [{ id: unread, deliveries: 1, why: "expired" }] });
  });

  describe("has dead letters that an operator", () => {
    const deadOne = async (): Promise<string> => {
      const id = await t.ask("alice", "bob", { timeoutMs: 300_000 });
      for (let n = 1; n <= 5; n++) {
        await poll({ leaseMs: 1_000 });
        await t.clock.advance(1_000);
      }
      return id;
    };
    const expiredOne = async (): Promise<string> => {
      const id = await t.ask("alice", "bob", { timeoutMs: 2_000 });
      await t.clock.advance(2_000);
      return id;
    };
    const redeem = (how: "requeue" | "discard", ids: readonly string[]) =>
      call(admin, `messages.${how}`, { ids, reason: "bob's worker was mended" });
    const deadNow = async () =>
      (await call<{ dead: readonly { id: string }[] }>(admin, "messages.dead")).dead.map(({ id }) => id);

    test("puts back: it is handed out from the start, wakes whoever waits, and its receipt says so", async () => {
      const id = await deadOne();
      const waiting = poll({ waitMs: 30_000 });
      await atRest();
      expect(await redeem("requeue", [id])).toEqual({ requeued: [id], notDead: [], ended: [] });
      expect((await waiting).messages).toMatchObject([{ offer: { id }, delivery: 1 }]);
      expect(await redeem("requeue", [id])).toEqual({ requeued: [], notDead: [id], ended: [] });
      expect(await deadNow()).toEqual([]);
      expect((await stepsOf(id)).at(-2)).toEqual({ what: "requeued", reason: "bob's worker was mended" });
      expect((await t.events()).find(({ type }) => type === "elicitation.requeued")).toMatchObject({ actor: "admin" });
    });

    test("puts back in vain: five deliveries later it is dead again", async () => {
      const id = await deadOne();
      await redeem("requeue", [id]);
      for (let n = 1; n <= 5; n++) {
        expect((await poll({ leaseMs: 1_000 })).messages).toMatchObject([{ delivery: n }]);
        await t.clock.advance(1_000);
      }
      expect(await deadNow()).toEqual([id]);
    });

    test("gives up: its asker sees at once that and why it has ended, and it can be answered no more", async () => {
      const id = await deadOne();
      expect(await redeem("discard", [id])).toEqual({ discarded: [id], notDead: [], ended: [] });
      expect(await call(alice, "elicitations.get", { id })).toMatchObject({
        status: "cancelled",
        reason: "discarded as a dead letter: bob's worker was mended",
      });
      expect(await redeem("discard", [id])).toEqual({ discarded: [], notDead: [], ended: [id] });
      expect(await deadNow()).toEqual([]);
    });

    test("cannot bring back once they expired; giving them up takes them off the list, for good", async () => {
      const id = await expiredOne();
      expect(await redeem("requeue", [id])).toEqual({ requeued: [], notDead: [], ended: [id] });
      expect(await redeem("discard", [id])).toEqual({ discarded: [id], notDead: [], ended: [] });
      expect(await redeem("discard", [id])).toEqual({ discarded: [], notDead: [], ended: [id] });
      expect(await call(alice, "elicitations.get", { id })).toMatchObject({ status: "expired" });
      await t.close();
      t = await testBridge({ disk: t.disk, seed: 2 });
      expect(await deadNow()).toEqual([]);
    });

    test("mistakes for dead letters: open questions, and what never was, are left alone", async () => {
      const open = await t.ask("alice", "bob");
      const never = "el_00000000000000000000000000";
      for (const how of ["requeue", "discard"] as const) {
        expect(await redeem(how, [open, open, never])).toMatchObject({ notDead: [open], ended: [never] });
      }
      expect(idsOf(await poll())).toEqual([open]);
    });
  });

  test("keeps the asker's guarantees: an answer out of a mailbox is pushed to its asker, and is the same answer", async () => {
    const asker = await connect(alice, { outcomes: true });
    const id = await t.ask("alice", "bob");
    const [message] = (await poll()).messages;
    const jws = bob.sign((message as Message).offer, { action: "accept", content: { port: 1 } });
    await call(bob, "elicitations.answer", { id, answer: jws });
    expect(asker.pushes("ended")).toMatchObject([{ elicitation: { id, status: "accepted", content: { port: 1 } } }]);
  });

  test("hands out again what was claimed and let go", async () => {
    const id = await t.ask("alice", "bob");
    await call(bob, "elicitations.claim", { id, leaseMs: 2_000 });
    expect(idsOf(await poll())).toEqual([]);
    const waiting = poll({ waitMs: 30_000 });
    await t.clock.advance(2_000);
    expect(idsOf(await waiting)).toEqual([id]);
  });
});

describe("reach in the mailbox arm", () => {
  const reachOfBob = async () =>
    (await call<{ reach: object }>(alice, "elicitations.ask", { to: "bob", message: "?" })).reach;
  beforeEach(kill);

  test("a connection that does not poll reaches nobody", async () => {
    await connect(bob);
    expect(await reachOfBob()).toMatchObject({ state: "queued", class: "none" });
  });

  test("a poll that waits does, and so does a connection that polled a moment ago", async () => {
    const there = await connect(bob);
    void there.request("messages.wait", { waitMs: 30_000 });
    await atRest();
    expect(await reachOfBob()).toMatchObject({ state: "reachable", class: "poll" });
    await t.clock.advance(5_000);
    expect(await reachOfBob()).toMatchObject({ state: "reachable", class: "poll" });
    await t.clock.advance(1);
    expect(await reachOfBob()).toMatchObject({ state: "queued", class: "poll" });
  });

  test("and not once its connection is gone", async () => {
    const there = await connect(bob);
    await there.request("messages.wait", {});
    there.cut();
    expect(await reachOfBob()).toMatchObject({ state: "queued" });
  });
});

describe("a switch in the middle", () => {
  test("tells connected agents that take questions to poll, and those that connect later when they connect", async () => {
    const [takes, looks] = [await connect(bob), await connect(bob, { outcomes: true })];
    await kill();
    expect(takes.pushes("mailbox")).toEqual([{ arm: "mailbox" }]);
    expect(looks.pushes("mailbox")).toEqual([]);
    const later = await connect(bob, null);
    expect((await later.request("session.open", { inbox: true })).result).toMatchObject({ mailbox: true });
  });

  test("puts what is open over: receipts say so, the mailbox has it, and repeating is harmless", async () => {
    const [open, ended] = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];
    await t.bridge.elicit.cancel(ended, "", { actor: "alice", trace: null });
    await kill();
    const put = { arm: "mailbox", ids: [open, ended], reason: "rollback" };
    expect(await call(admin, "arms.reroute", put)).toEqual({ rerouted: [open], already: [], ended: [ended] });
    expect(await call(admin, "arms.reroute", put)).toEqual({ rerouted: [], already: [open], ended: [ended] });
    expect(await stepsOf(open)).toMatchObject([
      { what: "asked", arm: "push" },
      { what: "rerouted", from: "push", to: "mailbox", reason: "rollback" },
    ]);
    expect(await openIn("push")).toMatchObject({ count: 0 });
    expect(idsOf(await poll())).toEqual([open]);
  });

  test("drops a push that still waits for its turn on a slow connection", async () => {
    const slow = await connect(bob);
    slow.stall();
    const message = "m".repeat(30_000);
    const ids: string[] = [];
    for (let n = 0; n < 60; n++) ids.push(await t.ask("alice", "bob", { message }));
    await call(admin, "arms.reroute", { arm: "mailbox", ids, reason: "rollback" });
    slow.read();
    await atRest();
    const pushed = slow.pushes("offer").length;
    expect(pushed).toBeGreaterThan(0);
    expect(pushed).toBeLessThan(60);
  });

  test("lets a claim go on, and its answer count", async () => {
    const id = await t.ask("alice", "bob");
    await call(bob, "elicitations.claim", { id, leaseMs: 60_000 });
    await call(admin, "arms.reroute", { arm: "mailbox", ids: [id], reason: "rollback" });
    expect(idsOf(await poll())).toEqual([]);
    const jws = bob.sign(bob.offer(id), { action: "accept", content: 1 });
    expect(await call(bob, "elicitations.answer", { id, answer: jws })).toMatchObject({ status: "accepted" });
  });

  test("and back: what is put into the push arm is pushed", async () => {
    await kill();
    const id = await t.ask("alice", "bob");
    const connected = await connect(bob);
    await call(admin, "arms.reroute", { arm: "push", ids: [id], reason: "mended" });
    expect(connected.pushes("offer")).toMatchObject([{ offer: { id } }]);
    expect(idsOf(await poll())).toEqual([]);
  });

  test("nobody but an operator makes one", async () => {
    for (const [method, params] of [
      ["flags.kill", { name: PUSH_FLAG, reason: "x" }],
      ["arms.open", { arm: "push" }],
      ["arms.reroute", { arm: "mailbox", ids: [await t.ask("alice", "bob")], reason: "x" }],
      ["arms.probe", { arm: "mailbox" }],
      ["messages.dead", {}],
      ["messages.requeue", { ids: ["el_00000000000000000000000000"], reason: "x" }],
      ["messages.discard", { ids: ["el_00000000000000000000000000"], reason: "x" }],
    ] as const) {
      await expect(call(bob, method, params)).rejects.toThrow("forbidden");
    }
  });
});

test("a probe is a real question of the bridge's, by the arm that is to be tried", async () => {
  const { id } = await call<{ id: string }>(admin, "arms.probe", { arm: "mailbox" });
  const [message] = (await call<Mail>(admin, "messages.wait")).messages;
  expect(message?.offer).toMatchObject({ id, from: "bridge" });
  const jws = admin.sign((message as Message).offer, { action: "accept", content: true });
  expect(await call(admin, "elicitations.answer", { id, answer: jws })).toMatchObject({ status: "accepted" });
});

test("every change of a flag is in the log, with who and why", async () => {
  await call(admin, "flags.set", { name: PUSH_FLAG, percentage: 5, fence: 0, reason: "step 1" });
  await kill();
  await call(admin, "flags.restore", { name: PUSH_FLAG, fence: 2, reason: "mended", percentage: 1 });
  const changes = (await t.events()).filter(({ type }) => type.startsWith("flag."));
  expect(changes.map(({ type, actor, data }) => [type, actor, (data as { reason: string }).reason])).toEqual([
    ["flag.set", "admin", "step 1"],
    ["flag.killed", "admin", "errors"],
    ["flag.restored", "admin", "mended"],
  ]);
  expect(await call(bob, "flags.get", { name: PUSH_FLAG })).toMatchObject({ fence: 3, percentage: 1, status: "set" });
});
