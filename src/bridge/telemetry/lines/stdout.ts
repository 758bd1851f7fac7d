import { pino } from "pino";
import type { ExportWatch } from "../export/sent.ts";
import type { LineSink } from "./line.ts";

/** Kept while whoever reads standard output does not, in bytes. */
const BUFFER_BYTES = 1_048_576;
/** Written together, in bytes, and at the latest after so many milliseconds. */
const CHUNK_BYTES = 4_096;
const FLUSH_MS = 200;

/**
 * Lines on a file descriptor, without ever waiting for it: `process.stdout` blocks the whole bridge when it is a pipe
 * that nobody reads. pino's own writer does not, and says what it dropped.
 */
export const fdLines = (fd: number, watch: ExportWatch) => {
  const stream = pino.destination({
    fd,
    sync: false,
    minLength: CHUNK_BYTES,
    maxLength: BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
  });
  stream.on("drop", () => watch.dropped(1, "nobody reads"));
  stream.on("error", (error) => watch.failed((error as NodeJS.ErrnoException).code ?? "cannot be written"));
  const sink: LineSink = (_line, text) => {
    stream.write(`${text}\n`);
    return true;
  };
  return {
    sink,
    close: (): Promise<void> => new Promise((resolve) => stream.flush(() => resolve())),
  };
};
