import { expect, test } from "vitest";
import { turns } from "./turns.ts";

const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

test("so many at once, the rest in line and in order, and nobody else waits for it", async () => {
  const t = turns(2, 2);
  const [a, b] = [await t.take("eve"), await t.take("eve")];
  const [c, d] = [t.take("eve"), t.take("eve")];
  expect(await settled(c)).toBe(false);
  expect(await t.take("eve")).toBeUndefined();
  expect(await t.take("bob")).toBeDefined();

  a?.();
  expect(await settled(c)).toBe(true);
  expect(await settled(d)).toBe(false);
  b?.();
  expect(await settled(d)).toBe(true);
});

test("who has ended has ended once, and whoever has nothing under way costs nothing", async () => {
  const t = turns(1, 1);
  const first = await t.take("eve");
  const second = t.take("eve");
  first?.();
  first?.();
  const leave = await second;
  expect(await settled(t.take("eve"))).toBe(false);
  leave?.();
  const last = turns(1, 1);
  (await last.take("eve"))?.();
  expect(last.agents()).toBe(0);
});
