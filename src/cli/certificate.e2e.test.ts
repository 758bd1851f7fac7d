import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reviewed, type Scene } from "../../test/support/review-scene.ts";

/** The command as a pipeline uses it: files in, an exit code out. */

const main = resolve(import.meta.dirname, "main.ts");
const folder = mkdtempSync(join(tmpdir(), "lighthouse-certificate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise((done) => {
    execFile(process.execPath, [main, "certificate", ...args], { cwd: folder }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });

const write = (name: string, scene: Scene): string => {
  const own = join(folder, name);
  mkdirSync(join(own, "evidence"), { recursive: true });
  writeFileSync(join(own, "c.intoto.jsonl"), scene.bundle);
  writeFileSync(join(own, "trust.json"), JSON.stringify(scene.trustFile));
  for (const [sha256, bytes] of scene.evidence) writeFileSync(join(own, "evidence", sha256), bytes);
  return own;
};

const go = reviewed();
const conditional = reviewed({ alerts: false, condition: "owned" });
const at = ["--at", new Date(go.now).toISOString()];
let [good, fair] = ["", ""];
beforeAll(() => {
  [good, fair] = [write("good", go), write("fair", conditional)];
});
const verify = (own: string, ...more: readonly string[]) =>
  run("verify", join(own, "c.intoto.jsonl"), "--trust", join(own, "trust.json"), ...at, ...more);

describe("lighthouse certificate verify", () => {
  test("ends with 0 on GO and says what it looked at; with 13 on CONDITIONAL, unless that will do", async () => {
    const ended = await verify(good);
    expect([ended.code, ended.err]).toEqual([0, ""]);
    expect(ended.out).toContain("It holds. LH-READY-20260301 says GO");
    expect((await verify(fair)).code).toBe(13);
    expect((await verify(fair, "--accept", "conditional")).code).toBe(0);
  });

  test("prints the digest, and nothing else, for the rollout that asks for it; nothing when it will not do", async () => {
    expect(await verify(good, "--digest")).toMatchObject({ code: 0, out: `sha256:${go.issued.sha256}\n` });
    expect(await verify(fair, "--digest")).toMatchObject({ code: 13, out: "" });
  });

  test("ends with 7 when a file of evidence was changed, is missing or is a link, and names it", async () => {
    for (const how of ["changed", "missing", "link"]) {
      const own = write(how, go);
      const result = go.run.results[0];
      const sha256 = result?.state === "ran" ? (result.evidence[0]?.digest.sha256 ?? "") : "";
      const path = join(own, "evidence", sha256);
      rmSync(path);
      if (how === "changed") writeFileSync(path, "{}");
      if (how === "link") symlinkSync(join(good, "evidence", sha256), path);
      const ended = await verify(own, "--json");
      expect(ended.code).toBe(7);
      const { status, findings } = JSON.parse(ended.out) as {
        status: string;
        findings: { code: string; pointer: string }[];
      };
      expect(status).toBe("invalid");
      expect(findings[0]).toMatchObject({
        code: how === "changed" ? "evidence-altered" : "evidence-missing",
        pointer: "/predicate/results/0/evidence/0",
      });
    }
  });

  test("ends with 15 when it has expired, and with 2 when the trust file has to be mended", async () => {
    const file = join(good, "c.intoto.jsonl");
    const late = await run("verify", file, "--trust", join(good, "trust.json"), "--at", "2027-01-01");
    expect(late.code).toBe(15);
    writeFileSync(join(folder, "bad-trust.json"), JSON.stringify({ version: 2 }));
    const mended = await run("verify", file, "--trust", join(folder, "bad-trust.json"));
    expect(mended.code).toBe(2);
    expect(mended.err).toContain("/version must be at most 1");
  });

  test("ends with 7, in a sentence, on a file that is no certificate, and with 2 on one that is not there", async () => {
    writeFileSync(join(good, "none.txt"), "PRODUCTION READY: GO\n");
    const none = await run("verify", join(good, "none.txt"), "--trust", join(good, "trust.json"));
    expect([none.code, none.out]).toEqual([7, expect.stringContaining("line 1: is not JSON")]);
    expect((await run("verify", join(good, "absent"), "--trust", join(good, "trust.json"))).code).toBe(2);
  });
});

test("lighthouse certificate show writes a document and says that nobody has checked it", async () => {
  const shown = await run("show", join(good, "c.intoto.jsonl"));
  expect(shown.code).toBe(0);
  expect(shown.out).toContain("# Production Readiness Review Certificate");
  expect(shown.out).toContain("at most 300 ms");
  expect(shown.err).toContain("Nobody has checked it here");
  const page = ["show", join(good, "c.intoto.jsonl"), "--format", "html", "--out", join(good, "c.html")];
  expect((await run(...page)).code).toBe(0);
  expect((await run(...page)).code).toBe(2);
});

test("lighthouse certificate diff says what changed, as git does", async () => {
  const { code, out } = await run("diff", join(fair, "c.intoto.jsonl"), join(good, "c.intoto.jsonl"));
  expect(code).toBe(0);
  const lines = out.split("\n");
  for (const line of [
    "@@ verdict @@",
    "-verdict: CONDITIONAL",
    "+verdict: GO",
    "-alerting.delivered: fail",
    "+alerting.delivered: pass",
  ])
    expect(lines).toContain(line);
});
