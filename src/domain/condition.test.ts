import { describe, expect, test } from "vitest";
import { type Condition, type ConditionCommand, condition, standingOf } from "./condition.ts";
import { defaultLimits as limits } from "./limit.ts";

const day = 86_400_000;
const finding = {
  check: "alerts.delivered",
  title: "Alerts",
  severity: "major",
  review: "rv_1",
  what: "no",
  due: 10 * day,
} as const;
const run = { digest: "a".repeat(64), ranAt: 5 * day, prober: "prober" };

type Told = ConditionCommand;
const told = (state: Condition, command: Told): Condition => {
  const decision = condition.decide(state, command);
  if (!decision.ok) throw new Error(decision.refusal.detail);
  return decision.facts.reduce(
    (s, fact) => condition.evolve(s, { ...fact, actor: command.by, time: command.now }),
    state,
  );
};
const refusedWith = (state: Condition, command: Told) => {
  const decision = condition.decide(state, command);
  return decision.ok ? undefined : decision.refusal.code;
};
const opened = told(condition.initial, { type: "open", by: "reviewer", now: day, finding, limits });
const owned = told(opened, { type: "acknowledge", by: "olga", now: day, due: 8 * day, limits });
const claimed = told(owned, { type: "claim", by: "olga", now: 2 * day, note: "set up", evidence: [] });

describe("a condition", () => {
  test("is opened, acknowledged, claimed, and closed by a later run of somebody else", () => {
    const closed = told(claimed, { type: "resolve", by: "reviewer", now: 6 * day, passed: true, run, why: "" });
    expect([opened, owned, claimed, closed].map((s) => s.status)).toEqual([
      "open",
      "acknowledged",
      "claimed",
      "closed",
    ]);
    expect(closed).toMatchObject({ run, owner: "olga" });
  });

  test("cannot be closed by who owns it, who claimed it, or whose prober that is", () => {
    expect(refusedWith(claimed, { type: "resolve", by: "olga", now: 6 * day, passed: true, run, why: "" })).toBe(
      "forbidden",
    );
    const own = { ...run, prober: "olga" };
    expect(
      refusedWith(claimed, { type: "resolve", by: "reviewer", now: 6 * day, passed: true, run: own, why: "" }),
    ).toBe("forbidden");
    const again = told(claimed, { type: "resolve", by: "reviewer", now: 6 * day, passed: false, run, why: "still" });
    const other = told(again, { type: "claim", by: "pete", now: 6 * day, note: "", evidence: [] });
    expect(refusedWith(other, { type: "resolve", by: "pete", now: 6 * day, passed: true, run, why: "" })).toBe(
      "forbidden",
    );
  });

  test("cannot be closed by a run that is older than it", () => {
    const old = { ...run, ranAt: day };
    expect(
      refusedWith(claimed, { type: "resolve", by: "reviewer", now: 6 * day, passed: true, run: old, why: "" }),
    ).toBe("expired");
  });

  test("opens again when a later run fails", () => {
    const closed = told(claimed, { type: "resolve", by: "reviewer", now: 6 * day, passed: true, run, why: "" });
    const again = told(closed, { type: "resolve", by: "reviewer", now: 7 * day, passed: false, run, why: "broken" });
    expect(again.status).toBe("open");
  });

  test("is waived for a time, by somebody else, and never when it blocks", () => {
    const waive = { type: "waive", by: "admin", now: 2 * day, reason: "known", until: 5 * day, limits } as const;
    const waived = told(owned, waive);
    expect(standingOf(waived as never, 4 * day)).toBe("waived");
    expect(standingOf(waived as never, 5 * day)).toBe("open");
    expect(refusedWith(owned, { ...waive, by: "olga" })).toBe("forbidden");
    expect(refusedWith(owned, { ...waive, until: 2 * day + limits.waiverMsMax + 1 })).toBe("invalid_input");
    const blocker = told(condition.initial, {
      type: "open",
      by: "r",
      now: day,
      finding: { ...finding, severity: "blocker" },
      limits,
    });
    expect(refusedWith(blocker, waive)).toBe("forbidden");
  });

  test("is overdue after its day, which an owner can only bring nearer", () => {
    expect(standingOf(owned as never, 8 * day)).toBe("overdue");
    expect(refusedWith(owned, { type: "acknowledge", by: "olga", now: 2 * day, due: 9 * day, limits })).toBe(
      "invalid_input",
    );
    expect(refusedWith(condition.initial, { type: "claim", by: "x", now: 0, note: "", evidence: [] })).toBe(
      "not_found",
    );
  });

  test("is due within the time there is for conditions", () => {
    const late = { ...finding, due: day + limits.conditionMsMax + 1 };
    expect(refusedWith(condition.initial, { type: "open", by: "r", now: day, finding: late, limits })).toBe(
      "invalid_input",
    );
  });
});
