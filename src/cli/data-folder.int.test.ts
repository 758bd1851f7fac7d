import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRng } from "../../test/support/seeded-rng.ts";
import { openDataFolder } from "./data-folder.ts";

test("a data folder that others can write into is refused: they could put their own master secret there", () => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-folder-"));
  try {
    for (const mode of [0o777, 0o775, 0o702]) {
      chmodSync(folder, mode);
      expect(() => openDataFolder(folder, seededRng(1))).toThrow(/can be written by others.*chmod go-w/);
    }
    chmodSync(folder, 0o755);
    const { masterFile } = openDataFolder(folder, seededRng(1));
    expect(statSync(masterFile).mode & 0o777).toBe(0o600);
    // Within one that everybody writes into, a folder of its own is made for its owner alone.
    chmodSync(folder, 0o777);
    const { path } = openDataFolder(join(folder, "own"), seededRng(1));
    expect(statSync(path).mode & 0o777).toBe(0o700);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
