import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

test("the demo: a bridge and four agents as processes, a crash in the middle, and the story told from a log that verifies", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "examples/demo.ts")], {
    cwd: root,
    encoding: "utf8",
    timeout: 120_000,
  });

  expect([status, stdout + stderr]).toEqual([0, expect.stringContaining("Everything came as it should.")]);
  expect(stdout).toContain("The log verifies: ");
  expect(stdout).toContain('accepts: {"approve":true,"note":"I am on call","window":"tonight"}');
});
