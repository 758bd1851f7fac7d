import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("npm run demo:rollout: a fault is put into a running rollout, which goes back by itself; its timeline is from the log", () => {
  const demo = join(import.meta.dirname, "../examples/demo-rollout.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo], { encoding: "utf8", timeout: 170_000 });
  expect(status, stdout + stderr).toBe(0);
  for (const told of [
    "enters step 2: 50 %",
    "aborts the rollout",
    "rolled back in",
    "the rollout is withdrawn",
    "None is lost.",
  ]) {
    expect(stdout).toContain(told);
  }
});
