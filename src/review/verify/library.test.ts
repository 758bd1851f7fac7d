import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { reviewed } from "../../../test/support/review-scene.ts";
import { readUnverified, requireCertificate, verifyCertificate } from "./index.ts";

test("the library needs no package, nothing of the server and nothing that waits", () => {
  const seen = new Set<string>();
  const foreign = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, name = ""] of text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"/gm)) {
      if (name.startsWith(".")) walk(resolve(dirname(file), name));
      else foreign.add(name);
    }
  };
  walk(resolve(import.meta.dirname, "index.ts"));
  expect([...foreign].sort()).toEqual(["node:crypto"]);
  expect([...seen].filter((file) => !/\/src\/(review|domain|signing)\//.test(file))).toEqual([]);
  expect(
    [...seen]
      .filter((file) => /\b(async|await)\b/.test(readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "")))
      .map((f) => f.split("/src/")[1]),
  ).toEqual(["signing/jws.ts"]);
});

describe("a rollout that demands a certificate", () => {
  const scene = reviewed();
  const conditional = reviewed({ alerts: false, condition: "owned" });

  test("goes on with GO, and knows which certificate let it", () => {
    expect(requireCertificate(scene.bundle, { ...scene, accept: "GO", percent: 100 })).toMatchObject({
      ok: true,
      certificate: `sha256:${scene.issued.sha256}`,
      verdict: "GO",
    });
  });

  test("goes as far as CONDITIONAL allows, if it takes CONDITIONAL at all", () => {
    const demand = { ...conditional, accept: "CONDITIONAL" } as const;
    expect(requireCertificate(conditional.bundle, { ...demand, percent: 25 })).toMatchObject({ ok: true });
    expect(requireCertificate(conditional.bundle, { ...demand, percent: 50 })).toMatchObject({
      ok: false,
      why: expect.stringMatching(/25 %/),
    });
    expect(requireCertificate(conditional.bundle, { ...demand, accept: "GO" })).toMatchObject({
      ok: false,
      why: "its verdict is CONDITIONAL, and GO is asked for",
    });
  });

  test("stops where it has expired, where another build runs, where there is none", () => {
    const live = [{ name: "build", digest: { sha256: "7".repeat(64) } }] as const;
    for (const [bundle, more, why] of [
      [scene.bundle, { now: scene.now + 400 * 86_400_000 }, "it is expired"],
      [scene.bundle, { live }, "it is stale"],
      [new Uint8Array(), {}, "it is invalid"],
    ] as const) {
      const required = requireCertificate(bundle, { ...scene, accept: "GO", ...more });
      expect(required.ok ? "" : required.why).toMatch(new RegExp(`^${why}`));
    }
  });
});

test("what is only read is not verified: a changed number is shown as it stands, and found by who verifies", () => {
  const { bundle, trust, evidence, now } = reviewed();
  const read = readUnverified(bundle);
  expect(read).toMatchObject({ ok: true, evidence: expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{64}$/)]) });
  const [line = "", ...rest] = Buffer.from(bundle).toString().split("\n");
  const envelope = JSON.parse(line) as { payload: string };
  const text = Buffer.from(envelope.payload, "base64").toString().replace('"within":true', '"within":false');
  const forged = Buffer.from(
    [JSON.stringify({ ...envelope, payload: Buffer.from(text).toString("base64") }), ...rest].join("\n"),
  );
  expect(readUnverified(forged)).toMatchObject({ ok: true });
  expect(verifyCertificate(forged, { trust, evidence, now }).status).toBe("invalid");
});
