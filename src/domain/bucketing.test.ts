import { FlagdCore } from "@openfeature/flagd-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKETS, bucketOf, isWithin, murmur3 } from "./bucketing.ts";

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/);
const percentage = fc.integer({ min: 0, max: BUCKETS }).map((n) => n / 100);

describe("murmur3", () => {
  // Published with the reference implementation (SMHasher) and repeated in every port.
  test.each([
    ["", 0],
    ["a", 0x3c2569b2],
    ["test", 0xba6bd213],
    ["Hello, world!", 0xc0363e43],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
  ])("of %j is the known value", (text, hash) => expect(murmur3(text)).toBe(hash));
});

describe("a bucket", () => {
  test("is the one that flagd's own fractional rule finds, for every agent and every share", () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 50, maxLength: 50 }), name, percentage, (agents, flag, share) => {
        const on = Math.round(share * 100);
        const core = new FlagdCore();
        core.setConfigurations(
          JSON.stringify({
            flags: {
              [flag]: {
                state: "ENABLED",
                variants: { on: true, off: false },
                defaultVariant: "off",
                targeting: {
                  fractional: [
                    ["on", on],
                    ["off", BUCKETS - on],
                  ],
                },
              },
            },
          }),
        );
        const theirs = agents.map(
          (targetingKey) => core.resolveBooleanEvaluation(flag, false, { targetingKey }, silent).value,
        );
        expect(theirs).toEqual(agents.map((agent) => isWithin(flag, agent, share)));
      }),
      { numRuns: 200 },
    );
  });

  test("is monotone: a higher percentage moves nobody out", () => {
    fc.assert(
      fc.property(name, name, percentage, percentage, (flag, agent, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        if (isWithin(flag, agent, low)) expect(isWithin(flag, agent, high)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("has everybody at 100 % and nobody at 0 %", () => {
    fc.assert(
      fc.property(name, name, (flag, agent) => isWithin(flag, agent, 100) && !isWithin(flag, agent, 0)),
      { numRuns: 2_000 },
    );
  });

  test("is uniform: 100,000 agents fall into 100 cells as chance would have it", () => {
    const cells = Array<number>(100).fill(0);
    for (let n = 0; n < 100_000; n++) {
      const cell = Math.floor(bucketOf("push-elicitation", `agent-${n}`) / 100);
      cells[cell] = (cells[cell] as number) + 1;
    }
    const chiSquare = cells.reduce((sum, seen) => sum + (seen - 1_000) ** 2 / 1_000, 0);
    // 99 degrees of freedom: chance exceeds 148 once in a thousand, and this draw is fixed.
    expect(chiSquare).toBeLessThan(148);
  });

  test("of one flag says nothing about that of another", () => {
    let both = 0;
    for (let n = 0; n < 100_000; n++) {
      if (isWithin("one", `agent-${n}`, 10) && isWithin("two", `agent-${n}`, 10)) both++;
    }
    // 1 % of 100,000, within four standard deviations.
    expect(Math.abs(both - 1_000)).toBeLessThan(126);
  });

  test("is the same in every process, for ever: these are written down", () => {
    expect(["alice", "bob", "carol", "dave"].map((agent) => bucketOf("push-elicitation", agent))).toEqual(writtenDown);
  });
});

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
const writtenDown = [379, 8_683, 5_674, 9_202];
