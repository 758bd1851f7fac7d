import { describe, expect, test } from "vitest";
import { clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import type { IncomingQuestion } from "./incoming.ts";
import { decline, type Mend } from "./questions.ts";

const portSchema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] } as const;

const firstOf = async (questions: AsyncGenerator<IncomingQuestion, void>): Promise<IncomingQuestion> => {
  const { value } = await questions.next();
  if (value === undefined) throw new Error("no question came");
  return value;
};

describe("an incoming question", () => {
  test("holds what was asked, and takes an answer", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const asked = alice.ask({ to: "bob", message: "Which port?", schema: portSchema, timeoutMs: 60_000 });

    const question = await firstOf(bob.questions());
    expect(question).toMatchObject({ from: "alice", message: "Which port?", schema: portSchema, causedBy: undefined });
    const answered = await question.accept({ port: 8765 });

    expect(answered).toMatchObject({ status: "accepted", content: { port: 8765 } });
    expect(await asked).toEqual(answered);
  });

  test("names every problem of content that does not fit, with its place, and can be answered again", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const asked = alice.ask({ to: "bob", message: "Which port?", schema: portSchema });
    const question = await firstOf(bob.questions());

    await expect(question.accept({ port: "8765" })).rejects.toMatchObject({
      name: "LighthouseRefusal",
      code: "content_invalid",
      problems: [{ pointer: "/port", message: expect.any(String) }],
    });
    await question.accept({ port: 8765 });

    expect(await asked).toMatchObject({ status: "accepted", content: { port: 8765 } });
  });

  test("is withdrawn when the asker takes it back, with the reason", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const handle = await alice.ask.start({ to: "bob", message: "?" });
    const question = await firstOf(bob.questions());
    expect(question.withdrawn.aborted).toBe(false);

    await handle.cancel("found it myself");
    await atRest();

    expect(question.withdrawn.aborted).toBe(true);
    expect(question.withdrawn.reason).toMatchObject({ detail: expect.stringContaining("found it myself") });
    await expect(question.accept("too late")).rejects.toMatchObject({ code: "already_ended" });
  });

  test("is withdrawn at its deadline, and when another of the agent's connections answers", async () => {
    const { t, join, connect, credentialOf } = await clientWorld();
    const alice = await join("alice");
    const credential = credentialOf(await t.register("bob"));
    const [one, two] = [await connect(credential), await connect(credential)];
    await alice.ask.start({ to: "bob", message: "short", timeoutMs: 1_000 });
    const expiring = await firstOf(one.questions());
    await t.clock.advance(1_000);
    expect(expiring.withdrawn.reason).toMatchObject({ code: "expired" });

    const asked = alice.ask({ to: "bob", message: "both see it" });
    const [here, there] = [await firstOf(one.questions()), await firstOf(two.questions())];
    await there.accept("there");
    await atRest();

    expect(here.withdrawn.aborted).toBe(true);
    expect(there.withdrawn.aborted).toBe(false);
    expect(await asked).toMatchObject({ content: "there" });
  });

  test("claimed, is this client's over every connection until the lease lapses", async () => {
    const { t, wires, join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const { id } = await alice.ask.start({ to: "bob", message: "?" });
    const question = await firstOf(bob.questions());

    await question.claim(5_000);
    wires.cut();
    await t.clock.advance(1_000);
    await question.claim(5_000);
    expect(await alice.get(id)).toMatchObject({ status: "claimed" });
    await t.clock.advance(5_000);

    expect((await alice.get(id)).status).not.toBe("claimed");
  });

  test("of another bridge is not signed for", async () => {
    const { t, wires, join } = await clientWorld();
    const bob = await join("bob");
    await t.register("alice");
    wires.onArrival(() => undefined);
    await t.ask("alice", "bob");
    const question = await firstOf(bob.questions());
    (question.offer as { audience: string }).audience = "lighthouse://elsewhere";

    await expect(question.accept(1)).rejects.toMatchObject({ kind: "protocol" });
  });
});

describe("the inbox", () => {
  test("has what waits, oldest first, each ready to be answered", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob");
    const ids = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];

    const items = await bob.inbox();
    await items[1]?.decline("no");

    expect(items.map(({ id }) => id)).toEqual(ids);
    expect((await bob.inbox()).map(({ id }) => id)).toEqual([ids[0]]);
  });

  test("read before, hides nothing from an iterator that comes later", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob");
    const id = await t.ask("alice", "bob");
    await bob.inbox();

    expect((await firstOf(bob.questions())).id).toBe(id);
  });
});

