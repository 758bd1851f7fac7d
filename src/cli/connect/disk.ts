import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Launch, Place } from "./client.ts";

export const placeHere = (project: string = process.cwd()): Place => {
  const home = homedir();
  return { project: resolve(project), home, codexHome: process.env["CODEX_HOME"] ?? join(home, ".codex") };
};

/** This very Node and this very copy of us: what a client finds on its PATH may be neither. */
export const launchOf = (credential: string): Launch => ({
  node: process.execPath,
  bin: fileURLToPath(new URL("../../../bin/lighthouse.js", import.meta.url)),
  credential: resolve(credential),
});

export const readText = (path: string): string | null => (existsSync(path) ? readFileSync(path, "utf8") : null);

/** All of it or nothing: a client that starts meanwhile must not read half a configuration. Null takes the file away. */
export const replaceText = (path: string, text: string | null): void => {
  if (text === null) return rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : 0o600;
  const draft = `${path}.lighthouse-${process.pid}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
};
