import { describe, expect, test } from "vitest";
import { type ClientWorld, clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import { testBridge } from "../../test/support/test-bridge.ts";
import type { ConnectionStatus } from "./link.ts";
import type { LogEvent } from "./wire.ts";

/** Longer than the first attempts of a full-jitter backoff can take together. */
const SOON_MS = 1_000;

const count = async ({ t }: ClientWorld, type: string): Promise<number> =>
  (await t.events()).filter((event) => event.type === type).length;

describe("an ask whose connection is lost", () => {
  test("before the bridge read it, is asked over the next connection", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    void (await world.join("bob")).answerWith(() => "yes");
    await atRest();
    world.wires.hold("out");

    const asked = alice.ask({ to: "bob", message: "?" });
    world.wires.cut();
    world.wires.letGo("out");
    await world.t.clock.advance(SOON_MS);

    expect(await asked).toMatchObject({ status: "accepted" });
    expect(await count(world, "elicitation.asked")).toBe(1);
  });

  test("after the bridge read it and before its reply, is one question", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    void (await world.join("bob")).answerWith(() => "yes");
    await atRest();
    world.wires.hold("in");

    const asked = alice.ask({ to: "bob", message: "?" });
    await atRest();
    expect(await count(world, "elicitation.asked")).toBe(1);
    world.wires.cut();
    world.wires.letGo("in");
    await world.t.clock.advance(SOON_MS);

    expect(await asked).toMatchObject({ status: "accepted" });
    expect(await count(world, "elicitation.asked")).toBe(1);
  });

  test("after its reply, hears of the outcome that came while it was away", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.t.register("bob");
    const { id, outcome } = await alice.ask.start({ to: "bob", message: "?" });
    world.wires.setDown(true);
    world.wires.cut();

    const jws = bob.sign(bob.offer(id), { action: "accept", content: "meanwhile" });
    await world.t.bridge.elicit.answer(id, jws, { actor: "bob", trace: null });
    world.wires.setDown(false);
    await world.t.clock.advance(SOON_MS);

    expect(await outcome).toMatchObject({ status: "accepted", content: "meanwhile" });
  });

  test("before its reply, hears of the outcome when the question has ended before it could be asked again", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.t.register("bob");
    world.wires.hold("in");
    const asked = alice.ask({ to: "bob", message: "?" });
    await atRest();
    world.wires.setDown(true);
    world.wires.cut();
    world.wires.letGo("in");

    const [open] = world.t.bridge.elicitations.open();
    const id = open?.id as string;
    const jws = bob.sign(bob.offer(id), { action: "accept", content: "meanwhile" });
    await world.t.bridge.elicit.answer(id, jws, { actor: "bob", trace: null });
    world.wires.setDown(false);
    await world.t.clock.advance(SOON_MS);

    expect(await asked).toMatchObject({ id, status: "accepted", content: "meanwhile" });
  });
});

describe("an answer whose connection is lost", () => {
  test("before its reply, is recorded once and reported as taken", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.join("bob");
    const asked = alice.ask({ to: "bob", message: "?" });
    const questions = bob.questions();
    const { value: question } = await questions.next();
    if (question === undefined) throw new Error("no question");

    world.wires.hold("in");
    const answered = question.accept("yes");
    await atRest();
    expect(await count(world, "elicitation.accepted")).toBe(1);
    world.wires.cut();
    world.wires.letGo("in");
    await world.t.clock.advance(SOON_MS);

    expect(await answered).toMatchObject({ status: "accepted", content: "yes" });
    expect(await asked).toMatchObject({ status: "accepted", content: "yes" });
    expect(await count(world, "elicitation.accepted")).toBe(1);
    expect(question.withdrawn.aborted).toBe(false);
  });
});

