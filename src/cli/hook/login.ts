import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hasOwnKey } from "../../client/credential.ts";
import { signIn } from "../../client/login.ts";
import { nodeSuite } from "../../client/node-suite.ts";
import { fetchPost } from "../../client/post.ts";
import { loadCredential } from "../credential-file.ts";
import { realClock } from "../world.ts";
import type { HookCredential } from "./bridge.ts";

interface Kept {
  readonly token: string;
  readonly kid: string;
  readonly expiresAt: number;
  readonly idleMs: number;
  readonly usedAt: number;
}

/** A login is not used so close to its end that it could be over when the request arrives, in milliseconds. */
const MARGIN_MS = 60_000;

/**
 * A login for a hook of an agent that has a key of its own. Hooks run with every tool call, so it is kept beside the
 * credential, as private as that, for as long as it is good: signing in each time would take longer than the hook, and
 * leave an event in the log.
 */
export const loginAt = async (path: string): Promise<HookCredential> => {
  const credential = loadCredential(path);
  const { url } = credential;
  if (!hasOwnKey(credential)) return { url, token: credential.token };
  const now = realClock.now();
  const kept = keptAt(path);
  if (kept?.kid === credential.kid && now < kept.expiresAt - MARGIN_MS && now - kept.usedAt < kept.idleMs - MARGIN_MS) {
    keep(path, { ...kept, usedAt: now });
    return { url, token: kept.token };
  }
  const { login } = await signIn(credential, { clock: realClock, suite: nodeSuite, post: fetchPost, url });
  const { token, kid, expiresAt, idleMs } = login;
  keep(path, { token, kid, expiresAt, idleMs, usedAt: now });
  return { url, token };
};

/** The bridge does not know it any more: the next hook signs in anew. */
export const forgetLogin = (path: string): void => rmSync(fileOf(path), { force: true });

const fileOf = (path: string): string => `${path}.login`;

const keptAt = (path: string): Kept | undefined => {
  try {
    return JSON.parse(readFileSync(fileOf(path), "utf8")) as Kept;
  } catch {
    return undefined;
  }
};

const keep = (path: string, kept: Kept): void =>
  writeFileSync(fileOf(path), `${JSON.stringify(kept)}\n`, { mode: 0o600 });
