import { readFileSync } from "node:fs";
import type { HookCredential } from "./bridge.ts";

/** What a hook needs of a credential file, read without loading all that checks one. */
export const credentialAt = (path: string): HookCredential => {
  const { url, token } = JSON.parse(readFileSync(path, "utf8")) as Partial<HookCredential>;
  if (typeof url !== "string" || typeof token !== "string") throw new Error(`${path} is not a credential file`);
  return { url, token };
};

export const fileOf = (args: readonly string[]): string => {
  const at = args.indexOf("--as");
  const path = at < 0 ? process.env["LIGHTHOUSE_CREDENTIAL"] : args[at + 1];
  if (path === undefined) throw new Error("no credential: --as <file> or LIGHTHOUSE_CREDENTIAL");
  return path;
};
