import type { Vitals } from "../../src/domain/mode.ts";
import type { Disk, DiskFile } from "../../src/domain/world.ts";
import { type Random, random } from "./random.ts";
import type { Sometimes } from "./sometimes.ts";
import type { Process, World } from "./world.ts";

/** What a disk can be struck with for a while. */
export type DiskFault = "full" | "write errors" | "sync errors" | "read errors" | "slow";

export interface SimulatedDisk {
  /** The disk as one process sees it: what it has under way when it dies never completes. */
  readonly mountFor: (owner: Process) => Disk;
  readonly strike: (fault: DiskFault, forMs: number) => void;
  readonly mend: () => void;
  /**
   * `kill`: only the process died, so everything written is still in the page cache. `power cut`: whatever was not
   * synced is there, or not, or in part, or garbage, by sectors. A kill after a failed sync counts as a power cut: a
   * successor that reads pages which only the cache still has cannot tell, nor can any other program on Linux.
   */
  readonly crash: (how: "kill" | "power cut") => void;
  /** Does something once, in the middle of the next write. */
  readonly inTheNextWrite: (act: () => void) => void;
  /** How it is doing, as the machine would measure it. */
  readonly vitals: () => Vitals;
  /** The bytes that no power cut can take any more. */
  readonly durable: (name: string) => Uint8Array;
  /** Called, with the file's name, when a sync has made more bytes durable, before whoever waits for the sync hears. */
  onDurable: (name: string) => void;
}

/** The unit that a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

/** The 99th percentile of what a slow disk takes, in milliseconds: see `latencyMs`. */
const SLOW_P99_MS = 190;

/** A change that a power cut may undo. A ghost is one that a failed sync has given up: no later sync brings it. */
type Change =
  | { readonly kind: "append"; readonly at: number; readonly bytes: Buffer; ghost: boolean }
  | { readonly kind: "truncate"; readonly size: number };

interface File {
  /** What reads see. */
  cache: Bytes;
  /** What a power cut leaves for certain. */
  durable: Bytes;
  changes: Change[];
}

/** Bytes that grow without being copied each time. */
interface Bytes {
  data: Buffer;
  size: number;
}

/**
 * One disk. Its model of damage is that of SQLite's `test6.c` and of a journaling file system: a sync is a barrier;
 * between two of them sizes change in order and sectors come as they like, so that a grown file may hold zeros or old
 * garbage where its data should be. Bytes that were synced once are never touched ("powersafe overwrite"). A sync that
 * fails marks what it could not write as clean, as Linux does, so that only writing it again can save it.
 */
export const simulatedDisk = (world: World, sometimes: Sometimes): SimulatedDisk => {
  const luck = random(world.seed, "disk");
  const files = new Map<string, File>();
  const under = new Set<{ readonly file: File; readonly bytes: Buffer }>();
  const ambushes: (() => void)[] = [];
  let struck: { readonly fault: DiskFault; readonly until: number } | undefined;

  const fault = (): DiskFault | undefined =>
    struck !== undefined && world.monotonic() < struck.until ? struck.fault : undefined;

  const latencyMs = (): number => {
    const usual = luck.between(20, 400) / 1000;
    if (fault() === "slow") return usual * luck.between(20, 500);
    return luck.chance(0.01) ? usual * 100 : usual;
  };

  /** Does something to a file after a while, unless the process dies before. */
  const later = <T>(owner: Process, what: string, act: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      world.after(owner, latencyMs(), what, () => {
        try {
          resolve(act());
        } catch (error) {
          world.trace.note(
            world.monotonic(),
            `failed ${what}`,
            () => `disk: ${what} fails: ${(error as Error).message}`,
          );
          reject(error);
        }
      });
    });

  const write = (file: File, bytes: Buffer): void => {
    file.changes.push({ kind: "append", at: file.cache.size, bytes, ghost: false });
    put(file.cache, file.cache.size, bytes);
  };

  const append = (owner: Process, file: File, given: Uint8Array): Promise<void> => {
    const bytes = Buffer.from(given);
    const entry = { file, bytes };
    under.add(entry);
    for (const act of ambushes.splice(0)) world.after(null, luck.below(1_200) / 1_000, "in the middle of a write", act);
    return later(owner, `append ${bytes.length} B`, () => {
      under.delete(entry);
      const how = fault();
      const fails = how === "full" || (how === "write errors" && luck.chance(0.5));
      if (!fails) return write(file, bytes);
      sometimes.saw(how === "full" ? "disk full" : "write error");
      write(file, bytes.subarray(0, luck.chance(0.5) ? 0 : luck.below(bytes.length)));
      throw how === "full" ? diskError("ENOSPC", "no space left on device") : diskError("EIO", "i/o error on write");
    });
  };

  const sync = (owner: Process, name: string, file: File): Promise<void> =>
    later(owner, "sync", () => {
      if (fault() === "sync errors" && luck.chance(0.5)) {
        sometimes.saw("sync error");
        for (const change of file.changes) if (change.kind === "append") change.ghost = true;
        throw diskError("EIO", "i/o error on sync");
      }
      for (const change of file.changes) apply(file.durable, change);
      file.changes = [];
      disk.onDurable(name);
    });

  const truncate = (owner: Process, file: File, size: number): Promise<void> =>
    later(owner, `truncate to ${size} B`, () => {
      if (fault() === "write errors" && luck.chance(0.3)) throw diskError("EIO", "i/o error on truncate");
      if (size < file.cache.size) sometimes.saw("torn tail cut off");
      resize(file.cache, size);
      file.changes.push({ kind: "truncate", size });
    });

  const read = (owner: Process, file: File): Promise<Uint8Array> =>
    later(owner, "read", () => {
      if (fault() === "read errors") {
        sometimes.saw("read error");
        throw diskError("EIO", "i/o error on read");
      }
      return Buffer.from(contentOf(file.cache));
    });

  const fileFor = (owner: Process, name: string): DiskFile => {
    const file = files.get(name) ?? { cache: nothing(), durable: nothing(), changes: [] };
    files.set(name, file);
    let closed = false;
    const whileOpen = <T>(act: () => Promise<T>): Promise<T> =>
      closed ? Promise.reject(diskError("EBADF", "the file is closed")) : act();
    return {
      read: () => whileOpen(() => read(owner, file)),
      append: (bytes) => whileOpen(() => append(owner, file, bytes)),
      sync: () => whileOpen(() => sync(owner, name, file)),
      truncate: (size) => whileOpen(() => truncate(owner, file, size)),
      close: async () => {
        closed = true;
      },
    };
  };

  const crash: SimulatedDisk["crash"] = (how) => {
    // A write that was on its way may have got anywhere.
    for (const { file, bytes } of under) write(file, bytes.subarray(0, luck.below(bytes.length + 1)));
    under.clear();
    for (const file of files.values()) {
      if (how === "kill" && !file.changes.some(isGhost)) continue;
      if (file.changes.length > 0) sometimes.saw("unsynced write at a power cut");
      resolve(file, luck);
    }
  };

  const disk: SimulatedDisk = {
    mountFor: (owner) => ({ open: async (name) => fileFor(owner, name) }),
    strike: (what, forMs) => {
      struck = { fault: what, until: world.monotonic() + forMs };
    },
    mend: () => {
      struck = undefined;
      ambushes.length = 0;
    },
    crash,
    vitals: () => ({
      diskFreeShare: fault() === "full" ? 0.01 : 0.4,
      ...{ appendP99Ms: fault() === "slow" ? SLOW_P99_MS : 1, appends: 100 },
    }),
    inTheNextWrite: (act) => void ambushes.push(act),
    durable: (name) => contentOf(files.get(name)?.durable ?? nothing()),
    onDurable: () => undefined,
  };
  return disk;
};

