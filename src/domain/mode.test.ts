import { describe, expect, test } from "vitest";
import { defaultLimits } from "./limit.ts";
import { alarmOf, type Check, type Mode, type ModeCommand, mode } from "./mode.ts";

const NOW = 1_000;
const after = (...commands: readonly ModeCommand[]): Mode =>
  commands.reduce<Mode>(
    (state, command) =>
      mode.decide(state, command).facts.reduce<Mode>((s, fact) => mode.evolve(s, { ...fact, time: NOW }), state),
    mode.initial,
  );
const enter: ModeCommand = { type: "enter", trigger: "disk", detail: "2 % free" };
const recover: ModeCommand = { type: "recover", reason: "log moved" };
const check = (ok: boolean): Check => ({ name: "disk", ok, says: ok ? "40 % free" : "2 % free" });
const resume = (...checks: readonly Check[]): ModeCommand => ({ type: "resume", reason: "verified", checks });

describe("the mode", () => {
  test("goes normal, emergency, recovering, normal, and says since when and why", () => {
    expect(after()).toEqual({ name: "normal", since: null });
    expect(after(enter)).toEqual({ name: "emergency", since: NOW, trigger: "disk", detail: "2 % free" });
    expect(after(enter, recover)).toMatchObject({ name: "recovering", detail: "2 % free" });
    expect(after(enter, recover, resume(check(true)))).toEqual({ name: "normal", since: NOW });
  });

  test("falls back into the emergency from recovering, and does not enter it twice", () => {
    expect(after(enter, recover, enter).name).toBe("emergency");
    expect(mode.decide(after(enter), enter).facts).toEqual([]);
  });

  test("has no way from emergency to normal that leaves recovering out", () => {
    expect(mode.decide(after(enter), resume(check(true)))).toMatchObject({ refusal: { code: "not_in_that_mode" } });
    expect(mode.decide(after(), recover)).toMatchObject({ refusal: { code: "not_in_that_mode" } });
  });

  test("stays while a check fails, and says which; no check at all is none that passed", () => {
    const refused = mode.decide(after(enter, recover), resume(check(true), check(false)));
    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: "checks_failing", problems: [{ message: "disk: 2 % free" }] },
      facts: [],
    });
    expect(mode.decide(after(enter, recover), resume())).toMatchObject({ refusal: { code: "checks_failing" } });
  });
});

describe("an alarm", () => {
  test("is a reading beyond its limit, with both numbers", () => {
    expect(alarmOf({ diskFreeShare: 0.049 }, defaultLimits)).toEqual({
      trigger: "disk",
      detail: "4.9 % of the disk is free, the least is 5 %",
    });
    expect(alarmOf({ appendP99Ms: 1_001, appends: 20 }, defaultLimits)?.trigger).toBe("append_latency");
    expect(alarmOf({ errorShare: 0.051, calls: 20 }, defaultLimits)?.trigger).toBe("error_rate");
  });

  test("is not a reading at its limit, one of too few, or one that nobody gave", () => {
    expect(alarmOf({ diskFreeShare: 0.05, appendP99Ms: 1_000, appends: 99 }, defaultLimits)).toBeUndefined();
    expect(alarmOf({ appendP99Ms: 9_999, appends: 19, errorShare: 1, calls: 19 }, defaultLimits)).toBeUndefined();
    expect(alarmOf({}, defaultLimits)).toBeUndefined();
  });
});
