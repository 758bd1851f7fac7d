/**
 * Room on a connection for what can wait: questions and the past. While its reader has more than this unread they keep
 * back, so that only the present can overrun a buffer. Without it, forty big questions would lock their target out of
 * its own inbox.
 */
export interface Room {
  readonly isFree: () => boolean;
  /** Calls `resume` once there is room again, or nothing will ever be sent any more. */
  readonly whenFree: (resume: () => void) => void;
}

/** `left` is to be called whenever bytes have left, `close` when the connection is over. */
export interface WatchedRoom extends Room {
  readonly left: () => void;
  readonly close: () => void;
}

/** The share of a connection's buffer limit that is room. */
const SHARE = 0.25;

export const roomOn = (
  bufferedBytes: () => number,
  limits: { readonly channelBufferedBytesMax: number },
): WatchedRoom => {
  const bufferedMax = limits.channelBufferedBytesMax * SHARE;
  const waiting: (() => void)[] = [];
  const resumeAll = (): void => {
    for (const resume of waiting.splice(0)) resume();
  };
  return {
    isFree: () => bufferedBytes() <= bufferedMax,
    whenFree: (resume) => void waiting.push(resume),
    left: () => {
      if (waiting.length > 0 && bufferedBytes() <= bufferedMax) resumeAll();
    },
    close: resumeAll,
  };
};
