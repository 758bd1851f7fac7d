import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import type { LogEvent } from "../client/wire.ts";
import { inWords, parseDuration } from "./duration.ts";
import { eventLine, eventLines } from "./event-line.ts";
import { parseMoment, untilMoment } from "./moment.ts";
import { printable, printableJson, printableLine } from "./printable.ts";
import { reachInWords } from "./reach.ts";
import { table } from "./table.ts";

test.each([
  ["90s", 90_000],
  ["5m", 300_000],
  ["1.5h", 5_400_000],
  ["2d", 172_800_000],
  ["250ms", 250],
])("the duration %s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["5", "m", "-1s", "5 weeks", ""])("%j is no duration", (text) => {
  expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
});

test.each([
  [-5, "0 s"],
  [41_000, "41 s"],
  [7_500_000, "2 h 5 min"],
  [86_400_000, "1 d"],
  [90_061_000, "1 d 1 h"],
])("%d ms are %s", (ms, words) => {
  expect(inWords(ms)).toBe(words);
});

describe("a stranger's text", () => {
  test("cannot command the terminal", () => {
    expect(printable("\u001b[2J\u001b]0;owned\u0007hi\u009b31m")).toBe("\\u001b[2J\\u001b]0;owned\\u0007hi\\u009b31m");
    expect(printable("a\u202egnp.exe")).toBe("a\\u202egnp.exe");
    expect(printable("two\nlines\tand a tab, ä € 𝄞")).toBe("two\nlines\tand a tab, ä € 𝄞");
  });

  test("on one line is one line, and not longer than its place", () => {
    expect(printableLine("two\r\nlines  ")).toBe("two lines");
    expect(printableLine("x".repeat(200), 10)).toBe(`${"x".repeat(9)}…`);
  });

  test("in JSON is spelled out where a terminal would obey it, and parses to what it was", () => {
    const words = { "a\u009b": ["\u001b[2J", "\u009b31m", "\u202egnp", "\u007f", "ä 🗼\n"] };
    const text = printableJson(words);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(JSON.parse(text)).toEqual(words);
  });
});

test("a moment is a position or a time, and leaves out what came later to the millisecond", () => {
  expect(untilMoment(parseMoment("42"))).toEqual({ before: 43 });
  expect(untilMoment(parseMoment("2026-01-05T12:00:00.000Z"))).toEqual({ until: "2026-01-05T12:00:00.001Z" });
  expect(() => parseMoment("yesterday")).toThrow(InvalidArgumentError);
  expect(() => parseMoment("2026-99-99")).toThrow(InvalidArgumentError);
});

test("reach is said as it is", () => {
  expect(reachInWords({ state: "reachable" }, 0)).toBe("reachable now");
  expect(reachInWords({ state: "queued", lastSeen: 1_000 }, 61_000)).toBe("not connected, last seen 1 min ago");
  expect(reachInWords({ state: "never_seen" }, 0)).toBe("never seen");
  const ping = { at: 50_000, ok: false, says: "", via: null, tookMs: 0 } as never;
  expect(reachInWords({ state: "queued", lastSeen: 1_000, ping }, 61_000)).toMatch(/; no answer to a ping 11 s ago$/);
  expect(reachInWords({ state: "queued", lastSeen: 60_000, ping }, 61_000)).not.toContain("ping");
});

test("a table's columns are as wide as their widest cell", () => {
  expect(table(["A", "LONG"], [["xyz", "1"]])).toEqual(["A    LONG", "xyz  1"]);
});

describe("an event's line", () => {
  const plain = (_style: unknown, text: string): string => text;
  const event = (type: string, data: unknown, subject = "elicitation/el_1"): LogEvent => ({
    specversion: "1.0",
    id: "x@0",
    source: "lighthouse://test",
    type,
    subject,
    time: "2026-01-05T12:34:56.789Z",
    position: 7,
    revision: 0,
    actor: "alice",
    correlation: "el_1",
    causation: null,
    data: data as never,
  });
  const payload = Buffer.from(JSON.stringify({ content: { port: 1 } })).toString("base64url");

  test.each([
    ["elicitation.asked", { to: "bob", message: "two\nlines\u001b[2J" }, 'asks bob: "two\\nlines\\u001b[2J"'],
    ["elicitation.accepted", { answer: { payload } }, 'accepts: {"port":1}'],
    ["elicitation.accepted", { answer: { payload: "!" } }, "accepts: (unreadable)"],
    ["elicitation.declined", { reason: "no\u0007" }, "declines: no\\u0007"],
    [
      "authorization.decided",
      { action: "register", resource: "agent/x", decision: "deny", policies: ["admins-register"] },
      "may not register agent/x (admins-register)",
    ],
    ["agent.enrolled", { kid: "k1", retiring: ["k0"] }, "enrols the key k1 in the place of k0"],
    [
      "agent.key_revoked",
      { kid: "k1", reason: "stolen\u0007", compromisedSince: 9 },
      "revokes the key k1 of ation/el_1, suspect from 9 on: stolen\\u0007",
    ],
    ["login.opened", { agent: "bob", kid: "k1" }, "signs in with the key k1"],
    [
      "master.rotated",
      { epoch: 2, older: "revoked", reason: "" },
      "begins epoch 2 of the master secret (older ones are revoked)",
    ],
    ["of.a.later.build", { a: 1 }, 'of.a.later.build {"a":1}'],
  ])("of type %s tells it in words, and nothing in it commands the terminal", (type, data, words) => {
    const line = eventLine(event(type, data), plain);
    expect(line).toContain(words);
    expect(line).toContain("12:34:56.789       7  alice");
    expect(line).toMatch(/el_1$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  });

  test("stands under its day, which is named when it changes", () => {
    const lines = eventLines(plain);
    const at = (time: string) => lines({ ...event("elicitation.claimed", {}), time });
    expect(at("2026-01-05T23:59:59.999Z")).toEqual(["2026-01-05 UTC", expect.stringContaining("23:59:59.999")]);
    expect(at("2026-01-06T00:00:00.000Z")[0]).toBe("2026-01-06 UTC");
    expect(at("2026-01-06T00:00:01.000Z")).toHaveLength(1);
  });
});
