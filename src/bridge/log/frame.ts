import { crc32 } from "node:zlib";
import { LogCorrupt } from "./log.ts";

/**
 * What the in-memory log writes to its disk: one frame for each group commit, so that a group is there as a whole or
 * not at all.
 *
 * ```
 * "LHF1" | payload bytes u32 | first position u48 | payload CRC-32 u32 | CRC-32 of the 18 bytes before u32 | payload
 * payload: the records of the group, one in a line
 * ```
 *
 * The header has a checksum of its own: a length that cannot be trusted would turn one flipped bit into the loss of
 * everything behind it.
 */
export const encodeFrame = (firstPosition: number, records: readonly string[]): Uint8Array => {
  const payload = Buffer.from(records.join("\n"), "utf8");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength);
  frame.write(MAGIC, 0, "latin1");
  frame.writeUInt32LE(payload.byteLength, 4);
  frame.writeUIntLE(firstPosition, 8, 6);
  frame.writeUInt32LE(crc32(payload), 14);
  frame.writeUInt32LE(crc32(frame.subarray(0, 18)), 18);
  payload.copy(frame, HEADER_BYTES);
  return frame;
};

export interface Frames {
  readonly groups: readonly { readonly firstPosition: number; readonly records: readonly string[] }[];
  /** Bytes of whole frames; what the file holds beyond them is a write that a crash tore. */
  readonly size: number;
}

/**
 * Reads a file of frames. A damaged frame at the very end is a torn write, which nobody was told of; a damaged frame
 * with a sound one behind it had been on disk and was changed: `LogCorrupt`, with the position.
 */
export const decodeFrames = (file: Uint8Array): Frames => {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const groups: { firstPosition: number; records: readonly string[] }[] = [];
  let next = 1;
  let at = 0;
  while (at < bytes.byteLength) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) {
      if (hasFrameAfter(bytes, at + 1)) throw new LogCorrupt(next, "the bytes on disk are not those that were written");
      break;
    }
    if (frame.firstPosition !== next) {
      throw new LogCorrupt(next, `the next frame on disk starts at position ${frame.firstPosition}`);
    }
    const records = frame.payload.toString("utf8").split("\n");
    groups.push({ firstPosition: next, records });
    next += records.length;
    at += HEADER_BYTES + frame.payload.byteLength;
  }
  return { groups, size: at };
};

interface Frame {
  readonly firstPosition: number;
  readonly payload: Buffer;
}

/** The frame that starts at `at`, if a whole and sound one does. */
const frameAt = (bytes: Buffer, at: number): Frame | undefined => {
  if (at + HEADER_BYTES > bytes.byteLength || bytes.toString("latin1", at, at + 4) !== MAGIC) return undefined;
  if (crc32(bytes.subarray(at, at + 18)) !== bytes.readUInt32LE(at + 18)) return undefined;
  const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 4);
  if (end > bytes.byteLength) return undefined;
  const payload = bytes.subarray(at + HEADER_BYTES, end);
  if (crc32(payload) !== bytes.readUInt32LE(at + 14)) return undefined;
  return { firstPosition: bytes.readUIntLE(at + 8, 6), payload };
};

const hasFrameAfter = (bytes: Buffer, from: number): boolean => {
  for (let at = bytes.indexOf(MAGIC, from, "latin1"); at !== -1; at = bytes.indexOf(MAGIC, at + 1, "latin1")) {
    if (frameAt(bytes, at) !== undefined) return true;
  }
  return false;
};

const MAGIC = "LHF1";
const HEADER_BYTES = 22;
