import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "lighthouse-demo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the demo: three certificates with their pages, each verified, and two lies that are named", async () => {
  const out = join(folder, "out");
  const child = spawn(process.execPath, [join(root, "examples/demo-review.ts"), out, "--patient"], { cwd: root });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const code = await new Promise((done) => child.once("close", done));

  expect([code, said]).toEqual([0, expect.stringContaining("Everything came as it should.")]);
  expect(said).toContain("signature");
  expect(said).toContain("evidence-altered");
  for (const [name, verdict] of [
    ["1-bare", "NO-GO"],
    ["2-set-up", "CONDITIONAL"],
    ["3-ready", "GO"],
  ] as const)
    expect(readFileSync(join(out, name, "certificate.html"), "utf8")).toContain(`<title>${verdict}: `);
  expect(existsSync(join(out, "keys"))).toBe(false);
}, 290_000);
