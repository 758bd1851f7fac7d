import type { Disk, DiskFile } from "../../domain/world.ts";

/** A disk of bytes in memory, for tests: never fails, forgets nothing. Files outlive their handles. */
export const memoryDisk = (): Disk => {
  const files = new Map<string, Buffer[]>();
  return {
    open: async (name) => {
      const existing = files.get(name);
      const chunks = existing ?? [];
      if (existing === undefined) files.set(name, chunks);
      return memoryFile(chunks);
    },
  };
};

const memoryFile = (chunks: Buffer[]): DiskFile => ({
  read: async () => Buffer.concat(chunks),
  append: async (bytes) => void chunks.push(Buffer.from(bytes)),
  sync: async () => undefined,
  truncate: async (size) => void chunks.splice(0, chunks.length, Buffer.concat(chunks).subarray(0, size)),
  close: async () => undefined,
});
