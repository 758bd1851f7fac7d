import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogEvent } from "../../../client/wire.ts";
import { account, lossInWords } from "./account.ts";

const event = (position: number, id: string, type: string, data: object = {}): LogEvent => ({
  specversion: "1.0",
  id: `elicitation/${id}@0`,
  source: "lighthouse://test",
  type: `elicitation.${type}`,
  subject: `elicitation/${id}`,
  time: "2026-01-05T00:00:00.000Z",
  position,
  revision: 0,
  actor: "alice",
  correlation: id,
  causation: null,
  data: data as LogEvent["data"],
});
const asked = (position: number, id: string, arm: "push" | "mailbox" = "push", to = "bob") =>
  event(position, id, "asked", { to, arm });

test("every way in which a question can come out is told apart", async () => {
  const events = [
    asked(1, "before"),
    event(2, "before", "accepted"),
    asked(3, "answered"),
    asked(4, "declined"),
    asked(5, "expired"),
    asked(6, "moved"),
    asked(7, "stuck"),
    asked(8, "elsewhere", "mailbox"),
    // The rollback begins at 10.
    event(11, "answered", "accepted"),
    event(12, "declined", "declined"),
    event(13, "expired", "expired"),
    event(14, "moved", "rerouted", { from: "push", to: "mailbox", reason: "r" }),
    asked(15, "late"),
    event(16, "late", "cancelled"),
  ];
  const result = await account(events, 10);
  expect(result).toEqual({ inFlight: 6, answered: 2, ended: 2, handedOver: 1, lost: ["stuck"] });
  expect(lossInWords(result)).toContain("1 are unaccounted for: stuck");
});

test("a question of an old log, without an arm, was pushed", async () => {
  expect(await account([event(1, "old", "asked", { to: "bob" })], 1)).toMatchObject({ inFlight: 1, lost: ["old"] });
});

test("whom the rollback does not concern is not counted", async () => {
  const events = [asked(1, "a", "push", "bob"), asked(2, "b", "push", "carol")];
  expect(await account(events, 5, (agent) => agent === "carol")).toMatchObject({ inFlight: 1, lost: ["b"] });
});

test("the parts always add up to what was in flight", async () => {
  const kinds = ["asked", "rerouted", "accepted", "declined", "cancelled", "expired"] as const;
  const step = fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    kind: fc.constantFrom(...kinds),
    push: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), async (steps, from) => {
      const known = new Set<string>();
      const ended = new Set<string>();
      const events = steps.flatMap(({ id, kind, push }, i) => {
        if ((kind === "asked") === known.has(id) || ended.has(id)) return [];
        known.add(id);
        if (kind !== "asked" && kind !== "rerouted") ended.add(id);
        const data =
          kind === "asked" ? { to: "bob", arm: push ? "push" : "mailbox" } : { to: push ? "push" : "mailbox" };
        return [event(i + 1, id, kind, data)];
      });
      const { inFlight, answered, ended: over, handedOver, lost } = await account(events, from);
      expect(answered + over + handedOver + lost.length).toBe(inFlight);
    }),
    { numRuns: 500 },
  );
});
