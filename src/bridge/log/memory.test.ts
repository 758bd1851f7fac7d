import { logContract } from "./log.contract.ts";
import { openMemoryLog } from "./memory.ts";
import { memoryDisk } from "./memory-disk.ts";

const clock = { now: () => 0, monotonic: () => 0 };
const scheduler = { after: () => () => undefined };

logContract("memory", async () => {
  const disk = memoryDisk();
  return { open: () => openMemoryLog({ disk, clock, scheduler }), destroy: async () => undefined };
});
