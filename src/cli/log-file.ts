import { existsSync } from "node:fs";
import { join } from "node:path";
import { publicKeyOf } from "../signing/keys.ts";
import type { NoteVerifier } from "../signing/note.ts";
import { LOG_FILE, MASTER_FILE, openDataFolder } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { realRng } from "./world.ts";

/** The log in a data folder, and the key that its checkpoints are signed with. */
export interface LogFile {
  readonly path: string;
  readonly keys: readonly NoteVerifier[];
}

/** Never makes anything: a command that reads must not leave secrets in a folder that was a typing mistake. */
export const logIn = (data: string): LogFile => {
  const path = join(data, LOG_FILE);
  if (!existsSync(path)) {
    throw new Failure("usage", `There is no log at ${path}.`, {
      remedy: "`--data` names the data folder of the bridge; `lighthouse serve` makes one.",
    });
  }
  const { audience, logKey } = openDataFolder(data, realRng(), undefined, !existsSync(join(data, MASTER_FILE)));
  return { path, keys: [{ name: audience, publicKey: publicKeyOf(logKey) }] };
};
