import type { KeyObject } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Rng } from "../domain/world.ts";
import { base64url } from "../signing/digest.ts";
import { generateEd25519, MIN_SECRET_BYTES, privateKeyFromPem, privateKeyToPem } from "../signing/keys.ts";

/** What a bridge keeps on disk besides its log. Every file here is the owner's alone. */
export interface DataFolder {
  readonly path: string;
  /** The bridge's name in everything that is signed. */
  readonly audience: string;
  /** Where the master secret is, unless it comes from elsewhere. */
  readonly masterFile: string;
  /** Signs the log's checkpoints. */
  readonly logKey: KeyObject;
  readonly operatorFile: string;
}

/** Something about the folder that a person has to put right; the message says what and how. */
export class FolderProblem extends Error {
  override readonly name = "FolderProblem";
}

export const LOG_FILE = "events.db";
export const MASTER_FILE = "master.key";

const NAME_BYTES = 10;

/** Opens the folder; the first time, makes its secrets. */
export const openDataFolder = (path: string, rng: Rng, name?: string, hasMasterElsewhere = false): DataFolder => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  refuseIfWritable(path);
  const masterFile = join(path, MASTER_FILE);
  if (hasMasterElsewhere && existsSync(masterFile)) {
    throw new FolderProblem(
      `${masterFile} holds a master secret, and another was given: move its lines to where the other is, or start without that`,
    );
  }
  for (const file of [...(hasMasterElsewhere ? [] : [MASTER_FILE]), "log.key", "name"]) {
    // A new secret beside an old log would make every stored answer look forged.
    if (existsSync(join(path, LOG_FILE)) && !existsSync(join(path, file))) {
      throw new FolderProblem(`${path} holds a log but no ${file}: restore it from your backup`);
    }
  }
  if (!hasMasterElsewhere) secretFile(masterFile, () => base64url(rng.bytes(MIN_SECRET_BYTES)));
  const pem = secretFile(join(path, "log.key"), () => privateKeyToPem(generateEd25519().privateKey));
  const bridgeName = secretFile(
    join(path, "name"),
    () => name ?? `lighthouse://${base64url(rng.bytes(NAME_BYTES))}`,
  ).trim();
  if (name !== undefined && name !== bridgeName) {
    throw new FolderProblem(`this folder belongs to ${bridgeName}, not ${name}: answers are signed for that name`);
  }
  return {
    path,
    audience: bridgeName,
    masterFile,
    logKey: privateKeyFromPem(pem),
    operatorFile: join(path, "operator.json"),
  };
};

/** Whoever can write into the folder can put another master secret in the place of ours, whatever mode that file has. */
const refuseIfWritable = (path: string): void => {
  const { mode } = statSync(path);
  if (process.platform === "win32" || (mode & 0o022) === 0) return;
  throw new FolderProblem(
    `${path} can be written by others (mode ${(mode & 0o777).toString(8)}): run \`chmod go-w ${path}\`, or give a folder within it`,
  );
};

/** Reads a file that only its owner may read; writes it first if there is none. */
const secretFile = (path: string, make: () => string): string => {
  if (!existsSync(path)) writePrivate(path, `${make()}\n`);
  const { mode } = statSync(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new FolderProblem(
      `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600 ${path}\``,
    );
  }
  return readFileSync(path, "utf8");
};

export const writePrivate = (path: string, text: string): void => {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
};

export const defaultDataFolder = ".lighthouse";
