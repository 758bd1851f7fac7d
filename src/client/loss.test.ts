import fc from "fast-check";
import { expect, test } from "vitest";
import { clientWorld } from "../../test/support/client.ts";
import { atRest } from "../../test/support/manual-time.ts";
import type { Outcome } from "./outcome.ts";
import { decline } from "./questions.ts";
import type { LogEvent } from "./wire.ts";

/** What may happen to the network while agents talk. `after` counts messages that arrive, so every state is cut in. */
const mishap = fc.record({
  after: fc.integer({ min: 1, max: 30 }),
  what: fc.constantFrom("cut" as const, "cut" as const, "hold out" as const, "hold in" as const),
});

test("whatever becomes of connections, every ask has one outcome, every event is watched once, nothing is done twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mishap, { maxLength: 12 }), fc.integer({ min: 1, max: 8 }), async (mishaps, asks) => {
      const { t, wires, join } = await clientWorld();
      const alice = await join("alice");
      const bob = await join("bob");
      const carol = await join("carol", {}, ["agent", "auditor"]);
      void bob.answerWith(({ message }) => (message.endsWith("3") ? decline("three") : { echo: message }));
      const watched: LogEvent[] = [];
      void (async () => {
        for await (const event of carol.events.watch({ after: 0 })) watched.push(event);
      })();
      await atRest();

      const ahead = [...mishaps];
      let next = ahead.shift();
      let countdown = next?.after ?? 0;
      wires.onArrival(() => {
        if (next === undefined || --countdown > 0) return;
        const { what } = next;
        if (what === "cut") wires.cut();
        else wires.hold(what === "hold out" ? "out" : "in");
        next = ahead.shift();
        countdown = next?.after ?? 0;
      });

      const outcomes: Promise<Outcome>[] = [];
      for (let n = 0; n < asks; n++) {
        outcomes.push(alice.ask({ to: "bob", message: `question ${n}`, timeoutMs: 3_600_000 }));
        await t.clock.advance(50);
      }
      // Held messages are let go or lost at last, and the time comes in which every backoff has its turn. Heartbeats are
      // messages too, so mishaps go on for a while; in the end there is peace.
      for (let round = 0; round < 20; round++) {
        if (round === 15) next = undefined;
        wires.letGo("out");
        wires.letGo("in");
        await t.clock.advance(30_000);
      }

      const ends = await Promise.all(outcomes);
      for (const [n, end] of ends.entries()) {
        if (n === 3) expect(end).toMatchObject({ status: "declined", reason: "three" });
        else expect(end).toMatchObject({ status: "accepted", content: { echo: `question ${n}` } });
      }
      const events = await t.events();
      expect(events.filter(({ type }) => type === "elicitation.asked")).toHaveLength(asks);
      expect(new Set(ends.map(({ id }) => id)).size).toBe(asks);
      expect(watched.map(({ position }) => position)).toEqual(events.map(({ position }) => position));
      expect(t.faults).toEqual([]);
      alice.close();
      bob.close();
      carol.close();
    }),
    { numRuns: 60, seed: 20_260_105 },
  );
}, 60_000);
