import { crc32 } from "node:zlib";
import type { Recorded } from "../../../src/domain/event.ts";

/**
 * Reads what is on the disk for certain, frame by frame, as it grows. Written from the description of the format in
 * `frame.ts`, not with its code: a checker that shares the code under test shares its mistakes.
 */
export const durableReader = () => {
  let offset = 0;
  let position = 0;
  const revisions = new Map<string, number>();

  const recordsAt = (bytes: Buffer): readonly string[] | undefined => {
    if (offset + HEADER_BYTES > bytes.length || bytes.toString("latin1", offset, offset + 4) !== "LHF1")
      return undefined;
    const size = bytes.readUInt32LE(offset + 4);
    const first = bytes.readUIntLE(offset + 8, 6);
    const payload = bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + size);
    if (payload.length < size || first !== position + 1 || crc32(payload) !== bytes.readUInt32LE(offset + 14)) {
      return undefined;
    }
    offset += HEADER_BYTES + size;
    return payload.toString("utf8").split("\n");
  };

  return {
    /** The events that have become durable since the last call. */
    read: (file: Uint8Array): readonly Recorded[] => {
      const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
      const events: Recorded[] = [];
      for (let records = recordsAt(bytes); records !== undefined; records = recordsAt(bytes)) {
        for (const text of records) {
          const draft = JSON.parse(text) as Recorded;
          const revision = (revisions.get(draft.stream) ?? -1) + 1;
          revisions.set(draft.stream, revision);
          position++;
          events.push({ ...draft, position, revision });
        }
      }
      return events;
    },
    /** Bytes read so far: all of them must be there for ever. */
    size: (): number => offset,
  };
};

const HEADER_BYTES = 22;
