import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { type Credential, hasOwnKey, readCredential } from "./credential.ts";
import type { ConnectOptions } from "./lighthouse.ts";

/**
 * What `connect` needs of an agent whose credential is in a file, as `lighthouse agent add` and `agent enrol` write it.
 * The file follows when the agent's keys change.
 *
 * ```ts
 * await using alice = await connect(credentialFile(".lighthouse/agents/alice.json"));
 * ```
 *
 * Throws when there is no such file, when others can read it, or when it holds no credential; it quotes nothing of it.
 */
export const credentialFile = (path: string): Pick<ConnectOptions, "credential" | "onCredential" | "reread"> => {
  const { keep, reread } = credentialKeeper(path, read);
  return { credential: read(path), onCredential: keep, reread };
};

/**
 * Keeps a credential whose keys change. A first step (with a key that is to follow) is written only over what this process
 * has read: two processes that change one file must not lose each other's keys. What the bridge has confirmed is written
 * whatever is there.
 */
export const credentialKeeper = (path: string, read: (path: string) => Credential) => {
  let seen = readFileSync(path, "utf8");
  return {
    keep: (credential: Credential): void => {
      const isFirstStep = hasOwnKey(credential) && credential.next !== undefined;
      if (isFirstStep && readFileSync(path, "utf8") !== seen) {
        throw new Error(`${path} was changed by another process, so the keys were not changed here.`);
      }
      seen = `${JSON.stringify(credential, null, 2)}\n`;
      const fresh = `${path}.new`;
      writeFileSync(fresh, seen, { mode: 0o600 });
      renameSync(fresh, path);
    },
    reread: (): Credential => {
      seen = readFileSync(path, "utf8");
      return read(path);
    },
  };
};

/** How others can read the file, as `chmod` writes it; undefined when its owner alone can. Windows has no such modes. */
export const openMode = (path: string): string | undefined => {
  const { mode } = statSync(path);
  return process.platform === "win32" || (mode & 0o077) === 0 ? undefined : (mode & 0o777).toString(8);
};

const read = (path: string): Credential => {
  const mode = openMode(path);
  if (mode !== undefined) throw new Error(`${path} can be read by others (mode ${mode}): run \`chmod 600 ${path}\``);
  const found = readCredential(readFileSync(path, "utf8"));
  if (found.ok) return found.credential;
  const problems = found.problems.map(({ pointer, message }) => `${pointer} ${message}`.trim());
  throw new Error(`${path} is not a credential file: ${problems.join("; ")}`);
};
