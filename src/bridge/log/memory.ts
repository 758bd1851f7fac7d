import type { Recorded } from "../../domain/event.ts";
import type { Clock, Disk, DiskFile, Scheduler } from "../../domain/world.ts";
import { type Admission, admit } from "./admit.ts";
import { commits } from "./commits.ts";
import { type Prepared, prepare, record } from "./draft.ts";
import { type Fault, faultOf } from "./fault.ts";
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

type State =
  | { readonly kind: "open"; readonly file: DiskFile }
  | { readonly kind: "down"; readonly why: Fault; readonly since: number }
  | { readonly kind: "closed"; readonly since: number };

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
  let lastTime = 0;
  let state: State = { kind: "open", file: await recover(disk, name, index) };
  lastTime = index.head().time;
  let flushing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    // Appends made in the same turn share the first write.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.splice(0);
      waitingChars = 0;
      if (state.kind === "open") await commitGroup(state.file, group);
      else for (const { reject } of group) reject(unavailable(state));
    }
    flushing = undefined;
  };

  const commitGroup = async (file: DiskFile, group: readonly Waiting[]): Promise<void> => {
    const admissions = admitGroup(group, index);
    const records = group.flatMap(({ prepared }, i) => (admissions[i]?.ok ? prepared.records : []));
    try {
      if (records.length > 0) {
        await file.append(encodeFrame(index.head().position + 1, records));
        await file.sync();
      }
    } catch (error) {
      goDown(file, error);
      for (const { reject } of group) reject(unavailable(state));
      return;
    }
    const outcomes = outcomesOf(group, admissions, index.head().position);
    const events = outcomes.flatMap((outcome) => (outcome.ok ? outcome.events : []));
    index.add(events);
    listeners.publish(events);
    for (const [i, outcome] of outcomes.entries()) group[i]?.resolve(outcome);
  };

  const goDown = (file: DiskFile, error: unknown): void => {
    state = { kind: "down", why: faultOf(error), since: clock.now() };
    // A handle that failed to sync is never asked again: the kernel may have dropped what it could not write.
    file.close().catch(() => undefined);
    scheduler.after(probeMs, probe);
  };

  const probe = async (): Promise<void> => {
    if (state.kind !== "down") return;
    try {
      const file = await recover(disk, name, index, listeners.publish);
      lastTime = Math.max(lastTime, index.head().time);
      if (state.kind === "down") state = { kind: "open", file };
      else await file.close();
    } catch (error) {
      if (state.kind !== "down") return;
      state = { ...state, why: faultOf(error) };
      scheduler.after(probeMs, probe);
    }
  };

  const close = async (): Promise<void> => {
    await flushing;
    const last = state;
    state = { kind: "closed", since: clock.now() };
    if (last.kind === "open") await last.file.close();
  };

  return {
    append: async (appends) => {
      if (appends.every(({ events }) => events.length === 0)) return { ok: true, events: [] };
      if (state.kind !== "open") throw unavailable(state);
      if (closing !== undefined) throw unavailable({ kind: "closed" });
      const prepared = prepare(appends, lastTime);
      if (waitingChars + prepared.chars > BACKLOG_CHARS_MAX) {
        throw new LogUnavailable("too many appends wait for the disk", "timeout");
      }
      lastTime = prepared.time;
      waitingChars += prepared.chars;
      return new Promise((resolve, reject) => {
        waiting.push({ prepared, resolve, reject });
        flushing ??= flush();
      });
    },
    read: async (query) => {
      if (state.kind === "closed") throw unavailable(state);
      return index.read(query);
    },
    onCommitted: listeners.listen,
    head: index.head,
    health: () =>
      state.kind === "open"
        ? { writable: true }
        : { writable: false, reason: unavailable(state).message, since: state.since },
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
  publish: (events: readonly Recorded[]) => void = () => undefined,
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
    const sound = known === 0 ? size : size - frames.reduce((sum, frame) => sum + frame.byteLength, 0);
    if (sound < bytes.byteLength) await file.truncate(sound);
    if (sound < size) for (const frame of frames) await file.append(frame);
    await file.sync();
    for (const { firstPosition, records } of fresh) {
      const events = records.map((text, i) => {
        const event = place(text, firstPosition + i, index);
        index.add([event]);
        return event;
      });
      publish(events);
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

const unavailable = (state: { readonly kind: State["kind"]; readonly why?: Fault }): LogUnavailable =>
  state.why === undefined
    ? new LogUnavailable("the log is closed", "closed")
    : new LogUnavailable(`the log cannot be written: ${state.why.reason}`, state.why.fault);
