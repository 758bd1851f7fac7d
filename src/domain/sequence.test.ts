import fc from "fast-check";
import { expect, test } from "vitest";
import { freshSequence, giveBack, isUsed, SEQUENCE_WIDTH, use } from "./sequence.ts";

test("a number is used once, in whatever order numbers come; what is 64 behind counts as used", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }), (numbers) => {
      const sequence = freshSequence();
      const taken = new Set<number>();
      for (const n of numbers) {
        const highest = Math.max(-1, ...taken);
        const expected = taken.has(n) || n <= highest - SEQUENCE_WIDTH;
        expect(isUsed(sequence, n)).toBe(expected);
        use(sequence, n);
        if (!expected) taken.add(n);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("numbers of the size of a clock in milliseconds", () => {
  const sequence = freshSequence();
  use(sequence, 1_767_571_200_000);
  expect(isUsed(sequence, 1_767_571_200_000)).toBe(true);
  expect(isUsed(sequence, 1_767_571_199_999)).toBe(false);
  expect(isUsed(sequence, 1_767_571_199_936)).toBe(true);
  use(sequence, 1_767_571_200_032);
  expect([0, 1, 31, 32, 33, 63].map((n) => isUsed(sequence, 1_767_571_200_032 - n))).toEqual([
    true,
    false,
    false,
    true,
    false,
    false,
  ]);
});

test("what was given back can be used, and nothing else", () => {
  const sequence = freshSequence();
  for (const n of [1, 2, 40]) use(sequence, n);
  giveBack(sequence, 2);
  giveBack(sequence, 40);
  expect([1, 2, 40, 41].map((n) => isUsed(sequence, n))).toEqual([true, false, false, false]);
});
