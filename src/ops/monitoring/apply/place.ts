import type { Rendered } from "../render/rendered.ts";

/** A folder of files, as far as `apply` needs one. Paths are below it. */
export interface Place {
  /** Where it is, for words. */
  readonly name: string;
  readonly read: (path: string) => string | undefined;
  /** Whole or not at all: a server that reloads in between sees the old text or the new. */
  readonly write: (path: string, text: string) => void;
  readonly remove: (path: string) => void;
}

export interface Placed {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
}

/** What we wrote the last time, one path a line: only that is ever taken away. */
export const manifest = ".lighthouse-rendered";

/** Writes what differs, takes away what was rendered once and is not any more, and touches nothing else. */
export const putFiles = (files: Rendered, place: Place): Placed => {
  const before = (place.read(manifest) ?? "").split("\n").filter((path) => path !== "");
  const written: string[] = [];
  for (const [path, text] of files) {
    if (place.read(path) === text) continue;
    place.write(path, text);
    written.push(path);
  }
  const removed = before.filter((path) => !files.has(path) && place.read(path) !== undefined);
  for (const path of removed) place.remove(path);
  const listed = `${[...files.keys()].join("\n")}\n`;
  if (place.read(manifest) !== listed) place.write(manifest, listed);
  return { written, removed, unchanged: files.size - written.length };
};
