import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { positions, readAll, upTo } from "./log.contract.ts";
import { keys, openAt, temporaryFolder } from "./place.contract.ts";
import { verifyLog } from "./verify.ts";

const CHILD = join(import.meta.dirname, "writer.child.contract.ts");

describe("a bridge that is killed", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "events.db");
  });
  afterEach(() => folder.remove());

  /** Lets a process write until it has had `acks` acknowledgements, kills it, and returns what it had been told. */
  const killUnderLoad = async (acks: number, mode: "safe" | "unsafe"): Promise<readonly number[]> => {
    const child = spawn(process.execPath, [CHILD, path, "32", "0", mode], { stdio: ["ignore", "pipe", "inherit"] });
    const acked: number[] = [];
    for await (const line of linesOf(child)) {
      const [word, value] = line.split(" ");
      if (word === "died") throw new Error(line);
      if (word !== "acked") continue;
      acked.push(Number(value));
      if (acked.length === acks) child.kill("SIGKILL");
    }
    return acked;
  };

  /** The acknowledged positions that are not on disk. */
  const lost = async (acked: readonly number[]): Promise<readonly number[]> => {
    const log = await openAt(path);
    const there = new Set(positions(await readAll(log, {})));
    await log.close();
    return acked.filter((position) => !there.has(position));
  };

  test("10 times with kill -9 under load loses nothing acknowledged, leaves no gap, and verifies", async () => {
    const acked: number[] = [];
    for (let round = 1; round <= 10; round++) {
      acked.push(...(await killUnderLoad(150 * round, "safe")));
      expect(await lost(acked)).toEqual([]);
    }
    expect(new Set(acked).size).toBe(acked.length);
    const log = await openAt(path);
    expect(positions(await readAll(log, {}))).toEqual(upTo(log.head().position));
    await log.close();
    expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
  });

  test("this same test finds a log that acknowledges before it commits", async () => {
    let found = 0;
    for (let round = 1; round <= 10 && found === 0; round++) {
      found += (await lost(await killUnderLoad(50 + 37 * round, "unsafe"))).length;
    }
    expect(found).toBeGreaterThan(0);
  });
});

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  const ended = once(child, "exit");
  if (child.stdout === null) throw new Error("no pipe to the child");
  yield* createInterface({ input: child.stdout });
  await ended;
}
