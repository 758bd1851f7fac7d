import type { Recorded } from "../../domain/event.ts";
import type { Clock, Disk, DiskFile, Scheduler } from "../../domain/world.ts";
import { type Admission, admit } from "./admit.ts";
import { availability } from "./availability.ts";
import { commits } from "./commits.ts";
import { backlogged, type Prepared, prepare, record } from "./draft.ts";
import { faultOf } from "./fault.ts";
import { decodeFrames, encodeFrame } from "./frame.ts";
import { type Appended, BACKLOG_CHARS_MAX, type Log, LogCorrupt, LogUnavailable, PROBE_MS } from "./log.ts";
import { type MemoryIndex, memoryIndex } from "./memory-index.ts";
import { decodeRecord } from "./record.ts";

export interface MemoryLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** The file on `disk`; "log" unless given. */
  readonly file?: string;
  readonly probeMs?: number;
}

interface Waiting {
  readonly prepared: Prepared;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A log whose index is in memory and whose truth is one append-only file on the given `Disk`: what the simulator runs
 * on, with the same promises as the SQLite one. Group commit: everything that waits, one write, one sync, then the
 * acknowledgements. Throws `LogCorrupt` if what is on disk was changed, `LogUnavailable` if it cannot be read.
 */
export const openMemoryLog = async (options: MemoryLogOptions): Promise<Log> => {
  const { disk, clock, scheduler, file: name = "log", probeMs = PROBE_MS } = options;
  const index = memoryIndex();
  const listeners = commits();
  const waiting: Waiting[] = [];
  let waitingChars = 0;
  let file: DiskFile | undefined = await recover(disk, name, index);
  let newestGiven = index.head().time;
  let flushing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const state = availability({ clock, scheduler, probeMs, probe: () => void probe() });

  const flush = async (): Promise<void> => {
    // Appends made in the same turn share the first write.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.splice(0);
      waitingChars = 0;
      if (file === undefined) for (const { reject } of group) reject(state.refusal());
      else await commitGroup(file, group);
    }
    flushing = undefined;
  };

  const commitGroup = async (to: DiskFile, group: readonly Waiting[]): Promise<void> => {
    const admissions = admitGroup(group, index);
    const records = group.flatMap(({ prepared }, i) => (admissions[i]?.ok ? prepared.records : []));
    try {
      if (records.length > 0) {
        await to.append(encodeFrame(index.head().position + 1, records));
        await to.sync();
      }
    } catch (error) {
      goDown(to, error);
      for (const { reject } of group) reject(state.refusal());
      return;
    }
    const outcomes = outcomesOf(group, admissions, index.head().position);
    const events = outcomes.flatMap((outcome) => (outcome.ok ? outcome.events : []));
    index.add(events);
    listeners.publish(events);
    for (const [i, outcome] of outcomes.entries()) group[i]?.resolve(outcome);
  };

  /** A handle that failed to sync is never asked again: the kernel may have dropped what it could not write. */
  const goDown = (failed: DiskFile, error: unknown): void => {
    file = undefined;
    failed.close().catch(() => undefined);
    state.down(faultOf(error));
  };

  const probe = async (): Promise<void> => {
    try {
      const opened = await recover(disk, name, index, listeners.publish);
      newestGiven = Math.max(newestGiven, index.head().time);
      if (closing !== undefined) return await opened.close();
      file = opened;
      state.up();
    } catch (error) {
      state.down(faultOf(error));
    }
  };

  const close = async (): Promise<void> => {
    await flushing;
    state.close();
    await file?.close();
    file = undefined;
  };

  return {
    append: async (appends) => {
      if (appends.every(({ events }) => events.length === 0)) return { ok: true, events: [] };
      if (closing !== undefined) throw new LogUnavailable("the log is closed", "closed");
      if (file === undefined) throw state.refusal();
      const prepared = prepare(appends, newestGiven);
      if (waitingChars > 0 && waitingChars + prepared.chars > BACKLOG_CHARS_MAX) throw backlogged();
      newestGiven = prepared.time;
      waitingChars += prepared.chars;
      return new Promise((resolve, reject) => {
        waiting.push({ prepared, resolve, reject });
        flushing ??= flush();
      });
    },
    read: async (query) => {
      if (closing !== undefined) throw new LogUnavailable("the log is closed", "closed");
      return index.read(query);
    },
    onCommitted: listeners.listen,
    head: index.head,
    health: state.health,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

/**
 * Opens the file, reads it, cuts off a torn tail and adds to `index` what it does not have yet. What was not known to
 * be synced is written again and synced through this new handle, because pages that a failed sync left behind look
 * clean to the kernel; only then is it told to `publish`.
 */
const recover = async (
  disk: Disk,
  name: string,
  index: MemoryIndex,
  publish?: (events: readonly Recorded[]) => void,
): Promise<DiskFile> => {
  const file = await disk.open(name);
  try {
    const bytes = await file.read();
    const { groups, size } = decodeFrames(bytes);
    const known = index.head().position;
    const last = groups.at(-1);
    const total = last === undefined ? 0 : last.firstPosition + last.records.length - 1;
    if (total < known) throw new LogCorrupt(total + 1, `${known - total} acknowledged events are not on disk any more`);
    const fresh = groups.filter(({ firstPosition }) => firstPosition > known);
    const frames = fresh.map(({ firstPosition, records }) => encodeFrame(firstPosition, records));
    const sound = publish === undefined ? size : size - frames.reduce((sum, frame) => sum + frame.byteLength, 0);
    if (sound < bytes.byteLength) await file.truncate(sound);
    if (sound < size) for (const frame of frames) await file.append(frame);
    await file.sync();
    for (const { firstPosition, records } of fresh) {
      const events = records.map((text, i) => {
        const event = place(text, firstPosition + i, index);
        index.add([event]);
        return event;
      });
      publish?.(events);
    }
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    if (error instanceof LogCorrupt) throw error;
    const { reason, fault } = faultOf(error);
    throw new LogUnavailable(reason, fault);
  }
};

const place = (text: string, position: number, index: MemoryIndex): Recorded => {
  const event = decodeRecord(text, position, 0);
  return { ...event, revision: index.revisionOf(event.stream) + 1 };
};

const admitGroup = (group: readonly Waiting[], index: MemoryIndex): readonly Admission[] => {
  const moved = new Map<string, number>();
  const heads = {
    get: (stream: string) => moved.get(stream) ?? index.revisionOf(stream),
    set: (stream: string, revision: number) => void moved.set(stream, revision),
  };
  return group.map(({ prepared }) => admit(prepared.claims, heads));
};

const outcomesOf = (group: readonly Waiting[], admissions: readonly Admission[], head: number): readonly Appended[] => {
  let position = head + 1;
  return group.map(({ prepared }, i) => {
    const admission = admissions[i] as Admission;
    if (!admission.ok) return admission;
    const events = record(prepared, position, admission.revisions);
    position += events.length;
    return { ok: true, events };
  });
};
