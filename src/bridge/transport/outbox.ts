import type { Duplex } from "node:stream";

export type Written = (error?: Error) => void;

/** Text frames on their way out of one WebSocket. */
export interface Outbox {
  /** `written` is told once the frame is with the kernel, or why it is not. */
  readonly send: (payload: string, written: Written) => void;
  /** Writes what waits, before somebody else writes to the socket. */
  readonly flush: () => void;
  readonly waitingBytes: () => number;
}

/**
 * Writes the text frames of one turn of the loop in one call each: an answer's reply, its outcome and the next question
 * for the same agent often fall in one turn, and a system call costs as much as deciding an answer does. With `ws` alone
 * each frame is two buffers and a call of its own; 8,300 round trips a second instead of 7,700 came of this.
 */
export const openOutbox = (socket: Duplex): Outbox => {
  let waiting = "";
  let told: Written[] = [];

  const flush = (): void => {
    if (waiting === "") return;
    const [text, tell] = [waiting, told];
    waiting = "";
    told = [];
    socket.write(text, "latin1", (error) => {
      for (const written of tell) written(error ?? undefined);
    });
  };

  return {
    flush,
    waitingBytes: () => waiting.length,
    send: (payload, written) => {
      const bytes = Buffer.byteLength(payload);
      if (bytes === payload.length) {
        if (waiting === "") atEndOfTurn(flush);
        waiting += headOf(bytes) + payload;
        told.push(written);
        // Not before the kernel was asked is it known whether a reader takes it.
        if (waiting.length >= WAITING_BYTES_MAX) flush();
        return;
      }
      // More than ASCII in it: its bytes are not its characters.
      flush();
      socket.write(Buffer.concat([Buffer.from(headOf(bytes), "latin1"), Buffer.from(payload)]), (error) =>
        written(error ?? undefined),
      );
    },
  };
};

/** So much is written at once, whatever else the turn brings: what Node hands to the kernel without copying it first. */
const WAITING_BYTES_MAX = 16_384;

let planned: (() => void)[] = [];

const runPlanned = (): void => {
  const flushes = planned;
  planned = [];
  for (const flush of flushes) flush();
};

/** After everything that this turn of the loop brings about, replies that wait for promises included. */
const atEndOfTurn = (flush: () => void): void => {
  planned.push(flush);
  // A tick waits for the code that runs now, a microtask for those that settled before it, the last tick for all.
  if (planned.length === 1) process.nextTick(queueMicrotask, () => process.nextTick(runPlanned));
};

/** What stands before the payload of an unmasked text frame (RFC 6455, 5.2), one character a byte. */
const headOf = (bytes: number): string => {
  if (bytes < 126) return String.fromCharCode(TEXT, bytes);
  if (bytes < 65_536) return String.fromCharCode(TEXT, 126, bytes >> 8, bytes & 255);
  const head = Buffer.alloc(10);
  head.writeUInt16BE((TEXT << 8) | 127);
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head.toString("latin1");
};

/** The first byte: the last frame of its message, and text. */
const TEXT = 0x81;
