import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PolicyCheck } from "../../src/review/policy.ts";
import type { How } from "../../src/review/recompute/how.ts";
import { verdictOf, verifyCertificate } from "../../src/review/verify/verify.ts";
import { lies, toldLie } from "../support/review-lies.ts";
import { DAY, policy, reviewed, type Scene, T0 } from "../support/review-scene.ts";

/** A verifier in Python, written from docs/certificate.md alone: whether that page says enough, and both say the same. */
const folder = mkdtempSync(join(tmpdir(), "lighthouse-second-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly name: string;
  readonly scene: Scene;
  readonly bundle: Uint8Array;
  readonly evidence: ReadonlyMap<string, Uint8Array>;
}

const written = ({ scene, bundle, evidence }: Case, n: number): string => {
  const own = join(folder, String(n));
  mkdirSync(join(own, "evidence"), { recursive: true });
  writeFileSync(join(own, "certificate.intoto.jsonl"), bundle);
  writeFileSync(join(own, "trust.json"), JSON.stringify(scene.trustFile));
  writeFileSync(join(own, "now"), String(scene.now));
  for (const [sha256, bytes] of evidence) writeFileSync(join(own, "evidence", sha256), bytes);
  return own;
};

const verifier = new URL("second_verifier.py", import.meta.url).pathname;

const heard = (cases: readonly Case[]): readonly { readonly verdict?: string; readonly wrong?: string }[] => {
  const said = execFileSync("python3", [verifier, ...cases.map(written)], { encoding: "utf8" });
  return said
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly verdict?: string });
};

const rows = { file: "channels.json", each: "" } as const;
const file = "channels.json";
const letters = { length: { at: "/to" } } as const;
/** Every way in which a policy may have a number made, on what the scene's channels brought. */
const everyWay: readonly How[] = [
  { kind: "percentile", rows, of: letters, q: 0.5, confidence: 0.95 },
  { kind: "ratio", rows, that: [[{ at: "/to" }, "has", { is: "lac" }]] },
  { kind: "count", rows: { ...rows, where: [[{ at: "/none" }, "ne", { is: 1 }]] } },
  { kind: "all", rows, that: [[{ at: "/to" }, "in", { is: ["slack", "pagerduty"] }]] },
  { kind: "max", rows, of: letters },
  { kind: "min", rows, of: { minus: [letters, { is: 0.1 }] } },
  { kind: "sum", rows, of: { number: { is: "1.5e-7" } } },
  { kind: "sum", rows, of: { ms: { is: "2026-03-01T12:00:00.25+01:00" } } },
  { kind: "value", file, of: { at: "/0/to" } },
  { kind: "value", file, of: { at: "/9/to" } },
  { kind: "equal", left: { file, at: "/0/to" }, right: { file, at: "/0/to" } },
  { kind: "matched", rows, among: { ...rows, then: "" }, that: [[{ at: "/0/to" }, "eq", { at: "/1" }]] },
  { kind: "matched", rows, among: rows, that: [[{ at: "/0" }, "eq", { at: "/1" }]] },
];
const [load, attacks, alerts] = policy.checks;
const ways = everyWay.map((how, i): PolicyCheck => {
  if (alerts === undefined) throw new Error("the scene has no alerts");
  const measures = [{ name: "number", unit: "of a kind", how, tolerance: { min: 1 } }];
  return { ...alerts, id: `way.${i}`, severity: "minor", measures };
});

const scenes: Readonly<Record<string, Scene>> = {
  go: reviewed(),
  conditional: reviewed({ alerts: false, condition: "owned" }),
  claimed: reviewed({ alerts: false, condition: "claimed" }),
  waived: reviewed({ alerts: false, condition: "waived" }),
  "nobody owns it": reviewed({ alerts: false, condition: "open" }),
  "no condition": reviewed({ alerts: false, condition: "none" }),
  objected: reviewed({ decisions: { sec: "object" } }),
  silent: reviewed({ decisions: { sec: "silent" } }),
  "still asked": reviewed({ decisions: { sec: "open" } }),
  abstained: reviewed({ decisions: { dev: "abstain" } }),
  "an old count": reviewed({ issuedAt: T0 + 3_600_000 }),
  "an empty policy": reviewed({ policy: { ...policy, checks: [] } }),
  "too few samples": reviewed({ samples: 200 }),
  "a probe that was not run": reviewed({
    run: (run) => ({
      ...run,
      results: run.results.map((one) =>
        one.check === "alerting.delivered"
          ? {
              ...{ check: one.check, probe: one.probe, startedAt: one.startedAt, endedAt: one.endedAt },
              ...{ state: "not-run", reason: { kind: "unavailable", detail: "nobody is there" } },
            }
          : one,
      ),
    }),
  }),
  "every way of making a number": reviewed({
    policy: { ...policy, checks: [load, attacks, ...ways].filter((check) => check !== undefined) },
    run: (run) => ({
      ...run,
      results: run.results.flatMap((one) =>
        one.check === "alerting.delivered" ? ways.map(({ id }) => ({ ...one, check: id })) : [one],
      ),
    }),
  }),
  "stale evidence": reviewed({ issuedAt: T0 + 2 * DAY }),
};

test("a second verifier, written from the page, comes to the same on every certificate that holds", () => {
  const cases = Object.entries(scenes).map(([name, scene]) => ({ name, scene, ...scene }));
  const first = cases.map(({ name, scene }) => [
    name,
    verdictOf(verifyCertificate(scene.bundle, { ...scene, now: scene.now })),
  ]);
  expect(first.filter(([, verdict]) => verdict === undefined)).toEqual([]);
  expect(heard(cases).map((said, i) => [cases[i]?.name, said.verdict ?? said])).toEqual(first);
});

test("and believes none of the lies that are told with the signing key", () => {
  const cases = lies.map(([name, scene, lie]) => ({ name, scene, ...toldLie(scene, lie) }));
  expect(cases.length).toBeGreaterThanOrEqual(80);
  const believed = heard(cases).flatMap((said, i) => (said.wrong === undefined ? [cases[i]?.name] : []));
  expect(believed).toEqual([]);
}, 120_000);