describe("a question", () => {
  test("is handed out once, however often its connection is lost", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.join("bob");
    const seen: string[] = [];
    void bob.answerWith((question) => void seen.push(question.id));
    await alice.ask.start({ to: "bob", message: "?" });
    await atRest();

    for (let lost = 0; lost < 3; lost++) {
      world.wires.cut();
      await world.t.clock.advance(SOON_MS);
    }

    expect(seen).toHaveLength(1);
  });

  test("taken back while its connection was lost, is withdrawn afterwards", async () => {
    const world = await clientWorld();
    const asker = await world.t.register("alice");
    const bob = await world.join("bob");
    const id = await world.t.ask(asker.name, "bob");
    const { value: question } = await bob.questions().next();
    world.wires.setDown(true);
    world.wires.cut();

    await world.t.bridge.elicit.cancel(id, "never mind", { actor: asker.name, trace: null });
    world.wires.setDown(false);
    await world.t.clock.advance(SOON_MS);

    expect(question?.withdrawn.reason).toMatchObject({
      code: "already_ended",
      detail: expect.stringContaining("never mind"),
    });
  });
});

describe("a bridge that is killed and started again on its disk", () => {
  test("is the same bridge to its clients: asks, questions and watchers go on", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.join("bob");
    const seen: string[] = [];
    void (async () => {
      for await (const event of alice.events.watch({ types: ["elicitation.accepted", "custom"] }))
        seen.push(event.type);
    })();
    const asked = alice.ask({ to: "bob", message: "before" });
    const { value: question } = await bob.questions().next();
    await alice.events.append("before.crash", 1);
    await atRest();

    const after = await testBridge({ disk: world.t.disk, time: world.t.clock, seed: 2 });
    world.wires.serve(after.bridge);
    await world.t.clock.advance(SOON_MS);
    await question?.accept("after the crash");
    await alice.events.append("after.crash", 1);
    await world.t.clock.advance(SOON_MS);

    expect(await asked).toMatchObject({ status: "accepted", content: "after the crash" });
    expect(seen).toEqual(["custom", "elicitation.accepted", "custom"]);
    const events = await after.events();
    expect(events.filter(({ type }) => type === "elicitation.asked")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "elicitation.accepted")).toHaveLength(1);
  });
});

describe("a watcher", () => {
  test("sees every event once and in order, whatever becomes of its connection", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    const bob = await world.join("bob");
    const seen: LogEvent[] = [];
    void (async () => {
      for await (const event of bob.events.watch({ name: "build.done", after: 0 })) seen.push(event);
    })();
    await atRest();

    const all = 20;
    for (let n = 0; n < all; n++) {
      if (n % 5 === 2) world.wires.cut();
      const appended = alice.events.append("build.done", n);
      await world.t.clock.advance(SOON_MS);
      // It was not on its way yet, or it has arrived: nothing here is interrupted.
      await appended;
    }
    await world.t.clock.advance(SOON_MS);

    expect(seen.map(({ data }) => (data as { payload: number }).payload)).toEqual(
      Array.from({ length: all }, (_, n) => n),
    );
  });
});

