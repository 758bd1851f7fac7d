import { expect, test } from "vitest";
import { places } from "./places.ts";

test("each agent has its own places; one that is left is free, and leaving twice frees it once", () => {
  const seats = places(2);
  const first = seats.take("alice");
  const second = seats.take("alice");
  expect(seats.take("alice")).toBeUndefined();
  expect(seats.take("bob")).toBeDefined();
  first?.();
  first?.();
  expect(seats.take("alice")).toBeDefined();
  expect(seats.take("alice")).toBeUndefined();
  second?.();
  expect(seats.take("alice")).toBeDefined();
});

test("agents without a place are forgotten", () => {
  const seats = places(1);
  for (let n = 0; n < 1_000; n++) seats.take(`agent-${n}`)?.();
  expect(seats.agents()).toBe(0);
});

test("no place at all is a limit too", () => {
  expect(places(0).take("alice")).toBeUndefined();
});
