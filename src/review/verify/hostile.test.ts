import { describe, expect, test } from "vitest";
import { keys, reviewed } from "../../../test/support/review-scene.ts";
import { seededRng } from "../../../test/support/seeded-rng.ts";
import { canonical } from "../../signing/canonical.ts";
import { signDsse } from "../../signing/dsse.ts";
import { payloadType, reviewType, statementType } from "../certificate/statement.ts";
import { BUNDLE_BYTES_MAX, BUNDLE_LINES_MAX, NESTING_MAX } from "./bundle.ts";
import { verifyCertificate } from "./verify.ts";

const scene = reviewed();
const verified = (bundle: Uint8Array, evidence = scene.evidence) =>
  verifyCertificate(bundle, { trust: scene.trust, evidence, now: scene.now });
const text = (value: string) => Buffer.from(value);
const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
};

describe("one bit", () => {
  test("of any byte of the bundle, turned over, makes it invalid", () => {
    const { bundle } = scene;
    const survived: number[] = [];
    for (let at = 0; at < bundle.byteLength; at++)
      if (verified(flipped(bundle, at, at % 8)).status !== "invalid") survived.push(at);
    expect(survived).toEqual([]);
  }, 120_000);

  test("of any file of raw evidence, turned over, makes it invalid", () => {
    const rng = seededRng(7);
    const named = new Set(
      scene.run.results
        .flatMap((r) => (r.state === "ran" ? [...r.evidence, ...(r.selfTest?.evidence ?? [])] : []))
        .map((f) => f.digest.sha256),
    );
    for (const sha256 of named) {
      const bytes = scene.evidence.get(sha256) as Uint8Array;
      for (let i = 0; i < 25; i++) {
        const [a = 0, b = 0, bit = 0] = rng.bytes(3);
        const evidence = new Map(scene.evidence).set(sha256, flipped(bytes, (a * 256 + b) % bytes.byteLength, bit % 8));
        expect(verified(scene.bundle, evidence).status).toBe("invalid");
      }
    }
  });
});

describe("a hostile file is refused, clearly and soon", () => {
  const line = (statement: unknown) =>
    text(`${canonical(signDsse(payloadType, JSON.stringify(statement), [keys.issuer]))}\n`);
  const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
  const files: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
    ["nothing", () => text(""), /empty/],
    ["no JSON", () => text("PRODUCTION READINESS CERTIFICATE: GO\n"), /not JSON/],
    ["no UTF-8", () => Uint8Array.of(0xff, 0xfe, 0x0a), /UTF-8/],
    ["a cut-off file", () => scene.bundle.subarray(0, scene.bundle.byteLength - 10), /cut off/],
    ["a file that is too large", () => new Uint8Array(BUNDLE_BYTES_MAX + 1), /bytes/],
    ["too many lines", () => text("{}\n".repeat(BUNDLE_LINES_MAX + 1)), /lines/],
    ["a million brackets", () => text(`${deep}\n`), new RegExp(`deeper than ${NESTING_MAX}`)],
    [
      "a million brackets, signed",
      () => line({ _type: statementType, predicate: JSON.parse("[".repeat(100) + "]".repeat(100)) }),
      /deeper/,
    ],
    ["null", () => text("null\n"), /DSSE/],
    ["a list", () => text("[]\n"), /DSSE/],
    ["an envelope with a payload of numbers", () => text('{"payload":1,"payloadType":2,"signatures":3}\n'), /DSSE/],
    [
      "a prototype",
      () => text('{"__proto__":{"payload":"e30="},"payload":"e30=","payloadType":"x","signatures":[]}\n'),
      /DSSE|signature/,
    ],
    ["a signed nothing", () => line({}), /RFC 8785|statement/],
    ["a signed list", () => line([]), /statement|object/],
    [
      "a certificate of nothing",
      () => line({ _type: statementType, predicate: {}, predicateType: reviewType, subject: [] }),
      /missing/,
    ],
    [
      "the spaces of a forger",
      () =>
        text(
          `${JSON.stringify(JSON.parse(Buffer.from(scene.bundle).toString().split("\n")[0] as string), null, 0).replace("{", "{ ")}\n`,
        ),
      /not in this file/,
    ],
  ];

  test.each(files)("%s", (_, make, why) => {
    const found = verified(make());
    expect(found.status).toBe("invalid");
    expect(found.findings.map(({ detail, code }) => `${code} ${detail}`).join("\n")).toMatch(why);
  });

  test("names that leave the folder, or that a shell would run, fit no schema", () => {
    for (const name of [
      "../../etc/passwd",
      "/etc/passwd",
      "C:\\x",
      ".ssh",
      "a b",
      "a\n",
      "-rf",
      "a/b",
      "x".repeat(129),
      "",
    ]) {
      const evil = reviewed({
        run: (run) => ({
          ...run,
          results: run.results.map((one) =>
            one.state === "ran" ? { ...one, evidence: one.evidence.map((file) => ({ ...file, name })) } : one,
          ),
        }),
      });
      const found = verifyCertificate(evil.bundle, evil);
      expect(found.findings.some(({ code, pointer }) => code === "schema" && pointer.endsWith("/name"))).toBe(true);
    }
  });

  test("random bytes never throw", () => {
    const rng = seededRng(11);
    for (let i = 0; i < 300; i++) expect(verified(rng.bytes(200)).status).toBe("invalid");
  });
});
