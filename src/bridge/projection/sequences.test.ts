import { expect, test } from "vitest";
import { sequenceView } from "./sequences.ts";

test("an answer that is decided anew is not kept out by its own number, and every other one is", () => {
  const view = sequenceView();
  const mine = { kid: "bob#mac1", seq: 7, isTaken: false };
  expect(view.isUsed(mine)).toBe(false);
  view.use(mine);
  expect(view.isUsed(mine)).toBe(false);
  expect(view.isUsed({ kid: "bob#mac1", seq: 7 })).toBe(true);
  expect(view.isUsed({ kid: "alice#mac1", seq: 7 })).toBe(false);
  view.giveBack(mine);
  expect(view.isUsed({ kid: "bob#mac1", seq: 7 })).toBe(false);
  expect(view.highest("bob#mac1")).toBe(7);
});

test("memory goes with the keys, not with what they sign", () => {
  const view = sequenceView();
  for (let seq = 0; seq < 10_000; seq++) view.use({ kid: `k${seq % 3}`, seq });
  expect(view.size()).toBe(3);
});
