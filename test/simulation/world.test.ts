import { expect, test } from "vitest";
import { trace } from "./trace.ts";
import { newProcess, world } from "./world.ts";

test("what is due at one time happens in the order in which it was arranged, also after a freeze", async () => {
  const at = world(1, trace(false));
  const owner = newProcess("agent");
  const said: string[] = [];
  at.after(owner, 5, "a", () => said.push("a"));
  at.after(owner, 5, "b", () => said.push("b"));
  at.after(owner, 7, "c", () => said.push("c"));
  at.after(null, 6, "nature", () => said.push("nature"));
  owner.frozenUntil = 20;
  at.after(owner, 20, "d", () => said.push("d"));
  await at.run(100);

  expect(said).toEqual(["nature", "a", "b", "c", "d"]);
});

test("what a dead process had arranged never happens", async () => {
  const at = world(1, trace(false));
  const owner = newProcess("agent");
  let happened = false;
  at.after(owner, 5, "a", () => {
    happened = true;
  });
  owner.alive = false;
  await at.run(100);

  expect(happened).toBe(false);
});

test("every promise that can go on has gone on before the next event", async () => {
  const at = world(1, trace(false));
  const said: string[] = [];
  const slowly = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    said.push("at rest");
  };
  at.after(null, 1, "a", () => void slowly());
  at.after(null, 1, "b", () => said.push("next"));
  await at.run(100);

  expect(said).toEqual(["at rest", "next"]);
});

test("timers are seldom early, and never by a millisecond; the wall clock jumps and the monotonic one does not", async () => {
  const at = world(7, trace(false));
  const timers = at.schedulerOf(newProcess("agent"));
  const wall = at.now();
  const fired: number[] = [];
  for (let i = 0; i < 500; i++) timers.after(100, () => fired.push(at.monotonic()));
  at.jump(-3_600_000);
  await at.run(1_000);

  expect(Math.min(...fired)).toBeGreaterThan(99);
  expect(fired.filter((ms) => ms < 100).length).toBeLessThan(60);
  expect(at.now()).toBe(wall - 3_600_000 + 1_000);
  expect(at.latestWall()).toBe(wall + 1_000);
});

test("the first broken promise ends the run", async () => {
  const at = world(1, trace(false));
  at.after(null, 1, "a", () => at.fail("one", "first"));
  at.after(null, 2, "b", () => at.fail("two", "second"));
  await at.run(100);

  expect(at.failure()).toEqual({ invariant: "one", message: "first", atMs: 1 });
});
