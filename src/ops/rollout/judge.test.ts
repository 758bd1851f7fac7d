import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultPlan } from "../../domain/rollout-plan.ts";
import { judge } from "./judge.ts";
import { type Measurement, noTally } from "./measurement.ts";
import { shareRatio, splitRatio } from "./sequential.ts";

const usual = defaultPlan("f");
const plan = { ...usual, steps: usual.steps.map((step) => ({ ...step, soakMs: 30_000 })) };

const seen = (
  canary: { of: number; bad?: number },
  stable: { of: number; bad?: number } = { of: 1_000 },
): Measurement => {
  const arm = ({ of, bad = 0 }: { of: number; bad?: number }) => ({
    ...noTally,
    ended: of,
    failed: bad,
    deliveries: of,
    timed: of,
  });
  return { forMs: 10_000, canary: arm(canary), stable: arm(stable), violations: 0 };
};

const judged = (measurements: readonly Measurement[], blindMs = 0) =>
  judge(plan, 0, { measurements, blindMs, blindBecause: "the scrape failed" });

describe("a step is judged", () => {
  test("it is promoted when it was sound for its whole soak", () => {
    const sound = seen({ of: 100 });
    expect(judged([sound, sound]).verdict).toBe("inconclusive");
    expect(judged([sound, sound, sound]).verdict).toBe("promote");
  });

  test("it is withdrawn before the soak is over when it is bad", () => {
    expect(judged([seen({ of: 100, bad: 10 })]).verdict).toBe("rollback");
  });

  test("slow and undelivered count as much as failed", () => {
    const slow: Measurement = { ...seen({ of: 100 }), canary: { ...seen({ of: 100 }).canary, slow: 20 } };
    const lost: Measurement = { ...seen({ of: 100 }), canary: { ...seen({ of: 100 }).canary, undelivered: 20 } };
    expect(judged([slow])).toMatchObject({ verdict: "rollback", why: expect.stringContaining("latency") });
    expect(judged([lost])).toMatchObject({ verdict: "rollback", why: expect.stringContaining("delivery") });
  });

  test("too little to go by is inconclusive, however good, and goes back once it was held for too long", () => {
    const little = seen({ of: 1 });
    const looks = (count: number) => Array.from({ length: count }, () => little);
    expect(judged(looks(20))).toMatchObject({ verdict: "inconclusive", why: expect.stringContaining("20 of 50") });
    expect(judged(looks(49)).verdict).toBe("inconclusive");
    const patient = { ...plan, analysis: { ...plan.analysis, maxHoldMs: 60_000 } };
    expect(judge(patient, 0, { measurements: looks(10), blindMs: 0, blindBecause: "" })).toMatchObject({
      verdict: "rollback",
      why: expect.stringContaining("no evidence"),
    });
  });

  test("no data never promotes: none at all, none of one kind, none at the moment", () => {
    expect(judged([]).verdict).toBe("inconclusive");
    const sound = seen({ of: 100 });
    const untimed = { ...sound, canary: { ...sound.canary, timed: 0 } };
    expect(judged([untimed, untimed, untimed])).toMatchObject({
      verdict: "inconclusive",
      why: expect.stringContaining("timings"),
    });
    expect(judged([sound, sound, sound], 10_000)).toMatchObject({
      verdict: "hold",
      why: expect.stringContaining("the scrape failed"),
    });
  });

  test("blindness beyond the named time goes back", () => {
    expect(judged([seen({ of: 100 })], plan.analysis.maxHoldMs).verdict).toBe("hold");
    expect(judged([seen({ of: 100 })], plan.analysis.maxHoldMs + 1)).toMatchObject({
      verdict: "rollback",
      why: expect.stringContaining("no evidence"),
    });
  });

  test("when both arms are bad the canary is not to blame, and it is not promoted either", () => {
    const day = seen({ of: 100, bad: 10 }, { of: 1_000, bad: 100 });
    expect(judged([day, day, day])).toMatchObject({ verdict: "hold", why: expect.stringContaining("both arms") });
  });

  test("a canary that is much worse than a bad stable arm is to blame", () => {
    const worse = seen({ of: 200, bad: 80 }, { of: 1_000, bad: 100 });
    expect(judged([worse]).verdict).toBe("rollback");
  });

  test("at 100 % there is no stable arm, and the limits alone decide", () => {
    const alone = seen({ of: 100 }, { of: 0 });
    expect(judged([alone, alone, alone]).verdict).toBe("promote");
    expect(judged([seen({ of: 100, bad: 10 }, { of: 0 })]).verdict).toBe("rollback");
  });
});

describe("laws", () => {
  const counts = fc.record({ of: fc.integer({ min: 0, max: 400 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
  const measurement = fc
    .record({ canary: counts, stable: counts })
    .map(({ canary, stable }) =>
      seen(
        { of: canary.of, bad: Math.floor(canary.of * canary.share) },
        { of: stable.of, bad: Math.floor(stable.of * stable.share) },
      ),
    );

  test("whoever judges the same evidence comes to the same verdict, and promotion always has its samples and its soak", () => {
    fc.assert(
      fc.property(
        fc.array(measurement, { maxLength: 12 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        (measurements, blindMs) => {
          const { verdict } = judged(measurements, blindMs);
          expect(judged(structuredClone(measurements) as Measurement[], blindMs).verdict).toBe(verdict);
          if (verdict !== "promote") return;
          expect(blindMs).toBe(0);
          expect(measurements.length * 10_000).toBeGreaterThanOrEqual(30_000);
          expect(measurements.reduce((sum, m) => sum + m.canary.ended, 0)).toBeGreaterThanOrEqual(
            plan.analysis.minSamples,
          );
        },
      ),
    );
  });

  test("one more failure never speaks for the canary", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 499 }),
        fc.integer({ min: 1, max: 900 }),
        (of, bad, other) => {
          fc.pre(bad < of);
          const bounds = { ok: 0.01, bad: 0.05 };
          expect(shareRatio({ bad: bad + 1, of }, bounds)).toBeGreaterThan(shareRatio({ bad, of }, bounds));
          const stable = { bad: 3, of: other + 3 };
          expect(splitRatio({ bad: bad + 1, of }, stable, 4)).toBeGreaterThan(splitRatio({ bad, of }, stable, 4));
        },
      ),
    );
  });

  test("the mean of the likelihood ratio is at most 1 for every sound share, which is what bounds the false alarms", () => {
    const bounds = { ok: 0.01, bad: 0.05 };
    for (const share of [0, 0.001, 0.005, 0.01]) {
      const of = 50;
      let mean = 0;
      for (let bad = 0; bad <= of; bad++) mean += binomial(of, bad, share) * Math.exp(shareRatio({ bad, of }, bounds));
      expect(mean, String(share)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  test("so is that of the split when both arms fail alike, with the split as it truly is: hypergeometric", () => {
    const [canary, stable, failures] = [40, 160, 12];
    let mean = 0;
    for (let bad = 0; bad <= failures; bad++) {
      const chance = Math.exp(choose(canary, bad) + choose(stable, failures - bad) - choose(canary + stable, failures));
      mean += chance * Math.exp(splitRatio({ bad, of: canary }, { bad: failures - bad, of: stable }, 4));
    }
    expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    expect(mean).toBeGreaterThan(0.1);
  });
});

const choose = (n: number, k: number): number => {
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return log;
};
const binomial = (n: number, k: number, p: number): number =>
  p === 0 ? (k === 0 ? 1 : 0) : Math.exp(choose(n, k) + k * Math.log(p) + (n - k) * Math.log(1 - p));
