import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { EpochSecret, MasterSecret } from "../bridge/command/master.ts";
import { base64url, fromBase64url } from "../signing/digest.ts";
import { MIN_SECRET_BYTES, masterFingerprint } from "../signing/keys.ts";
import { FolderProblem, writePrivate } from "./data-folder.ts";

/**
 * The master secrets of all epochs, one a line, newest last:
 *
 *     <32 bytes or more, base64url>        epoch 1
 *     2 <32 bytes or more, base64url>      every later one with its number
 *
 * Read from a file that is its owner's alone. A bridge that may write there can begin new epochs.
 */
export const masterFromFile = (path: string): MasterSecret => {
  if (!existsSync(path)) throw new FolderProblem(`${path} does not exist: it must hold the master secret`);
  const { mode } = statSync(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new FolderProblem(
      `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): run \`chmod 600 ${path}\``,
    );
  }
  const secrets = parse(readFileSync(path, "utf8"), path);
  return isWritable(path) ? { ...secrets, keep: (all) => replace(path, all) } : secrets;
};

/** The same from an environment variable, with commas or spaces between `epoch:secret`; such a bridge cannot begin an epoch. */
export const masterFromText = (text: string, name: string): MasterSecret =>
  parse(text.replaceAll(",", "\n").replaceAll(":", " "), name);

/**
 * Refuses a secret that is not the one this folder's log began with: every answer in it would look forged. The log itself
 * knows only from the first rotation on, so the folder keeps what tells secrets apart and gives none away.
 */
export const refuseOtherMaster = (folder: string, { epoch, secret, older = [] }: MasterSecret): void => {
  const first = [...older, { epoch, secret }].find((one) => one.epoch === 1);
  if (first === undefined) return;
  const file = join(folder, "master.fingerprint");
  const fingerprint = masterFingerprint(first.secret);
  if (!existsSync(file)) return writePrivate(file, `${fingerprint}\n`);
  if (readFileSync(file, "utf8").trim() === fingerprint) return;
  throw new FolderProblem(
    "epoch 1 of the master secret is not the one that this log's keys derive from: give the right one, or restore it from your backup",
  );
};

const parse = (text: string, where: string): MasterSecret => {
  const secrets: EpochSecret[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, digits = "1", encoded = ""] = /^\s*(?:(\d{1,6})\s+)?(\S+)\s*$/.exec(line) ?? [];
    const secret = fromBase64url(encoded);
    // Never the line itself: it holds the secret, or was to.
    if (secret === undefined || secret.byteLength < MIN_SECRET_BYTES) {
      throw new FolderProblem(
        `${where}, line ${index + 1}, must hold at least ${MIN_SECRET_BYTES} bytes, base64url; restore it from your backup`,
      );
    }
    const epoch = Number(digits);
    if (epoch < 1 || secrets.some((other) => other.epoch === epoch)) {
      throw new FolderProblem(`${where}, line ${index + 1}: each epoch from 1 on stands there once`);
    }
    secrets.push({ epoch, secret });
  }
  const [newest, ...older] = secrets.sort((a, b) => b.epoch - a.epoch);
  if (newest === undefined) throw new FolderProblem(`${where} holds no master secret; restore it from your backup`);
  return { ...newest, older: older.reverse() };
};

const isWritable = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** On disk before it is used: a key that was given out must be derivable again after a power cut. */
const replace = (path: string, secrets: readonly EpochSecret[]): void => {
  const text = secrets.map(lineOf).join("");
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(fresh, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
};

const lineOf = ({ epoch, secret }: EpochSecret): string =>
  epoch === 1 ? `${base64url(secret)}\n` : `${epoch} ${base64url(secret)}\n`;
