import { describe, expect, expectTypeOf, test } from "vitest";
import { clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import type { Json } from "../domain/json.ts";
import { unobserved } from "../domain/observer.ts";
import { decline } from "./questions.ts";
import { LighthouseRefusal } from "./refusal.ts";

const portSchema = { type: "object", properties: { port: { type: "integer" } }, required: ["port"] } as const;

describe("an ask", () => {
  test("is answered, and its content has the type of the literal schema", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    void bob.answerWith(() => ({ port: 8765 }));

    const outcome = await alice.ask({ to: "bob", message: "Which port?", schema: portSchema });
    const untyped = await alice.ask({ to: "bob", message: "Anything?" });

    if (outcome.status !== "accepted") throw new Error(outcome.status);
    expectTypeOf(outcome.content).toEqualTypeOf<{ port: number }>();
    expect(outcome.content.port + 1).toBe(8766);
    if (untyped.status === "accepted") expectTypeOf(untyped.content).toEqualTypeOf<Json>();
    expect(t.faults).toEqual([]);
  });

  test("is declined with a reason", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    void (await join("bob")).answerWith(() => decline("not my department"));

    expect(await alice.ask({ to: "bob", message: "Ship it?" })).toMatchObject({
      status: "declined",
      reason: "not my department",
    });
  });

  test("expires at its deadline when nobody answers", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");

    const { deadline, reach, outcome } = await alice.ask.start({ to: "bob", message: "Hello?", timeoutMs: 5_000 });
    expect(reach.state).toBe("queued");
    await t.clock.advance(5_000);

    expect(await outcome).toMatchObject({ status: "expired", deadline });
  });

  test("started, says at once whether its target can be reached", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    await t.register("never-there");
    const bob = await join("bob");
    void bob.answerWith(() => undefined);
    await atRest();

    expect((await alice.ask.start({ to: "bob", message: "?" })).reach).toMatchObject({
      state: "reachable",
      class: "live",
    });
    expect((await alice.ask.start({ to: "never-there", message: "?" })).reach).toEqual({
      state: "never_seen",
      class: "none",
    });
  });

  test("of nobody is refused with code, remedy and detail", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");

    const refused = await alice.ask({ to: "nobody", message: "?" }).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(LighthouseRefusal);
    expect(refused).toMatchObject({ code: "agent_unknown", remedy: expect.stringContaining("agent list") });
  });

  test("with a schema that cannot be asked with is refused with a pointer to every problem", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");

    const refused = alice.ask({ to: "bob", message: "?", schema: { type: "wrong", minLength: -1 } });

    await expect(refused).rejects.toMatchObject({
      code: "schema_invalid",
      problems: expect.arrayContaining([
        expect.objectContaining({ pointer: "/schema/type" }),
        expect.objectContaining({ pointer: "/schema/minLength" }),
      ]),
    });
  });

  test("with one key asks once, and both askers get the one outcome", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    void (await join("bob")).answerWith(() => "yes");

    const both = await Promise.all([
      alice.ask({ to: "bob", message: "Ship it?", key: "release-1" }),
      alice.ask({ to: "bob", message: "Ship it?", key: "release-1" }),
    ]);
    const later = await alice.ask({ to: "bob", message: "Ship it?", key: "release-1" });

    expect(new Set([...both, later].map(({ id }) => id)).size).toBe(1);
    expect((await t.events()).filter(({ type }) => type === "elicitation.asked")).toHaveLength(1);
  });

  test("carries its trace context to the one who answers, and into the log", async () => {
    // A bridge that traces hands on the context of its own span; here it hands on one that can be told apart.
    const onward = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const { t, join } = await clientWorld({ observer: { ...unobserved, handing: () => onward } });
    const alice = await join("alice");
    const bob = await join("bob");
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let seen: string | undefined;
    void bob.answerWith((question) => {
      seen = question.traceparent;
      return "yes";
    });

    await alice.ask({ to: "bob", message: "?", traceparent });

    const traceOf = async (type: string) => (await t.events()).find((event) => event.type === type)?.trace;
    expect(await traceOf("elicitation.asked")).toBe(traceparent);
    expect(seen).toBe(onward);
    expect(await traceOf("elicitation.accepted")).toBe(onward);
  });

  test("takes a schema object of a library, and types the content by its input", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    void (await join("bob")).answerWith(() => ({ port: 1 }));
    const library = {
      "~standard": {
        version: 1,
        vendor: "test",
        types: undefined as { input: { port: number }; output: unknown } | undefined,
        jsonSchema: { input: () => portSchema },
      },
    } as const;

    const outcome = await alice.ask({ to: "bob", message: "?", schema: library });

    if (outcome.status !== "accepted") throw new Error(outcome.status);
    expectTypeOf(outcome.content).toEqualTypeOf<{ port: number }>();
    expect(outcome.content).toEqual({ port: 1 });
  });
});

