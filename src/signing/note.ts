import { type KeyObject, sign, verify } from "node:crypto";
import { asBuffer, sha256 } from "./digest.ts";
import { publicJwk, publicKeyFromJwk } from "./keys.ts";

/**
 * C2SP signed note (c2sp.org/signed-note): text whose last line ends in a newline, an empty line, then signatures:
 *
 * ```
 * <text>
 * ⏎
 * — <key name> base64( key id (4 bytes) ‖ Ed25519 signature over the UTF-8 of text, last newline included )⏎
 * key id = first 4 bytes of SHA-256( key name ‖ 0x0A ‖ 0x01 ‖ public key (32 bytes) )
 * ```
 */
export type NoteSigner = { readonly name: string; readonly privateKey: KeyObject };
export type NoteVerifier = { readonly name: string; readonly publicKey: KeyObject };

export type NoteSignature = { readonly name: string; readonly keyId: number; readonly signature: Uint8Array };

/** Longest note that is read, in UTF-16 units, and most signatures in one. */
export const MAX_NOTE_CHARS = 65_536;
export const MAX_NOTE_SIGNATURES = 16;

export type NoteFault = "malformed" | "unknown_key" | "signature_invalid";
export type RefusedNote = { readonly ok: false; readonly code: NoteFault; readonly reason: string };

/** Throws a TypeError if the text cannot be a note's or a name cannot be a key's. */
export const signNote = (text: string, signers: readonly NoteSigner[]): string => {
  if (!isNoteText(text))
    throw new TypeError("a note is well-formed text without control characters, ending in a newline");
  if (signers.length === 0) throw new RangeError("a note needs at least one signer");
  const lines = signers.map(({ name, privateKey }) => {
    if (!isKeyName(name)) throw new TypeError("a key name has no space, no plus sign and at least one character");
    const id = keyId(name, privateKey);
    return `— ${name} ${Buffer.concat([idBytes(id), sign(null, Buffer.from(text), privateKey)]).toString("base64")}\n`;
  });
  return `${text}\n${lines.join("")}`;
};

/**
 * Checks a note; never throws. Signatures by other keys are passed over, as the format asks (witnesses add theirs);
 * one by a known key (name and key id both match) that does not hold spoils the note; at least one must hold.
 */
export const verifyNote = (
  note: string,
  keys: readonly NoteVerifier[],
): { readonly ok: true; readonly text: string; readonly verified: readonly string[] } | RefusedNote => {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const verified: string[] = [];
  for (const { name, keyId: id, signature } of parsed.signatures) {
    const key = keys.find((candidate) => candidate.name === name && keyId(name, candidate.publicKey) === id);
    if (key === undefined) continue;
    if (!verify(null, Buffer.from(parsed.text), key.publicKey, signature))
      return refuse("signature_invalid", `the signature of ${name} does not hold`);
    if (!verified.includes(name)) verified.push(name);
  }
  if (verified.length === 0) return refuse("unknown_key", "no signature by a known key");
  return { ok: true, text: parsed.text, verified };
};

/** Takes a note apart without believing it. */
export const parseNote = (
  note: string,
): { readonly ok: true; readonly text: string; readonly signatures: readonly NoteSignature[] } | RefusedNote => {
  if (note.length > MAX_NOTE_CHARS) return refuse("malformed", `a note over ${MAX_NOTE_CHARS} characters`);
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return refuse("malformed", "no signatures after an empty line");
  const text = note.slice(0, end + 1);
  if (!isNoteText(text)) return refuse("malformed", "the text has a control character or a lone surrogate");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_NOTE_SIGNATURES) return refuse("malformed", `over ${MAX_NOTE_SIGNATURES} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    if (name === undefined || encoded === undefined || !isKeyName(name))
      return refuse("malformed", "a signature line is «— name base64»");
    const bytes = Buffer.from(encoded, "base64");
    if (bytes.byteLength < 5 || bytes.toString("base64") !== encoded)
      return refuse("malformed", `the signature of ${name} is not base64`);
    signatures.push({ name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(4) });
  }
  return { ok: true, text, signatures };
};

/** The first 4 bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key), as a number. */
export const keyId = (name: string, key: KeyObject): number =>
  asBuffer(sha256(Buffer.concat([Buffer.from(`${name}\n`), noteKey(key)]))).readUInt32BE(0);

/** The C2SP verifier key, what is handed to others to pin: `<name>+<key id in hex>+base64(0x01 ‖ public key)`. */
export const verifierKey = (name: string, key: KeyObject): string =>
  `${name}+${idBytes(keyId(name, key)).toString("hex")}+${noteKey(key).toString("base64")}`;

/** Reads what `verifierKey` writes; `undefined` unless its id belongs to its name and key. */
export const verifierOf = (text: string): NoteVerifier | undefined => {
  const [, name = "", id = "", encoded = ""] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.byteLength !== 33 || bytes[0] !== 1) return undefined;
  const publicKey = publicKeyFromJwk({ kty: "OKP", crv: "Ed25519", x: bytes.subarray(1).toString("base64url") });
  return publicKey !== undefined && idBytes(keyId(name, publicKey)).toString("hex") === id
    ? { name, publicKey }
    : undefined;
};

/** 0x01 marks Ed25519. */
const noteKey = (key: KeyObject): Buffer =>
  Buffer.concat([Uint8Array.of(1), Buffer.from(publicJwk(key).x, "base64url")]);

const idBytes = (id: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes;
};

const isKeyName = (name: string): boolean => /^[^\s+]+$/u.test(name) && name.isWellFormed();

const isNoteText = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids exactly these.
  text.endsWith("\n") && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);

const refuse = (code: NoteFault, reason: string): RefusedNote => ({ ok: false, code, reason });
