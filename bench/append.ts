import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteLog } from "../src/bridge/log/sqlite.ts";
import { realClock, realScheduler } from "../src/cli/world.ts";
import type { Draft } from "../src/domain/event.ts";
import { ed25519FromSeed } from "../src/signing/keys.ts";

/**
 * What a durable append costs: closed-loop writers, each waiting for its acknowledgement before its next event, against
 * a bare node:sqlite insert loop in the main thread (no thread, no promise, no hash, no query index, one plain table), which is the
 * limit of this machine for this engine. Every sixteenth writer's event is its stream's first.
 *
 * `node bench/append.ts [seconds per cell]`
 */
const seconds = Number(process.argv[2] ?? 2);
const WRITERS = [1, 16, 256];
const AGENTS = 100;
const EVENTS_IN_STREAM = 4;

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly bytes: number;
  /** Of all threads of the process, load generator included, microseconds for each event. */
  readonly cpu: number;
}

/** A writer's stories: streams of four events each, in names that sort by time as the bridge's ids do. */
const storyteller = () => {
  let stories = 0;
  return () => {
    let left = 0;
    let stream = "";
    const [from, to] = [`agent-${stories % AGENTS}`, `agent-${(stories * 7 + 1) % AGENTS}`];
    return (): { readonly draft: Draft; readonly expect: number } => {
      if (left === 0) {
        left = EVENTS_IN_STREAM;
        stream = `elicitation/el_01jd${(stories++).toString(36).padStart(22, "0")}`;
      }
      left--;
      return {
        expect: EVENTS_IN_STREAM - left - 2,
        draft: {
          type: "custom",
          version: 1,
          stream,
          time: Date.now(),
          actor: left % 2 === 1 ? from : to,
          parties: [from, to],
          correlation: stream,
          causation: null,
          trace: null,
          data: { name: "bench.event", payload: "x".repeat(PAYLOAD_CHARS) },
        },
      };
    };
  };
};
/** Makes a record of 500 bytes. */
const PAYLOAD_CHARS = 215;

const ours = async (writers: number, folder: string): Promise<Figures> => {
  const log = await openSqliteLog({
    path: join(folder, "events.db"),
    clock: realClock,
    scheduler: realScheduler,
    signer: { name: "bench", privateKey: ed25519FromSeed(new Uint8Array(32)) },
  });
  const newWriter = storyteller();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      const next = newWriter();
      while (performance.now() < end) {
        const { draft, expect } = next();
        const at = performance.now();
        const appended = await log.append([{ stream: draft.stream, expect, events: [draft] }]);
        if (!appended.ok) throw new Error(`conflict: ${JSON.stringify(appended.conflict)}`);
        latencies.push(performance.now() - at);
      }
    }),
  );
  const elapsed = performance.now() - start;
  const used = process.cpuUsage(cpu);
  const { position } = log.head();
  await log.close();
  return figures(latencies, elapsed, new DatabaseSync(join(folder, "events.db")), position, used);
};

const bare = (writers: number, folder: string): Figures => {
  const db = new DatabaseSync(join(folder, "bare.db"));
  db.exec("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
  db.exec(`CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT, revision INTEGER, record TEXT,
    UNIQUE (stream, revision))`);
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?)");
  const newWriter = storyteller();
  const sources = Array.from({ length: writers }, newWriter);
  const latencies: number[] = [];
  let position = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000) {
    const at = performance.now();
    db.exec("BEGIN IMMEDIATE");
    for (const next of sources) {
      const { draft, expect } = next();
      insert.run(++position, draft.stream, expect + 1, JSON.stringify(draft));
    }
    db.exec("COMMIT");
    const took = performance.now() - at;
    for (let i = 0; i < writers; i++) latencies.push(took);
  }
  return figures(latencies, performance.now() - start, db, position, process.cpuUsage(cpu));
};

const figures = (
  latencies: number[],
  elapsed: number,
  db: DatabaseSync,
  events: number,
  used: NodeJS.CpuUsage,
): Figures => {
  latencies.sort((a, b) => a - b);
  const pages = db.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size").get();
  db.close();
  return {
    perSecond: events / (elapsed / 1_000),
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    cpu: (used.user + used.system) / events,
    bytes: (pages?.["bytes"] as number) / events,
  };
};

const row = (name: string, { perSecond, p50, p99, bytes, cpu }: Figures): string =>
  [
    name.padEnd(24),
    `${Math.round(perSecond).toLocaleString("en")} events/s`.padStart(18),
    `p50 ${p50.toFixed(2)} ms`.padStart(14),
    `p99 ${p99.toFixed(2)} ms`.padStart(14),
    `CPU ${cpu.toFixed(1)} µs`.padStart(16),
    `${Math.round(bytes)} bytes/event`.padStart(18),
  ].join("");

for (const writers of WRITERS) {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-bench-"));
  const limit = bare(writers, folder);
  const log = await ours(writers, folder);
  rmSync(folder, { recursive: true });
  console.log(`${writers} writer${writers === 1 ? "" : "s"}`);
  console.log(row("  bare node:sqlite loop", limit));
  console.log(row("  the log", log), `  ${(log.perSecond / limit.perSecond).toFixed(2)} of bare`);
}
