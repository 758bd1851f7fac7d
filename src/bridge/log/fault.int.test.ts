import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Recorded } from "../../domain/event.ts";
import { append, appendDrafts, appendOk, positions, readAll, sampleDraft, upTo } from "./log.contract.ts";
import { LogUnavailable } from "./log.ts";
import { keys, openAt, temporaryFolder } from "./place.contract.ts";
import type { SqliteLog } from "./sqlite.ts";
import { verifyLog } from "./verify.ts";

const CHILD = join(import.meta.dirname, "writer.child.contract.ts");

describe("when the disk fails", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let undo: (() => void)[] = [];
  beforeEach(() => {
    folder = temporaryFolder();
    undo = [];
  });
  afterEach(() => {
    for (const step of undo.reverse()) step();
    folder.remove();
  });

  test("a second process is refused in one sentence that names the first, until the first is gone", async () => {
    const path = join(folder.path, "events.db");
    const log = await openAt(path);
    await appendOk(log, "a", -1, 1);
    const said = await childSays([path, "1", "1"]);
    expect(said).toEqual([
      `died another bridge (process ${process.pid}) is using this data folder (${path}.lock is locked). ` +
        "Stop it, or give this one a folder of its own.",
    ]);
    await expect(openAt(path)).rejects.toThrow(LogUnavailable);
    await appendOk(log, "a", 0, 1);
    await log.close();
    expect(await childSays([path, "1", "1"])).toEqual(["ready 2", "heard 3", "acked 3", "closed"]);
  });

  test("a full disk: appends are refused, health says why and since when, reads go on, and it resumes by itself", async (context) => {
    const disk = smallDisk(3) ?? context.skip("not run: needs Linux and root to mount a small tmpfs");
    const path = join(disk, "events.db");
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(1_048_576));
    const log = await openAt(path, { probeMs: 50 });
    const heard: Recorded[] = [];
    log.onCommitted((events) => heard.push(...events));
    const acked = await appendUntilRefused(log);
    expect(acked.length).toBeGreaterThan(10);
    expect(log.health()).toMatchObject({ writable: false, reason: expect.stringContaining("the disk is full") });
    const { since } = log.health() as { since: number };
    expect(Date.now() - since).toBeLessThan(60_000);
    await expect(append(log, "b", -1, 1)).rejects.toMatchObject({ name: "LogUnavailable", fault: "disk_full" });
    expect(positions(await readAll(log, {}))).toEqual(positions(heard));
    // A failing probe changes neither the time since when, nor that reads go on.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(log.health()).toMatchObject({ writable: false, since });
    await readAll(log, {});

    rmSync(ballast);
    await writable(log);
    await appendOk(log, "after", -1, 1);
    await settled(log, path, acked, heard);
  });

  test("a log that may not be written (immutable files) refuses, keeps reading and resumes", async (context) => {
    const path = join(folder.path, "events.db");
    const log = await openAt(path, { probeMs: 50 });
    const heard: Recorded[] = [];
    log.onCommitted((events) => heard.push(...events));
    const acked = positions(await appendOk(log, "a", -1, 5));
    const files = [path, `${path}-wal`];
    if (!ran("chattr", "+i", ...files)) {
      await log.close();
      context.skip("not run: chattr +i needs Linux, root and a file system that knows it");
    }
    undo.push(() => ran("chattr", "-i", ...files.filter(existsSync)));
    await expect(append(log, "b", -1, 1)).rejects.toThrow(LogUnavailable);
    expect(log.health()).toMatchObject({ writable: false });
    expect(positions(await readAll(log, {}))).toEqual(acked);
    ran("chattr", "-i", ...files);
    await writable(log);
    await appendOk(log, "c", -1, 1);
    await settled(log, path, acked, heard);
  });

  test("a file system that turned read-only: refused, told in health, still read", async (context) => {
    const disk = ext4() ?? context.skip("not run: needs Linux, root, a loop device and mkfs.ext4");
    const path = join(disk.path, "events.db");
    const log = await openAt(path, { probeMs: 50 });
    const acked = positions(await appendOk(log, "a", -1, 5));
    disk.turnReadOnly();
    await expect(append(log, "b", -1, 1)).rejects.toThrow(LogUnavailable);
    expect(log.health()).toMatchObject({ writable: false });
    expect(positions(await readAll(log, {}))).toEqual(acked);
    await log.close();
    disk.mountAgain();
    const again = await openAt(path);
    await appendOk(again, "c", -1, 1);
    expect(positions(await readAll(again, {})).slice(0, 5)).toEqual(acked);
    await again.close();
    expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
  });

  test.for([
    ["fsync,fdatasync", "15..22"],
    ["pwrite64", "80..95"],
  ] as const)(
    "%s fails with EIO for a while: nothing acknowledged is lost, and it resumes",
    async ([calls, when], { skip }) => {
      if (!ran("strace", "-V")) skip("not run: needs strace");
      const path = join(folder.path, "events.db");
      const trace = join(folder.path, "trace");
      const inject = ["-f", "-qq", "-o", trace, "-e", `trace=${calls}`, "-e", `inject=${calls}:error=EIO:when=${when}`];
      const said = await saysUnder("strace", [...inject, process.execPath, CHILD, path, "2", "400"]);
      expect(readFileSync(trace, "utf8")).toContain("(INJECTED)");
      expect(said.some((line) => line.startsWith("refused"))).toBe(true);
      expect(said.at(-1)).toBe("closed");
      const [acked, heard] = ["acked ", "heard "].map((word) =>
        said.flatMap((line) => (line.startsWith(word) ? [Number(line.slice(word.length))] : [])),
      ) as [number[], number[]];
      expect(new Set(acked).size).toBe(acked.length);
      const log = await openAt(path);
      const there = new Set(positions(await readAll(log, {})));
      await log.close();
      // What survived without an acknowledgement was told when the log resumed: heard is what is there, once, in order.
      expect(heard).toEqual([...there]);
      expect(acked.filter((position) => !there.has(position))).toEqual([]);
      expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
    },
  );

  /** Appends 20 KB events until the disk takes no more; the positions that were acknowledged. */
  const appendUntilRefused = async (log: SqliteLog): Promise<readonly number[]> => {
    const acked: number[] = [];
    for (let i = 0; i < 1_000; i++) {
      const draft = sampleDraft({ stream: `s/${i}`, data: { name: "big", payload: "x".repeat(20_000) } });
      const appended = await appendDrafts(log, [draft]).catch((error: Error) => error);
      if (appended instanceof LogUnavailable) return acked;
      if (appended instanceof Error) throw appended;
      if (appended.ok) acked.push(...positions(appended.events));
    }
    throw new Error("the disk never filled");
  };

  const writable = async (log: SqliteLog): Promise<void> => {
    for (let i = 0; i < 200 && !log.health().writable; i++) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(log.health()).toEqual({ writable: true });
  };

  /** Every acknowledged event is there, everybody heard of every event once and in order, and the log verifies. */
  const settled = async (log: SqliteLog, path: string, acked: readonly number[], heard: readonly Recorded[]) => {
    const all = positions(await readAll(log, {}));
    expect(all).toEqual(upTo(log.head().position));
    expect(acked.filter((position) => !all.includes(position))).toEqual([]);
    expect(positions(heard)).toEqual(all);
    await log.close();
    expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
  };

  /** A file system of `megabytes`, or undefined where this process may not mount one. */
  const smallDisk = (megabytes: number): string | undefined => {
    const path = join(folder.path, "disk");
    mkdirSync(path);
    if (!ran("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path)) return undefined;
    undo.push(() => ran("umount", "-l", path));
    return path;
  };

  const ext4 = () => {
    const [image, path] = [join(folder.path, "image"), join(folder.path, "disk")];
    mkdirSync(path);
    writeFileSync(image, Buffer.alloc(16 * 1_048_576));
    const device = output("losetup", "-f", "--show", image)?.trim();
    if (device === undefined) return undefined;
    undo.push(() => ran("losetup", "-d", device));
    const mount = (): boolean => ran("mount", "-o", "errors=remount-ro", device, path);
    if (!ran("mkfs.ext4", "-q", device) || !mount()) return undefined;
    undo.push(() => ran("umount", "-l", path));
    return {
      path,
      turnReadOnly: () => writeFileSync(`/sys/fs/ext4/${device.slice("/dev/".length)}/trigger_fs_error`, "test"),
      mountAgain: () => {
        expect(ran("umount", path)).toBe(true);
        ran("e2fsck", "-f", "-p", device);
        expect(mount()).toBe(true);
      },
    };
  };
});

const output = (command: string, ...args: readonly string[]): string | undefined => {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
};
const ran = (command: string, ...args: readonly string[]): boolean => output(command, ...args) !== undefined;

const childSays = (args: readonly string[]): Promise<readonly string[]> =>
  saysUnder(process.execPath, [CHILD, ...args]);

const saysUnder = async (command: string, args: readonly string[]): Promise<readonly string[]> => {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) said.push(line);
  return said;
};
