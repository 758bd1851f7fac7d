/**
 * The world as the bridge sees it. Everything that differs between a real machine and a simulated one arrives through
 * these ports, so that a whole bridge can live inside one seeded process (TigerBeetle `src/time.zig`).
 * Only `cli/` constructs the real ones.
 */

export interface Clock {
  /** Wall time in milliseconds since 1970. May jump, both ways. */
  readonly now: () => number;
  /** Milliseconds on a clock that never goes back. For durations only; its zero means nothing. */
  readonly monotonic: () => number;
}

export interface Rng {
  /** `size` bytes from a cryptographic source (or from the seed of a simulation). */
  readonly bytes: (size: number) => Uint8Array;
}

/** Takes back a timer. Calling it twice, or after the timer fired, does nothing. */
export type Cancel = () => void;

export interface Scheduler {
  /** Runs `task` once, no earlier than `delayMs` from now. A pending timer does not keep the process alive. */
  readonly after: (delayMs: number, task: () => void) => Cancel;
}

/** One append-only file: as much of a disk as a log needs. */
export interface DiskFile {
  readonly read: () => Promise<Uint8Array>;
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Resolves when everything appended so far would survive a power cut. */
  readonly sync: () => Promise<void>;
  readonly truncate: (size: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Disk {
  readonly open: (name: string) => Promise<DiskFile>;
}

/** One end of a live, ordered, two-way stream of text messages: a WebSocket, or a simulated one. */
export interface Channel {
  /** `flushed` is called once the bytes have left for the peer (no error) or are known never to have (error). */
  readonly send: (text: string, flushed?: (error?: Error) => void) => void;
  readonly close: (code: number, reason: string) => void;
  /** Bytes accepted by `send` that have not left yet. */
  readonly bufferedBytes: () => number;
  /** Sends what its peer answers without being asked to by anybody's program; absent where there is no such thing. */
  readonly ping?: (answered: () => void) => void;
  onMessage: (text: string) => void;
  onClose: (code: number, reason: string) => void;
}

export interface Net {
  /** Opens a channel to a bridge, authenticated by `credential`; rejects with the reason when it cannot. */
  readonly connect: (url: string, credential: string, signal?: AbortSignal) => Promise<Channel>;
}