const diskError = (code: string, message: string): Error => Object.assign(new Error(`${code}: ${message}`), { code });

const isGhost = (change: Change): boolean => change.kind === "append" && change.ghost;

const nothing = (): Bytes => ({ data: Buffer.alloc(4_096), size: 0 });
const contentOf = ({ data, size }: Bytes): Buffer => data.subarray(0, size);

const put = (bytes: Bytes, at: number, added: Uint8Array): void => {
  resize(bytes, Math.max(bytes.size, at + added.length));
  bytes.data.set(added, at);
};

/** What a file gains in size before anything is written there is zeros. */
const resize = (bytes: Bytes, size: number): void => {
  if (size > bytes.data.length) bytes.data = Buffer.concat([bytes.data, Buffer.alloc(Math.max(size, bytes.size))]);
  if (size < bytes.size) bytes.data.fill(0, size, bytes.size);
  bytes.size = size;
};

/** A change as a sync brings it. Of a ghost only the place is there. */
const apply = (bytes: Bytes, change: Change): void => {
  if (change.kind === "truncate") resize(bytes, Math.min(bytes.size, change.size));
  else if (change.ghost) resize(bytes, change.at + change.bytes.length);
  else put(bytes, change.at, change.bytes);
};

/** Sizes changed in order up to some moment; of the data behind them, each sector came or did not. */
const resolve = (file: File, luck: Random): void => {
  const reached = luck.below(file.changes.length + 1);
  const style = luck.weighted({ whole: 1, "cut short": 2, "by sectors": 3, "nothing but size": 1 });
  for (const change of file.changes.slice(0, reached)) {
    if (change.kind === "truncate") {
      apply(file.durable, change);
      continue;
    }
    const length = style === "cut short" ? luck.below(change.bytes.length + 1) : change.bytes.length;
    const bytes = Buffer.from(change.bytes.subarray(0, length));
    if (style === "nothing but size") bytes.fill(0);
    if (style === "by sectors") spoilSectors(bytes, change.at, luck);
    apply(file.durable, { ...change, bytes });
  }
  file.cache = { data: Buffer.from(file.durable.data), size: file.durable.size };
  file.changes = [];
};

/** The sector in which the write began holds older bytes too, so it is old or new there, but never garbage. */
const spoilSectors = (data: Buffer, at: number, luck: Random): void => {
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + SECTOR_BYTES - ((at + from) % SECTOR_BYTES));
    const fate = luck.weighted({ written: 3, zeros: 1, garbage: 1 });
    if (fate === "zeros") data.fill(0, from, to);
    if (fate === "garbage" && (at + from) % SECTOR_BYTES === 0) data.set(luck.bytes(to - from), from);
    from = to;
  }
};
