import { describe, expect, test } from "vitest";
import { sha256 } from "../../signing/digest.ts";
import { leafHash, nodeHash } from "../../signing/merkle.ts";
import { filesOf } from "./files.ts";
import type { How } from "./how.ts";
import { boundRank } from "./quantile.ts";
import { ENDLESS, recompute } from "./recompute.ts";

describe("a number is made of raw evidence", () => {
  test("an upper bound of P99 takes the 996th of 1,000 samples, the 4,962nd of 5,000, the 9,917th of 10,000", () => {
    expect([1_000, 5_000, 10_000].map((n) => boundRank(n, 0.99, 0.95))).toEqual([996, 4_962, 9_917]);
    expect([298, 299].map((n) => boundRank(n, 0.99, 0.95))).toEqual([undefined, 299]);
    expect(boundRank(1_000_000, 0.99, 0.95)).toBeGreaterThan(990_000);
  });

  test("a percentile of columns, where what did not succeed counts as endless", () => {
    const ended = Array.from({ length: 1_000 }, (_, i) => (i < 4 ? "expired" : "accepted"));
    const files = given({ "load.json": { from: ended.map(() => 5), to: ended.map((_, i) => 5 + i), ended } });
    const how: How = {
      kind: "percentile",
      rows: { file: "load.json", zip: ["/from", "/to", "/ended"] },
      of: { minus: [{ at: "/1" }, { at: "/0" }] },
      q: 0.99,
      confidence: 0.95,
      only: [[{ at: "/2" }, "eq", { is: "accepted" }]],
    };
    expect(recompute(how, files)).toMatchObject({ ok: true, value: { value: 999, n: 1_000, estimate: 993 } });
    const worse = given({
      "load.json": {
        from: ended.map(() => 5),
        to: ended.map((_, i) => 5 + i),
        ended: ended.map((_, i) => (i < 5 ? "expired" : "accepted")),
      },
    });
    expect(recompute(how, worse)).toMatchObject({ ok: true, value: { value: ENDLESS } });
  });

  test("shares, counts and whether all, with a filter", () => {
    const files = given({
      "rows.json": [
        { s: 200, ok: true },
        { s: 500, ok: false },
        { s: 503, ok: false, old: true },
      ],
    });
    const rows = { file: "rows.json", each: "" };
    const fresh = { ...rows, where: [[{ at: "/old" }, "ne", { is: true }]] } as const;
    const good = [[{ at: "/s" }, "lt", { is: 500 }]] as const;
    expect(made({ kind: "ratio", rows: fresh, that: good }, files)).toBe(0.5);
    expect(made({ kind: "count", rows, that: good }, files)).toBe(1);
    expect(made({ kind: "all", rows, that: good }, files)).toBe(false);
    expect(made({ kind: "all", rows: { ...rows, where: good }, that: good }, files)).toBe(true);
    expect(made({ kind: "max", rows, of: { at: "/s" } }, files)).toBe(503);
  });

  test("rows that have their match among others, those of every group, with numbers that are written as text", () => {
    const files = given({
      "rules.json": {
        wanted: [
          { name: "A", atLeast: 3 },
          { name: "B", atLeast: 3 },
        ],
        groups: [{ rules: [{ name: "A", value: "3.5e0" }] }, { rules: [{ name: "B", value: "2" }, { name: "C" }] }],
      },
    });
    const how: How = {
      kind: "matched",
      rows: { file: "rules.json", each: "/wanted" },
      among: { file: "rules.json", each: "/groups", then: "/rules" },
      that: [
        [{ at: "/0/name" }, "eq", { at: "/1/name" }],
        [{ number: { at: "/1/value" } }, "ge", { at: "/0/atLeast" }],
      ],
    };
    expect(recompute(how, files)).toMatchObject({ ok: true, value: { value: 0.5, n: 2 } });
    const nobody = { ...how.rows, where: [[{ at: "/name" }, "eq", { is: "Z" }]] } as const;
    expect(recompute({ ...how, rows: nobody }, files)).toMatchObject({ ok: false, kind: "insufficient-samples" });
    expect(made({ ...how, among: nobody }, files)).toBe(0);
    const odd = { ...how, rows: { file: "rules.json", each: "/groups", then: "/name" } } as const;
    expect(recompute(odd, files)).toMatchObject({ ok: false, kind: "error" });
  });

  test("of nothing, all is false and a share is not known", () => {
    const files = given({ "rows.json": [] });
    const rows = { file: "rows.json", each: "" };
    expect(made({ kind: "all", rows, that: [[{ is: 1 }, "eq", { is: 1 }]] }, files)).toBe(false);
    expect(recompute({ kind: "ratio", rows, that: [[{ is: 1 }, "eq", { is: 1 }]] }, files)).toMatchObject({
      ok: false,
      kind: "insufficient-samples",
    });
  });

  test("a duration of two moments, and equality by canonical form", () => {
    const files = given({
      "a.json": { s: "2026-01-01T00:00:00Z", e: "2026-01-01T00:00:02.500Z", x: { b: 1, a: 2 } },
      "b.json": { x: { a: 2, b: 1 } },
    });
    expect(
      made({ kind: "value", file: "a.json", of: { minus: [{ ms: { at: "/e" } }, { ms: { at: "/s" } }] } }, files),
    ).toBe(2_500);
    expect(
      made({ kind: "equal", left: { file: "a.json", at: "/x" }, right: { file: "b.json", at: "/x" } }, files),
    ).toBe(true);
  });

  test("the lines of a log have the root that was claimed, or not", () => {
    const root = Buffer.from(nodeHash(leafHash("one"), leafHash("two"))).toString("base64");
    const files = given({ "log.txt": "one\ntwo\n", "head.json": { root } });
    expect(made({ kind: "merkle", lines: "log.txt", root: { file: "head.json", at: "/root" } }, files)).toBe(true);
    const torn = given({ "log.txt": "one\ntwO\n", "head.json": { root } });
    expect(made({ kind: "merkle", lines: "log.txt", root: { file: "head.json", at: "/root" } }, torn)).toBe(false);
  });

  test("what is not there, or is no JSON, is an error and never a value", () => {
    const files = given({ "text.txt": "hello" });
    for (const how of [
      { kind: "value", file: "none.json", of: { at: "/a" } },
      { kind: "value", file: "text.txt", of: { at: "/a" } },
      { kind: "merkle", lines: "text.txt", root: { file: "text.txt", at: "" } },
    ] as const)
      expect(recompute(how, files)).toMatchObject({ ok: false, kind: "error" });
    expect(made({ kind: "value", file: "p.json", of: { at: "/toString" } }, given({ "p.json": {} }))).toBeUndefined();
  });
});

const given = (files: { readonly [name: string]: unknown }) => {
  const evidence = new Map<string, Uint8Array>();
  const descriptors = Object.entries(files).map(([name, content]) => {
    const bytes = Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
    const hex = Buffer.from(sha256(bytes)).toString("hex");
    evidence.set(hex, bytes);
    const annotations = { bytes: bytes.byteLength, collectedAt: "2026-01-01T00:00:00.000Z" };
    return { name, digest: { sha256: hex }, mediaType: "application/json", annotations };
  });
  return filesOf(descriptors, evidence);
};

const made = (how: How, files: ReturnType<typeof given>): unknown => {
  const found = recompute(how, files);
  return found.ok ? found.value.value : undefined;
};
