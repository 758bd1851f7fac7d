import { readFileSync } from "node:fs";
import type { HookCredential } from "./bridge.ts";

/** What a hook needs of a credential file, read without loading all that checks one. */
export const credentialAt = async (path: string): Promise<HookCredential> => {
  const { url, token, privateKey } = JSON.parse(readFileSync(path, "utf8")) as Partial<HookCredential> & {
    readonly privateKey?: unknown;
  };
  if (privateKey !== undefined) return (await import("./login.ts")).loginAt(path);
  if (typeof url !== "string" || typeof token !== "string") throw new Error(`${path} is not a credential file`);
  return { url, token };
};

export const fileOf = (args: readonly string[]): string => {
  const at = args.indexOf("--as");
  const path = at < 0 ? process.env["LIGHTHOUSE_CREDENTIAL"] : args[at + 1];
  if (path === undefined) throw new Error("no credential: --as <file> or LIGHTHOUSE_CREDENTIAL");
  return path;
};

/** What went wrong may be that a login is over; a bearer token stays what it is. */
export const afterFailure = async (path: string, error: unknown): Promise<void> => {
  if (error instanceof Error && error.message.includes("the bridge said 401")) {
    (await import("./login.ts")).forgetLogin(path);
  }
};
