import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { answerKeeper, openKeeper } from "./sqlite/keeper.ts";
import type { ReaderAsk } from "./sqlite/message.ts";
import { openReader, type Reader } from "./sqlite/reader.ts";
import { serveCalls } from "./sqlite/serve-calls.ts";
import { serveWriter } from "./sqlite/serve-writer.ts";
import type { ThreadData } from "./sqlite/thread-data.ts";

/** Where the SQLite log's three threads start: one writes, one reads, one does the slow chores. */
const serve = (port: MessagePort, data: ThreadData): void => {
  switch (data.role) {
    case "writer":
      return serveWriter(port, data);
    case "reader":
      return serveCalls(
        port,
        () => openReader(data.path),
        (reader: Reader, { query, head }: ReaderAsk) => reader.read(query, head),
      );
    case "keeper":
      return serveCalls(port, () => openKeeper(data.path), answerKeeper);
  }
};

if (parentPort !== null) serve(parentPort, workerData as ThreadData);
