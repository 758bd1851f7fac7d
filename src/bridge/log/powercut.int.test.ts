import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { positions, readAll, upTo } from "./log.contract.ts";
import { keys, openAt, temporaryFolder } from "./place.contract.ts";
import { verifyLog } from "./verify.ts";

const CHILD = join(import.meta.dirname, "writer.child.contract.ts");
const CUTS = 5;
const DISK_BYTES = 48 * 1_048_576;

/**
 * A power cut as far as one machine can make it: the log lives on an ext4 of its own in a file; at the cut the writing
 * process is stopped and the file is copied. What the kernel had not been made to write out is not in the copy. (It does
 * not reorder writes inside a disk's own cache; the simulator's disk does.)
 */
describe("a power cut", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let undo: (() => void)[];
  beforeEach(() => {
    folder = temporaryFolder();
    undo = [];
  });
  afterEach(() => {
    for (const step of undo.reverse()) step();
    folder.remove();
  });

  test(`${CUTS} cuts under load lose nothing acknowledged; what is left has no gap and verifies`, async ({ skip }) => {
    let acks = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const image = join(folder.path, `disk-${cut}`);
      const disk = mount(image, true) ?? skip("not run: needs Linux, root, a loop device and mkfs.ext4");
      const path = join(disk.path, "events.db");
      const acked = await stopUnderLoad(path, 200 + 150 * cut, () => copyFileSync(image, `${image}-cut`));
      const after = mount(`${image}-cut`, false) ?? skip("not run: the copy could not be mounted");
      const left = join(after.path, "events.db");
      const log = await openAt(left);
      const there = positions(await readAll(log, {}));
      await log.close();
      expect(there).toEqual(upTo(there.length));
      expect(acked.filter((position) => position > there.length)).toEqual([]);
      expect(await verifyLog(left, { keys })).toMatchObject({ ok: true });
      acks += acked.length;
    }
    expect(acks).toBeGreaterThan(CUTS * 200);
  });

  /** Positions acknowledged when the process was stopped; `atCut` runs while it stands still. */
  const stopUnderLoad = async (path: string, acks: number, atCut: () => void): Promise<readonly number[]> => {
    const child = spawn(process.execPath, [CHILD, path, "16", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    const acked: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith("acked ")) continue;
      acked.push(Number(line.slice("acked ".length)));
      if (acked.length !== acks) continue;
      child.kill("SIGSTOP");
      atCut();
      break;
    }
    child.kill("SIGKILL");
    await ended;
    return acked;
  };

  const mount = (image: string, make: boolean) => {
    const path = `${image}-mounted`;
    mkdirSync(path);
    if (make) writeFileSync(image, Buffer.alloc(DISK_BYTES));
    const device = output("losetup", "-f", "--show", image)?.trim();
    if (device === undefined) return undefined;
    undo.push(() => output("losetup", "-d", device));
    if (make && output("mkfs.ext4", "-q", device) === undefined) return undefined;
    if (output("mount", device, path) === undefined) return undefined;
    undo.push(() => output("umount", "-l", path));
    return { path };
  };
});

const output = (command: string, ...args: readonly string[]): string | undefined => {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
};
