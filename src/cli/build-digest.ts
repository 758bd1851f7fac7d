import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const own = resolve(import.meta.dirname, "..");

/**
 * SHA-256 in hex over every file of this program that Node can load, with its path: what is running, whether it was
 * built or runs from source. 500 files take 15 ms. Tests and what stands beside the code for people are no part of it.
 */
export const buildDigest = (folder = own): string => {
  const hash = createHash("sha256");
  const paths = (readdirSync(folder, { recursive: true }) as string[])
    .filter((path) => /\.(ts|js)$/.test(path) && !/\.(test|contract|d)\.ts$/.test(path))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
  for (const path of paths)
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(folder, path)))
      .update("\0");
  return hash.digest("hex");
};
