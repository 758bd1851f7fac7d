import { describe, expect, test } from "vitest";
import type { Recorded } from "../../domain/event.ts";
import type { Disk, DiskFile, Scheduler } from "../../domain/world.ts";
import { append, appendOk, positions, readAll, upTo } from "./log.contract.ts";
import { LogCorrupt, LogUnavailable } from "./log.ts";
import { openMemoryLog } from "./memory.ts";
import { memoryDisk } from "./memory-disk.ts";

const idle: Scheduler = { after: () => () => undefined };
const clock = { now: () => 77, monotonic: () => 0 };

/** A disk that a test can look into, break and mend. */
const diskUnderTest = () => {
  const disk = memoryDisk();
  let fails: Partial<Pick<DiskFile, "append" | "sync">> = {};
  const opened: Disk = {
    open: async (name) => {
      const file = await disk.open(name);
      return {
        ...file,
        append: (bytes) => (fails.append === undefined ? file.append(bytes) : fails.append(bytes)),
        sync: () => (fails.sync === undefined ? file.sync() : fails.sync()),
      };
    },
  };
  return {
    disk: opened,
    raw: () => disk.open("log"),
    break: (how: typeof fails) => {
      fails = how;
    },
    mend: () => {
      fails = {};
    },
  };
};

/** Timers that fire when a test says so. */
const handTimers = () => {
  const tasks: (() => void)[] = [];
  const scheduler: Scheduler = {
    after: (_, task) => {
      tasks.push(task);
      return () => undefined;
    },
  };
  const fire = async (): Promise<void> => {
    for (const task of tasks.splice(0)) task();
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  return { scheduler, fire };
};

const fail = (code: string) => async (): Promise<void> => {
  throw Object.assign(new Error(`${code}: it failed`), { code });
};

const bytesOf = async (write: (open: () => ReturnType<typeof openMemoryLog>) => Promise<void>): Promise<Uint8Array> => {
  const disk = memoryDisk();
  await write(() => openMemoryLog({ disk, clock, scheduler: idle }));
  return (await disk.open("log")).read();
};

const openOn = async (bytes: Uint8Array) => {
  const disk = memoryDisk();
  await (await disk.open("log")).append(bytes);
  return openMemoryLog({ disk, clock, scheduler: idle });
};

describe("the in-memory log on a disk that fails", () => {
  test("cut at any byte, it opens with whole groups only: of a batch none or all", async () => {
    const bytes = await bytesOf(async (open) => {
      const log = await open();
      await appendOk(log, "a", -1, 1);
      await appendOk(log, "b", -1, 5);
    });
    const seen = new Set<number>();
    for (let size = 0; size <= bytes.byteLength; size++) {
      const log = await openOn(bytes.subarray(0, size));
      seen.add(log.head().position);
      expect(positions(await readAll(log, {}))).toEqual(upTo(log.head().position));
      await appendOk(log, "c", -1, 1);
    }
    expect([...seen]).toEqual([0, 1, 6]);
  });

  test("every flipped bit before the last group is found and its position named", async () => {
    let sound = 0;
    const bytes = await bytesOf(async (open) => {
      const log = await open();
      await appendOk(log, "a", -1, 2);
      await appendOk(log, "b", -1, 2);
      sound = 2;
      await appendOk(log, "c", -1, 1);
    });
    const half = Buffer.from(bytes).indexOf("LHF1", 4, "latin1");
    for (let bit = 0; bit < 2 * half * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const error = await openOn(flipped).then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error, `bit ${bit}`).toBeInstanceOf(LogCorrupt);
      expect((error as LogCorrupt).position).toBe(bit < half * 8 ? 1 : sound + 1);
    }
  });

  test("rubbish behind the last group is a torn write and is cut off", async () => {
    const bytes = await bytesOf(async (open) => void (await appendOk(await open(), "a", -1, 3)));
    const log = await openOn(Buffer.concat([bytes, Buffer.from("LHF1 and what a torn sector holds")]));
    expect(log.head().position).toBe(3);
    await appendOk(log, "a", 2, 1);
  });

  test.each([
    ["ENOSPC", "disk_full", "the disk is full"],
    ["EIO", "io", "EIO"],
    ["EROFS", "io", "read-only"],
  ])(
    "%s: appends are refused, health says why and since when, reads go on, and it resumes by itself",
    async (code, fault, why) => {
      const { disk, ...control } = diskUnderTest();
      const { scheduler, fire } = handTimers();
      const log = await openMemoryLog({ disk, clock, scheduler });
      await appendOk(log, "a", -1, 2);
      control.break({ append: fail(code), sync: fail(code) });
      await expect(append(log, "b", -1, 1)).rejects.toMatchObject({ name: "LogUnavailable", fault });
      await expect(append(log, "b", -1, 1)).rejects.toThrow(LogUnavailable);
      expect(log.health()).toEqual({ writable: false, reason: expect.stringContaining(why), since: 77 });
      expect(positions(await readAll(log, {}))).toEqual([1, 2]);
      await fire();
      expect(log.health()).toMatchObject({ writable: false });
      control.mend();
      await fire();
      expect(log.health()).toEqual({ writable: true });
      expect(positions(await appendOk(log, "b", -1, 1))).toEqual([3]);
    },
  );

  test("events whose sync failed but which are on disk are told to listeners when it resumes", async () => {
    const { disk, ...control } = diskUnderTest();
    const { scheduler, fire } = handTimers();
    const log = await openMemoryLog({ disk, clock, scheduler });
    const heard: Recorded[] = [];
    log.onCommitted((events) => heard.push(...events));
    await appendOk(log, "a", -1, 1);
    control.break({ sync: fail("EIO") });
    await expect(append(log, "a", 0, 2)).rejects.toThrow(LogUnavailable);
    expect(log.head().position).toBe(1);
    control.mend();
    await fire();
    expect(positions(heard)).toEqual([1, 2, 3]);
    expect(log.head().position).toBe(3);
    expect((await append(log, "a", 0, 1)).ok).toBe(false);
    expect(positions(await appendOk(log, "a", 2, 1))).toEqual([4]);
  });

  test("a write that stopped half-way leaves no trace", async () => {
    const { disk, raw, ...control } = diskUnderTest();
    const { scheduler, fire } = handTimers();
    const log = await openMemoryLog({ disk, clock, scheduler });
    await appendOk(log, "a", -1, 1);
    control.break({
      append: async (bytes) => {
        await (await raw()).append(bytes.subarray(0, bytes.byteLength - 9));
        throw new Error("half-way");
      },
    });
    await expect(append(log, "b", -1, 3)).rejects.toThrow(LogUnavailable);
    control.mend();
    await fire();
    expect(log.head().position).toBe(1);
    expect(positions(await appendOk(log, "b", -1, 1))).toEqual([2]);
    await log.close();
    const again = await openMemoryLog({ disk, clock, scheduler });
    expect(positions(await readAll(again, {}))).toEqual([1, 2]);
  });

  test("acknowledged events that are gone are never passed over in silence", async () => {
    const { disk, raw, ...control } = diskUnderTest();
    const { scheduler, fire } = handTimers();
    const log = await openMemoryLog({ disk, clock, scheduler });
    await appendOk(log, "a", -1, 1);
    await appendOk(log, "a", 0, 2);
    control.break({ append: fail("EIO") });
    await expect(append(log, "a", 2, 1)).rejects.toThrow(LogUnavailable);
    await (await raw()).truncate(0);
    control.mend();
    await fire();
    expect(log.health()).toMatchObject({ writable: false, reason: expect.stringContaining("not on disk any more") });
  });
});
