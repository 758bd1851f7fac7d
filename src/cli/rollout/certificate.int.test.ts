import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY, reviewed, type Scene, subject } from "../../../test/support/review-scene.ts";
import { certificateIn } from "./certificate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-certificate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const build = subject.find(({ name }) => name === "build")?.digest.sha256 ?? "";
const place = (name: string): string => join(folder, name);

/** A review's files as a rollout is given them, and the build that runs. */
const rolledOut = (scene: Scene, { running = build, later = 0 }: { running?: string; later?: number } = {}) => {
  writeFileSync(place("c.intoto.jsonl"), scene.bundle);
  writeFileSync(place("trust.json"), JSON.stringify(scene.trustFile));
  mkdirSync(place("evidence"));
  for (const [sha256, bytes] of scene.evidence) writeFileSync(join(place("evidence"), sha256), bytes);
  return certificateIn(
    { file: place("c.intoto.jsonl"), trust: place("trust.json") },
    { build: async () => running, now: () => scene.now + later },
  );
};

describe("the certificate that a step demands", () => {
  test("is verified: GO lets everybody have what runs, and is named by its digest", async () => {
    const scene = reviewed();
    expect(await rolledOut(scene)(100)).toEqual({ ok: true, certificate: `sha256:${scene.issued.sha256}` });
  });

  test("CONDITIONAL goes as far as it says", async () => {
    const certificate = rolledOut(reviewed({ alerts: false, condition: "owned" }));
    expect(await certificate(25)).toMatchObject({ ok: true });
    expect(await certificate(50)).toEqual({ ok: false, why: "it allows 25 % of the agents, not 50 %" });
  });

  test.each([
    ["has expired", {}, { later: DAY }, /^it is expired/],
    ["is of another build", {}, { running: "9".repeat(64) }, /^it is stale: live/],
    ["says NO-GO", { decisions: { sec: "object" } }, {}, /^its verdict is NO-GO/],
  ] as const)("that %s will not do", async (_, wishes, now, why) => {
    expect(await rolledOut(reviewed(wishes), now)(5)).toMatchObject({ ok: false, why: expect.stringMatching(why) });
  });

  test("whose evidence was changed, whose trust is in nobody, or that is not there will not do, and nothing breaks", async () => {
    const certificate = rolledOut(reviewed());
    const [sha256 = ""] = reviewed().evidence.keys();
    writeFileSync(join(place("evidence"), sha256), "better numbers");
    expect(await certificate(5)).toMatchObject({ ok: false, why: expect.stringMatching(/^it is invalid/) });
    writeFileSync(place("trust.json"), "{}");
    expect(await certificate(5)).toMatchObject({ ok: false });
    rmSync(place("c.intoto.jsonl"));
    expect(await certificate(5)).toMatchObject({ ok: false, why: expect.stringContaining("c.intoto.jsonl") });
  });

  test("is looked at again each time: one that is revoked since will not do any more", async () => {
    const scene = reviewed();
    const certificate = rolledOut(scene);
    expect(await certificate(5)).toMatchObject({ ok: true });
    writeFileSync(place("trust.json"), JSON.stringify({ ...scene.trustFile, revoked: [scene.issued.sha256] }));
    expect(await certificate(5)).toMatchObject({ ok: false, why: expect.stringMatching(/^it is revoked/) });
  });

  test("cannot be said to be of what runs while the bridge does not say what that is", async () => {
    const scene = reviewed();
    rolledOut(scene);
    const files = { file: place("c.intoto.jsonl"), trust: place("trust.json") };
    const build = async (): Promise<string> =>
      Promise.reject(new Error("/metrics does not say which build is running"));
    const certificate = certificateIn(files, { build, now: () => scene.now });
    expect(await certificate(5)).toEqual({ ok: false, why: "/metrics does not say which build is running" });
  });
});
