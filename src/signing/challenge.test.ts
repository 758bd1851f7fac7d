import fc from "fast-check";
import { expect, test } from "vitest";
import { makeChallenge, readChallenge } from "./challenge.ts";

const secret = new Uint8Array(32).fill(1);
const random = new Uint8Array(16).fill(2);
const EXPIRY = 1_767_571_200_000;

test("a challenge says to its maker, and to nobody else, when it expires", () => {
  const challenge = makeChallenge(secret, random, EXPIRY);
  expect(challenge).toMatch(/^lhc_[A-Za-z0-9_-]{51}$/);
  expect(readChallenge(secret, challenge)).toBe(EXPIRY);
  expect(readChallenge(new Uint8Array(32).fill(3), challenge)).toBeUndefined();
});

test("one changed character makes it nobody's", () => {
  const challenge = makeChallenge(secret, random, EXPIRY);
  for (let at = 0; at < challenge.length; at++) {
    const other = challenge[at] === "A" ? "B" : "A";
    expect(readChallenge(secret, challenge.slice(0, at) + other + challenge.slice(at + 1))).toBeUndefined();
  }
});

test("whatever a stranger sends is read without a throw, and never as one", () => {
  const near = fc
    .string({ unit: fc.constantFrom(..."AZaz09-_+/= \u00e9"), maxLength: 60 })
    .map((text) => `lhc_${text}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      expect(readChallenge(secret, text)).toBeUndefined();
    }),
    { numRuns: 10_000 },
  );
});
