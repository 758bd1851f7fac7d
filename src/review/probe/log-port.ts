import type { Rng } from "../../domain/world.ts";

/** The file of a bridge's log, for a review on the machine where it lies. */
export interface LogFile {
  /** Reads all of the live log and makes everything again that can be made. */
  readonly verify: (progress: (done: number, total: number) => void) => Promise<LogReport>;
  /** Every leaf hash up to the newest signed checkpoint, base64, a line for each, and that checkpoint. */
  readonly tree: () => Promise<{ readonly leaves: string; readonly checkpoint: SignedRoot }>;
  /** A consistent copy in a scratch folder. */
  readonly copy: () => Promise<LogCopy>;
  /** A backup, restored into a scratch folder as after the loss of a machine; says what was restored, and discards it. */
  readonly restore: () => Promise<Restored>;
}

export interface SignedRoot {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** C2SP tlog-checkpoint. */
  readonly note: string;
}

export interface LogCopy {
  readonly verify: () => Promise<LogReport>;
  /** Changes one bit of one record; resolves with the event's position. */
  readonly flipBit: (rng: Rng) => Promise<number>;
  readonly discard: () => void;
}

export type LogReport =
  | {
      readonly ok: true;
      readonly events: number;
      /** RFC 6962 tree head, hex. */
      readonly root: string;
      readonly checkpoints: number;
      readonly covered: number;
      readonly signaturesChecked: boolean;
    }
  | { readonly ok: false; readonly position: number | null; readonly what: string };

export interface Restored {
  readonly backupBytes: number;
  /** Events of the live log when the backup was begun. */
  readonly eventsBefore: number;
  /** Root over as many leading events of the live log as the restored one has, and that of the restored one, hex. */
  readonly liveRoot: string;
  readonly restoredRoot: string;
  readonly restoredEvents: number;
  readonly report: LogReport;
  readonly tookMs: number;
}
