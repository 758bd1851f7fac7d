import { describe, expect, test } from "vitest";
import { type SimulatedDisk, simulatedDisk } from "./disk.ts";
import { sometimes } from "./sometimes.ts";
import { trace } from "./trace.ts";
import { newProcess, type Process, type World, world } from "./world.ts";

interface Scene {
  readonly at: World;
  readonly disk: SimulatedDisk;
  readonly owner: Process;
  /** Does something with the disk and lets the time pass that it takes. */
  readonly done: <T>(work: Promise<T>) => Promise<T>;
}

const scene = (seed: number): Scene => {
  const at = world(seed, trace(false));
  const disk = simulatedDisk(at, sometimes());
  return {
    at,
    disk,
    owner: newProcess("bridge"),
    done: async (work) => {
      let isDone = false;
      const seen = work.finally(() => {
        isDone = true;
      });
      seen.catch(() => undefined);
      await at.run(at.monotonic() + 1_000, () => isDone);
      return seen;
    },
  };
};

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (file: Uint8Array): string => Buffer.from(file).toString("latin1");

describe("a simulated disk", () => {
  test("keeps through every power cut what was synced, and never more than was written", async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const { disk, owner, done } = scene(seed);
      const file = await done(disk.mountFor(owner).open("log"));
      await done(file.append(bytes("kept")));
      await done(file.sync());
      await done(file.append(bytes("-lost?")));
      disk.crash("power cut");

      const left = textOf(await done((await disk.mountFor(owner).open("log")).read()));
      expect(left.startsWith("kept")).toBe(true);
      expect(left.length).toBeLessThanOrEqual("kept-lost?".length);
      ends.add(left.slice(4));
    }
    // Nothing, all, a part, and a size without its data.
    expect([...ends]).toEqual(expect.arrayContaining(["", "-lost?", "\0\0\0\0\0\0"]));
    expect([...ends].some((end) => end.length > 0 && end.length < 6)).toBe(true);
  });

  test("spoils whole sectors only, and none that held synced bytes with anything but zeros", async () => {
    let garbage = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { disk, owner, done } = scene(seed);
      const file = await done(disk.mountFor(owner).open("log"));
      await done(file.append(bytes("a".repeat(100))));
      await done(file.sync());
      await done(file.append(bytes("b".repeat(2_000))));
      disk.crash("power cut");

      const left = textOf(disk.durable("log"));
      expect(left.slice(0, 100)).toBe("a".repeat(100));
      expect(left.slice(100, 512)).toMatch(/^(b*|\0*)$/);
      if (/[^ab\0]/.test(left)) garbage++;
    }
    expect(garbage).toBeGreaterThan(0);
  });

  test("has in its cache after a kill whatever was written", async () => {
    const { disk, owner, done } = scene(1);
    const file = await done(disk.mountFor(owner).open("log"));
    await done(file.append(bytes("written")));
    disk.crash("kill");

    expect(textOf(await done((await disk.mountFor(owner).open("log")).read()))).toBe("written");
    expect(disk.durable("log").length).toBe(0);
  });

  test("does not bring back with a later sync what an earlier one failed to write", async () => {
    const { at, disk, owner, done } = scene(2);
    const file = await done(disk.mountFor(owner).open("log"));
    await done(file.append(bytes("gone")));
    disk.strike("sync errors", 1_000_000);
    const attempts: string[] = [];
    while (attempts.at(-1) !== "EIO") {
      attempts.push(
        await done(file.sync()).then(
          () => "ok",
          (error: NodeJS.ErrnoException) => error.code ?? "",
        ),
      );
      if (attempts.at(-1) === "ok") await done(file.append(bytes("gone")));
    }
    disk.mend();
    await done(file.sync());

    expect(at.failure()).toBeUndefined();
    expect(textOf(disk.durable("log")).endsWith("\0\0\0\0")).toBe(true);
    expect(textOf(await done(file.read())).endsWith("gone")).toBe(true);
  });

  test("never completes what a process had under way when it died", async () => {
    const { at, disk, owner, done } = scene(3);
    const file = await done(disk.mountFor(owner).open("log"));
    let heard = false;
    file.append(bytes("x")).then(() => {
      heard = true;
    });
    owner.alive = false;
    await at.run(at.monotonic() + 10_000);

    expect(heard).toBe(false);
  });
});
