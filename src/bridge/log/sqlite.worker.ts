import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { ReaderAsk } from "./sqlite/message.ts";
import type { ThreadData } from "./sqlite/thread-data.ts";

/**
 * Where the SQLite log's threads start: one writes, one reads, one does the slow chores. Each loads only what it runs,
 * which halves the time to start it from source.
 */
const serve = async (port: MessagePort, data: ThreadData): Promise<void> => {
  switch (data.role) {
    case "writer": {
      const { serveWriter } = await import("./sqlite/serve-writer.ts");
      return serveWriter(port, data);
    }
    case "reader": {
      const { serveCalls } = await import("./sqlite/serve-calls.ts");
      const { openReader } = await import("./sqlite/reader.ts");
      return serveCalls(port, data.path, openReader, (reader, { query, head }: ReaderAsk) => reader.read(query, head));
    }
    case "keeper": {
      const { serveCalls } = await import("./sqlite/serve-calls.ts");
      const { answerKeeper, openKeeper } = await import("./sqlite/keeper.ts");
      return serveCalls(port, data.path, openKeeper, answerKeeper);
    }
  }
};

if (parentPort !== null) await serve(parentPort, workerData as ThreadData);
