import type { Cancel, Scheduler } from "../../../domain/world.ts";
import type { ExportWatch } from "../export/sent.ts";
import type { LineSink } from "./line.ts";

/** One TCP connection, as far as lines need it. */
export interface Wire {
  /** `done` is called once the bytes are with the operating system, or with why they are not. */
  readonly write: (text: string, done: (error?: Error | null) => void) => void;
  readonly destroy: () => void;
}
/** Opens a connection; `onClose` is called exactly once, also when it never opened. */
export type Dial = (on: { readonly open: () => void; readonly close: (error?: Error) => void }) => Wire;

export interface TcpOptions {
  readonly dial: Dial;
  readonly scheduler: Scheduler;
  readonly watch: ExportWatch;
  /** Bytes kept while the other side is away. pino-socket's default of 1024 lost 50 lines of 50 in an outage of a second. */
  readonly bufferBytes: number;
}

export interface TcpLines {
  readonly sink: LineSink;
  /** Waits until what is kept has left, or `ms` have passed. */
  readonly close: (ms: number) => Promise<void>;
  readonly waitingBytes: () => number;
}

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;
/** Bytes given to the operating system that it has not taken yet. */
const WINDOW_BYTES = 65_536;

/**
 * Lines over TCP, one JSON document each, as Logstash's `json_lines` reads them. A line is kept until the operating
 * system has it; TCP knows no more than that, so what a dying Logstash had in its socket is lost and cannot be counted.
 */
export const tcpLines = ({ dial, scheduler, watch, bufferBytes }: TcpOptions): TcpLines => {
  let kept: string[] = [];
  let size = 0;
  /** How many of the first of `kept` were given to the wire. */
  let given = 0;
  let givenBytes = 0;
  let wire: Wire | undefined;
  let isOpen = false;
  let failures = 0;
  let isClosed = false;
  let cancel: Cancel | undefined;
  let onEmpty = (): void => undefined;

  const connect = (): void => {
    if (isClosed || wire !== undefined) return;
    const mine: Wire = dial({
      open: () => {
        isOpen = true;
        failures = 0;
        watch.sent();
        pump();
      },
      close: (error) => {
        if (wire === mine || wire === undefined) lost(error);
      },
    });
    wire = mine;
  };

  const lost = (error?: Error): void => {
    wire = undefined;
    isOpen = false;
    given = 0;
    givenBytes = 0;
    if (isClosed) return onEmpty();
    failures++;
    watch.failed(
      error === undefined ? "the connection was closed" : ((error as NodeJS.ErrnoException).code ?? error.name),
    );
    cancel = scheduler.after(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1)), () => {
      cancel = undefined;
      connect();
    });
  };

  const pump = (): void => {
    const mine = wire;
    if (mine === undefined || !isOpen) return;
    while (given < kept.length && givenBytes < WINDOW_BYTES) {
      const text = kept[given] as string;
      given++;
      givenBytes += text.length;
      mine.write(text, (error) => {
        // A connection that broke gives its lines back in `lost`.
        if (wire !== mine || (error !== undefined && error !== null)) return;
        kept.shift();
        given--;
        givenBytes -= text.length;
        size -= text.length;
        if (kept.length === 0) onEmpty();
        else pump();
      });
    }
  };

  return {
    sink: (_line, text) => {
      if (isClosed || size + text.length + 1 > bufferBytes) {
        watch.dropped(1, "the buffer is full");
        return false;
      }
      kept.push(`${text}\n`);
      size += text.length + 1;
      if (wire === undefined && cancel === undefined) connect();
      else pump();
      return true;
    },
    close: async (ms) => {
      if (kept.length > 0 && isOpen) {
        await new Promise<void>((resolve) => {
          onEmpty = resolve;
          scheduler.after(ms, resolve);
        });
      }
      isClosed = true;
      cancel?.();
      if (kept.length > 0) watch.dropped(kept.length, "closed");
      kept = [];
      wire?.destroy();
    },
    waitingBytes: () => size,
  };
};
