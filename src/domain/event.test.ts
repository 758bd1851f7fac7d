import { expect, test } from "vitest";
import type { EventTypeName } from "./event.ts";
import { eventId, eventTypes, idOf, streamOf } from "./event.ts";
import { upcast } from "./upcast.ts";

test("every event type has a version and a closed object shape", () => {
  for (const [name, { version, shape }] of Object.entries(eventTypes)) {
    expect(version, name).toBeGreaterThanOrEqual(1);
    expect(shape, name).toMatchObject({ type: "object", additionalProperties: false });
    expect(Object.keys(shape.properties), name).toEqual(expect.arrayContaining([...shape.required]));
  }
});

test("stream names carry their id back", () => {
  expect(idOf(streamOf.elicitation("el_1"))).toBe("el_1");
  expect(idOf(streamOf.custom("build/x"))).toBe("build/x");
  expect(eventId({ stream: "agent/bob", revision: 3 })).toBe("agent/bob@3");
});

test("old data is lifted step by step to today's version", () => {
  const table = {
    custom: {
      1: (d: unknown) => ({ ...(d as object), two: true }),
      2: (d: unknown) => ({ ...(d as object), three: true }),
    },
  } as never;
  expect(upcast("custom", 1, { one: true }, table)).toEqual({ one: true, two: true, three: true });
  expect(upcast("custom", 1, { one: true })).toEqual({ one: true });
});

test("the plan of a rollout from before there were some triggers is read, and they never fire in it", () => {
  const old = { id: "ro_1", plan: { flag: "f", triggers: { errorShare: 0.05 } }, planDigest: "d", reason: "r" };
  expect(upcast("rollout.started", 1, old)).toEqual({
    ...old,
    plan: {
      flag: "f",
      triggers: { errorShare: 0.05, timeoutsPerMinute: 1e9, agentFailureShare: 1, minAgents: 1, over: "canary" },
    },
  });
});

test("an event that this build does not know is a fault that says what to do", () => {
  expect(() => upcast("no.such", 1, {})).toThrow(/unknown to this build/);
  const newer = eventTypes["agent.seen" satisfies EventTypeName].version + 1;
  expect(() => upcast("agent.seen", newer, {})).toThrow(/newer than this build/);
});