describe("an aborted ask", () => {
  test("was taken back, and says so", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");
    const stop = new AbortController();

    const asked = alice.ask({ to: "bob", message: "?" }, { signal: stop.signal });
    await atRest();
    stop.abort();

    expect(await asked).toMatchObject({ status: "cancelled", reason: "the asker aborted" });
    expect((await t.events()).at(-1)?.type).toBe("elicitation.cancelled");
  });

  test("has its answer, when that was faster", async () => {
    const { wires, join } = await clientWorld();
    const alice = await join("alice");
    void (await join("bob")).answerWith(() => "yes");
    const stop = new AbortController();

    const asked = alice.ask({ to: "bob", message: "?" }, { signal: stop.signal });
    await atRest();
    wires.hold("in");
    stop.abort();
    wires.letGo("in");

    expect(await asked).toMatchObject({ status: "accepted", content: "yes" });
  });

  test("was never asked, when it was aborted before", async () => {
    const { t, join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");

    const asked = alice.ask({ to: "bob", message: "?" }, { signal: AbortSignal.abort(new Error("too late")) });

    await expect(asked).rejects.toThrow("too late");
    expect((await t.events()).some(({ type }) => type === "elicitation.asked")).toBe(false);
  });

  test("aborted while it was on its way, is taken back once its id is known", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");
    const stop = new AbortController();

    const asked = alice.ask({ to: "bob", message: "?" }, { signal: stop.signal });
    stop.abort();

    expect(await asked).toMatchObject({ status: "cancelled" });
  });

  test("left alone, throws at once and stays open for a later wait", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    const bob = await join("bob");
    const stop = new AbortController();
    const { id, outcome } = await alice.ask.start(
      { to: "bob", message: "?" },
      { signal: stop.signal, onAbort: "leave" },
    );
    stop.abort(new Error("not now"));
    await expect(outcome).rejects.toThrow("not now");

    void bob.answerWith(() => "late, but true");

    expect(await alice.wait(id)).toMatchObject({ status: "accepted", content: "late, but true" });
  });

  test("without a word from the bridge, throws the signal's reason after the named patience", async () => {
    const { t, wires, join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");
    const stop = new AbortController();
    const asked = alice.ask({ to: "bob", message: "?" }, { signal: stop.signal });
    const settled = expect(asked).rejects.toThrow("enough");
    await atRest();
    wires.setDown(true);
    wires.cut();
    stop.abort(new Error("enough"));

    await t.clock.advance(10_000);

    await settled;
  });
});

describe("the handle of an ask", () => {
  test("takes it back and tells how it ended, twice as well as once", async () => {
    const { join } = await clientWorld();
    const alice = await join("alice");
    await join("bob");
    const handle = await alice.ask.start({ to: "bob", message: "?" });

    const first = await handle.cancel("changed my mind");
    const second = await handle.cancel("again");

    expect(first).toMatchObject({ status: "cancelled", reason: "changed my mind" });
    expect(second).toEqual(first);
  });
});
