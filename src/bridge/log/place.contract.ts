import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Scheduler } from "../../domain/world.ts";
import { ed25519FromSeed, publicKeyOf } from "../../signing/keys.ts";
import { sampleDraft } from "./log.contract.ts";
import { openSqliteLog, type SqliteLog, type SqliteLogOptions } from "./sqlite.ts";

/** The real world, and a folder in it, for tests of the SQLite log. */
export const clock: Clock = { now: Date.now, monotonic: () => performance.now() };

export const scheduler: Scheduler = {
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const signer = { name: "test.example/log", privateKey: ed25519FromSeed(new Uint8Array(32).fill(7)) };
export const keys = [{ name: signer.name, publicKey: publicKeyOf(signer.privateKey) }];

export const temporaryFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "lighthouse-log-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

export const openAt = (path: string, options: Partial<SqliteLogOptions> = {}): Promise<SqliteLog> =>
  openSqliteLog({ path, clock, scheduler, signer, ...options });

/** Stories of four events each, by eleven agents, `count` events in all, a checkpoint about every 100. */
export const writeStories = async (path: string, count: number): Promise<void> => {
  const log = await openAt(path, { checkpointEvents: 100 });
  for (let i = 0; i < count; i++) {
    const story = Math.floor(i / 4);
    const stream = `elicitation/el_${String(story).padStart(6, "0")}`;
    await log.append([{ stream, expect: (i % 4) - 1, events: [storyEvent(stream, i)] }]);
  }
  await log.close();
};

const storyEvent = (stream: string, i: number) =>
  sampleDraft({
    stream,
    time: 1_000 + i,
    actor: `agent-${i % 11}`,
    parties: [`agent-${i % 11}`, `agent-${(i + 1) % 11}`],
    correlation: i % 8 < 4 ? stream : `elicitation/el_${String(Math.floor(i / 4) - 1).padStart(6, "0")}`,
    data: { name: "story", payload: { i, text: "ü".repeat(i % 7) } },
  });
