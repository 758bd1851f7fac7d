import { memoryDisk } from "../../src/bridge/log/memory-disk.ts";
import type { Disk } from "../../src/domain/world.ts";

/** A disk in memory that a test can break and mend: while broken, every write and sync fails with `error`. */
export interface BreakableDisk extends Disk {
  readonly break: (error: Error) => void;
  readonly mend: () => void;
}

export const breakableDisk = (disk: Disk = memoryDisk()): BreakableDisk => {
  let broken: Error | undefined;
  const whole = (): void => {
    if (broken !== undefined) throw broken;
  };
  return {
    open: async (name) => {
      const file = await disk.open(name);
      return {
        ...file,
        append: async (bytes) => {
          whole();
          await file.append(bytes);
        },
        sync: async () => {
          whole();
          await file.sync();
        },
      };
    },
    break: (error) => {
      broken = error;
    },
    mend: () => {
      broken = undefined;
    },
  };
};
