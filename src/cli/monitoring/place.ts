import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Place } from "../../ops/monitoring/apply/place.ts";
import { manifest } from "../../ops/monitoring/apply/place.ts";

/** A folder on this machine. Files appear in one step: beside it first, then renamed. */
export const folderPlace = (folder: string, mode: "public" | "private"): Place => ({
  name: folder,
  read: (path) => {
    const full = join(folder, path);
    return existsSync(full) ? readFileSync(full, "utf8") : undefined;
  },
  write: (path, text) => {
    const full = join(folder, path);
    const beside = `${full}.new`;
    mkdirSync(dirname(full), { recursive: true, ...(mode === "private" ? { mode: 0o700 } : {}) });
    writeFileSync(beside, text, mode === "private" ? { mode: 0o600 } : {});
    renameSync(beside, full);
  },
  remove: (path) => rmSync(join(folder, path), { force: true }),
});

export const filesBelow = (folder: string): readonly string[] =>
  (existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [])
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => relative(folder, join(folder, path)))
    .filter((path) => path !== manifest);

/** Everything below a folder, with its text. */
export const textsBelow = (folder: string): ReadonlyMap<string, string> =>
  new Map(filesBelow(folder).map((path) => [path, readFileSync(join(folder, path), "utf8")]));