describe("a client", () => {
  test("waits a random time below base × 2^attempt, and counts anew after a session", async () => {
    const world = await clientWorld();
    const waits: number[] = [];
    const onStatus = (status: ConnectionStatus): void => {
      if (status.state === "reconnecting") waits.push(status.inMs);
    };
    await world.join("alice", { onStatus });
    world.wires.setDown(true);
    world.wires.cut();
    for (let attempt = 0; attempt < 12; attempt++) await world.t.clock.advance(30_000);

    expect(waits.length).toBeGreaterThan(10);
    for (const [attempt, wait] of waits.entries()) {
      expect(wait).toBeLessThan(Math.min(30_000, 100 * 2 ** attempt));
    }
    expect(new Set(waits).size).toBeGreaterThan(8);

    world.wires.setDown(false);
    await world.t.clock.advance(30_000);
    waits.length = 0;
    world.wires.cut();
    await atRest();
    expect(waits[0]).toBeLessThan(100);
  });

  test("gives up a connection on which the bridge has gone silent, and makes another", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    void (await world.join("bob")).answerWith(() => "yes");
    await atRest();
    world.wires.hold("in");
    const asked = alice.ask({ to: "bob", message: "?" });

    await world.t.clock.advance(20_000);
    await world.t.clock.advance(20_000);
    world.wires.letGo("in");
    await world.t.clock.advance(SOON_MS);

    expect(await asked).toMatchObject({ status: "accepted" });
  });

  test("keeps an idle connection as long as the bridge answers", async () => {
    const world = await clientWorld();
    await world.join("alice");

    await world.t.clock.advance(600_000);

    expect(world.wires.made()).toBe(1);
  });

  test("that the bridge has revoked ends for good and says why, everywhere", async () => {
    const world = await clientWorld();
    const bob = await world.t.register("bob");
    const alice = await world.join("alice");
    const asked = alice.ask({ to: bob.name, message: "?" });
    const questions = alice.questions().next();
    const watched = alice.events.watch({ name: "nothing.ever" }).next();
    const expected = { code: "agent_revoked" };
    const all = Promise.all([
      expect(asked).rejects.toMatchObject(expected),
      expect(questions).rejects.toMatchObject(expected),
      expect(watched).rejects.toMatchObject(expected),
    ]);
    await atRest();

    await world.t.bridge.revoke("alice", "left the team", "bridge");

    await all;
    await expect(alice.get("el_00000000000000000000000000")).rejects.toMatchObject(expected);
    await world.t.clock.advance(60_000);
    expect(world.wires.made()).toBe(1);
  });

  test("closed, fails what it was asked to do and ends its iterators quietly", async () => {
    const world = await clientWorld();
    await world.t.register("bob");
    const alice = await world.join("alice");
    const asked = alice.ask({ to: "bob", message: "?" });
    const failed = expect(asked).rejects.toMatchObject({ kind: "closed" });
    const questions = alice.questions().next();
    const watched = alice.events.watch({ name: "nothing.ever" }).next();
    await atRest();

    alice.close();

    await failed;
    expect(await questions).toEqual({ done: true, value: undefined });
    expect(await watched).toEqual({ done: true, value: undefined });
    expect(world.t.clock.pending()).toBeLessThanOrEqual(1);
  });

  test("fails with the first attempt when there is no bridge, unless it is patient", async () => {
    const world = await clientWorld();
    const credential = world.credentialOf(await world.t.register("alice"));
    world.wires.setDown(true);
    await expect(world.connect(credential)).rejects.toMatchObject({ kind: "unreachable" });

    const patient = world.connect(credential, { patient: true });
    await world.t.clock.advance(5_000);
    world.wires.setDown(false);
    await world.t.clock.advance(30_000);

    expect((await patient).agent).toBe("alice");
  });

  test("with a wrong credential is refused, patient or not", async () => {
    const world = await clientWorld();
    const credential = { ...world.credentialOf(await world.t.register("alice")), token: "lht-wrong" };

    await expect(world.connect(credential, { patient: true })).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("with the credential of another bridge does not sign for this one", async () => {
    const world = await clientWorld();
    const credential = world.credentialOf(await world.t.register("alice"));

    await expect(world.connect({ ...credential, audience: "lighthouse://other" })).rejects.toMatchObject({
      kind: "protocol",
      message: expect.stringContaining("lighthouse://test"),
    });
  });

  test("does not repeat an append that may have been done: it says that it does not know", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    world.wires.hold("in");
    const appended = alice.events.append("build.done", 1);
    const interrupted = expect(appended).rejects.toMatchObject({ kind: "interrupted" });
    await atRest();

    world.wires.cut();
    world.wires.letGo("in");
    await world.t.clock.advance(SOON_MS);

    await interrupted;
    expect(await count(world, "custom")).toBe(1);
  });

  test("refuses to send what would end every connection it is sent over", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    await world.join("bob");

    await expect(alice.ask({ to: "bob", message: "x".repeat(1_048_576) })).rejects.toMatchObject({ code: "too_large" });
    expect(world.wires.made()).toBe(2);
  });

  test("drops the request that a bridge with smaller limits closes the connection for, and keeps the others", async () => {
    const world = await clientWorld();
    const alice = await world.join("alice");
    await world.t.register("bob");
    world.wires.hold("out");
    const large = alice.ask({ to: "bob", message: "x".repeat(10_000) });
    const refused = expect(large).rejects.toMatchObject({ code: "too_large" });
    const small = alice.ask.start({ to: "bob", message: "small" });

    world.wires.cut(1009, "");
    world.wires.letGo("out");
    await world.t.clock.advance(SOON_MS);

    await refused;
    expect((await small).id).toMatch(/^el_/);
  });
});
