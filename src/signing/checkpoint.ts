import { HASH_BYTES } from "./merkle.ts";
import { type NoteSigner, type NoteVerifier, parseNote, type RefusedNote, signNote, verifyNote } from "./note.ts";

/**
 * A signed statement that a log had this many leaves and this head: C2SP tlog-checkpoint inside a signed note.
 *
 * ```
 * <origin>⏎                     unique name of the log, no scheme; also the signing key's name
 * <size>⏎                       leaves, ASCII decimal without leading zero
 * <root>⏎                       RFC 6962 tree head, 32 bytes, standard base64
 * ⏎
 * — <origin> <base64>⏎          see note.ts
 * ```
 */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Uint8Array };

/** Signs with Ed25519 under `signer.name` (the origin, for a log's own key). */
export const signCheckpoint = (checkpoint: Checkpoint, ...signers: readonly NoteSigner[]): string =>
  signNote(checkpointText(checkpoint), signers);

/** The three lines that are signed. Throws a TypeError if they could not be read back. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => {
  if (origin === "" || /\s/.test(origin)) throw new TypeError("an origin has no white space and is not empty");
  if (!Number.isSafeInteger(size) || size < 0) throw new TypeError("a size is a whole number from 0");
  if (root.byteLength !== HASH_BYTES) throw new TypeError(`a root has ${HASH_BYTES} bytes`);
  return `${origin}\n${size}\n${Buffer.from(root).toString("base64")}\n`;
};

/** Reads a checkpoint without checking any signature: to show it, never to rely on it. Never throws. */
export const parseCheckpoint = (note: string): { readonly ok: true; readonly checkpoint: Checkpoint } | RefusedNote => {
  const parsed = parseNote(note);
  return parsed.ok ? readText(parsed.text) : parsed;
};

/**
 * Checks a checkpoint; never throws. `keys` are those that the caller trusts for this log and its witnesses;
 * `verified` names the ones whose signature holds (at least one), and the caller asks whether the origin is among them.
 */
export const verifyCheckpoint = (
  note: string,
  keys: readonly NoteVerifier[],
): { readonly ok: true; readonly checkpoint: Checkpoint; readonly verified: readonly string[] } | RefusedNote => {
  const checked = verifyNote(note, keys);
  if (!checked.ok) return checked;
  const read = readText(checked.text);
  return read.ok ? { ...read, verified: checked.verified } : read;
};

const readText = (text: string): { readonly ok: true; readonly checkpoint: Checkpoint } | RefusedNote => {
  // Lines after the third are extensions, which the format lets a reader ignore.
  const [origin, size, root] = text.split("\n");
  if (!origin || !size || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    return malformed("a checkpoint begins with an origin and a size");
  const bytes = Buffer.from(root ?? "", "base64");
  if (bytes.byteLength !== HASH_BYTES || bytes.toString("base64") !== root)
    return malformed(`the third line of a checkpoint is the root, ${HASH_BYTES} bytes in base64`);
  return { ok: true, checkpoint: { origin, size: Number(size), root: bytes } };
};

const malformed = (reason: string): RefusedNote => ({ ok: false, code: "malformed", reason });
