import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { replay } from "../src/bridge/log/replay.ts";
import { openSqliteLog } from "../src/bridge/log/sqlite.ts";
import { verifyLog } from "../src/bridge/log/verify.ts";
import { realClock, realScheduler } from "../src/cli/world.ts";
import type { Draft } from "../src/domain/event.ts";
import { ed25519FromSeed, publicKeyOf } from "../src/signing/keys.ts";

/**
 * How long a bridge reads its log when it starts, and an auditor when verifying it; against a bare node:sqlite loop in
 * the main thread that reads and parses every record, which is the limit of this machine for this engine.
 *
 * `node bench/replay.ts [events]`
 */
const events = Number(process.argv[2] ?? 1_000_000);
const BATCH_EVENTS = 500;
const BATCHES_AT_ONCE = 4;
const privateKey = ed25519FromSeed(new Uint8Array(32));

const draft = (n: number): Draft => {
  const stream = `elicitation/el_01jd${Math.floor(n / 4)
    .toString(36)
    .padStart(22, "0")}`;
  return {
    type: "custom",
    version: 1,
    stream,
    time: 1_700_000_000_000 + n,
    actor: `agent-${n % 100}`,
    parties: [`agent-${n % 100}`, `agent-${(n * 7 + 1) % 100}`],
    correlation: stream,
    causation: null,
    trace: null,
    data: { name: "bench.event", payload: "x".repeat(215) },
  };
};

const seconds = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
};

const say = (what: string, took: number, note = ""): void => {
  const rate = Math.round(events / took).toLocaleString("en");
  console.log(`${what.padEnd(44)}${took.toFixed(2).padStart(7)} s${`${rate} events/s`.padStart(20)}  ${note}`);
};

const folder = mkdtempSync(join(tmpdir(), "lighthouse-bench-"));
const path = join(folder, "events.db");
const open = () =>
  openSqliteLog({ path, clock: realClock, scheduler: realScheduler, signer: { name: "bench", privateKey } });

const writing = await open();
const fill = async (): Promise<void> => {
  for (let n = 0; n < events; n += BATCH_EVENTS * BATCHES_AT_ONCE) {
    await Promise.all(
      Array.from({ length: BATCHES_AT_ONCE }, (_, b) => {
        const first = n + b * BATCH_EVENTS;
        const drafts = Array.from({ length: Math.min(BATCH_EVENTS, Math.max(0, events - first)) }, (_, i) =>
          draft(first + i),
        );
        return writing.append(drafts.map((d) => ({ stream: d.stream, expect: "any" as const, events: [d] })));
      }),
    );
  }
};
say("append in batches of 500", await seconds(fill));
await writing.close();

let log = writing;
const opened = await seconds(async () => {
  log = await open();
});
console.log(`${"open".padEnd(44)}${opened.toFixed(2).padStart(7)} s`);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let seen = 0;
const took = await seconds(() =>
  replay(log, (page) => {
    seen += page.length;
  }),
);
delay.disable();
await log.close();
if (seen !== events) throw new Error(`${seen} of ${events} events came back`);

const db = new DatabaseSync(path, { readOnly: true });
const bare = await seconds(() => {
  const all = db.prepare("SELECT position, revision, record FROM event ORDER BY position");
  all.setReturnArrays(true);
  for (const row of all.iterate() as unknown as Iterable<[number, number, string]>) JSON.parse(row[2]);
});
db.close();
say("bare node:sqlite loop with JSON.parse", bare);
say(
  "replay, decoded, main loop free",
  took,
  `${(bare / took).toFixed(2)} of bare, loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
);
const keys = [{ name: "bench", publicKey: publicKeyOf(privateKey) }];
let verdict: Awaited<ReturnType<typeof verifyLog>> | undefined;
const verifying = await seconds(async () => {
  verdict = await verifyLog(path, { keys });
});
if (verdict?.ok !== true) throw new Error(`the log does not verify: ${JSON.stringify(verdict)}`);
say("verify everything", verifying);
rmSync(folder, { recursive: true });