describe("iterated questions", () => {
  test("count the agent as reachable while they are iterated, and no longer", async () => {
    const { t, join } = await clientWorld();
    const bob = await join("bob");
    const stop = new AbortController();
    const reach = () => t.bridge.deliver.reach("bob").state;
    await atRest();
    expect(reach()).toBe("queued");

    const next = bob.questions({ signal: stop.signal }).next();
    await atRest();
    expect(reach()).toBe("reachable");
    stop.abort();

    expect(await next).toEqual({ done: true, value: undefined });
    await atRest();
    expect(reach()).toBe("queued");
  });

  test("that nobody took are there for the next iterator", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob");
    const ids = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];

    for await (const question of bob.questions()) {
      expect(question.id).toBe(ids[0]);
      await atRest();
      break;
    }

    expect((await firstOf(bob.questions())).id).toBe(ids[1]);
  });

  test("are shared by several iterators, each question going to one", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob");
    const taken = Promise.all([firstOf(bob.questions()), firstOf(bob.questions())]);
    await atRest();

    const ids = [await t.ask("alice", "bob"), await t.ask("alice", "bob")];

    expect((await taken).map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  test("beyond what a client holds stay at the bridge and come when there is room", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob", { limits: { questionsHeldMax: 4 } });
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await t.ask("alice", "bob"));
    const answered: string[] = [];
    void bob.answerWith(({ id }) => {
      answered.push(id);
      return "done";
    });
    await atRest();
    await atRest();
    await atRest();

    expect(answered.sort()).toEqual(ids.sort());
  });
});

describe("a handler", () => {
  test("gets the problems of its answer and mends it", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const mends: Mend[] = [];
    void bob.answerWith((_question, mend) => {
      mends.push(mend);
      return { port: mend.mends === 0 ? "8765" : 8765 };
    });

    expect(await alice.ask({ to: "bob", message: "?", schema: portSchema })).toMatchObject({ content: { port: 8765 } });
    expect(mends).toEqual([
      { mends: 0, problems: [] },
      { mends: 1, problems: [expect.objectContaining({ pointer: "/port" })] },
    ]);
  });

  test("that cannot mend its answer is stopped, and the question is left open", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const { id } = await alice.ask.start({ to: "bob", message: "?", schema: portSchema });

    await expect(bob.answerWith(() => ({ port: "never" }))).rejects.toMatchObject({ code: "content_invalid" });

    expect(await alice.get(id)).toMatchObject({ status: "offered", answersRefused: 6 });
  });

  test("that throws is told to `onFault`, others are answered, and the question comes again", async () => {
    const { t, wires, join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const faults: unknown[] = [];
    let sober = false;
    void bob.answerWith(
      ({ message }) => {
        if (message === "hard" && !sober) throw new Error("headache");
        return "fine";
      },
      { onFault: (fault) => faults.push(fault) },
    );
    const hard = alice.ask({ to: "bob", message: "hard" });
    expect(await alice.ask({ to: "bob", message: "easy" })).toMatchObject({ content: "fine" });
    expect(faults).toEqual([new Error("headache")]);

    sober = true;
    wires.cut();
    await t.clock.advance(1_000);

    expect(await hard).toMatchObject({ content: "fine" });
  });

  test("runs for at most so many questions at once", async () => {
    const { t, join } = await clientWorld();
    await t.register("alice");
    const bob = await join("bob");
    for (let n = 0; n < 5; n++) await t.ask("alice", "bob");
    const waiting: (() => void)[] = [];
    let most = 0;
    void bob.answerWith(
      () => {
        most = Math.max(most, waiting.length + 1);
        return new Promise<string>((resolve) => waiting.push(() => resolve("done")));
      },
      { concurrency: 2 },
    );
    for (let n = 0; n < 5; n++) {
      await atRest();
      expect(waiting.length).toBeLessThanOrEqual(2);
      waiting.shift()?.();
    }

    expect(most).toBe(2);
  });

  test("that answers by itself or not at all is left alone", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const stop = new AbortController();
    const done = bob.answerWith(
      async (question) => {
        await question.decline("by hand");
        return undefined;
      },
      { signal: stop.signal },
    );

    expect(await alice.ask({ to: "bob", message: "?" })).toMatchObject({ status: "declined", reason: "by hand" });
    stop.abort();
    await done;
  });

  test("may decline with null's cousin: null is content, `decline` is not", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    void bob.answerWith(({ message }) => (message === "null" ? null : decline("no")));

    expect(await alice.ask({ to: "bob", message: "null" })).toMatchObject({ status: "accepted", content: null });
    expect(await alice.ask({ to: "bob", message: "else" })).toMatchObject({ status: "declined", reason: "no" });
  });
});
