import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyCheckpoint } from "../../signing/checkpoint.ts";
import { asOf } from "./as-of.ts";
import { backupLog, restoreLog } from "./backup.ts";
import { exportLog, verifyExport } from "./export.ts";
import { appendOk, positions, readAll } from "./log.contract.ts";
import { keys, openAt, temporaryFolder, writeStories } from "./place.contract.ts";
import {
  type ConsistencyProof,
  type EventProof,
  type Proven,
  proveConsistency,
  proveEvent,
  storedCheckpoints,
  verifyConsistencyProof,
  verifyEventProof,
} from "./prove.ts";
import { verifyLog } from "./verify.ts";

const EVENTS = 1_100;

describe("proving from a log", () => {
  const folder = temporaryFolder();
  const path = join(folder.path, "events.db");
  beforeAll(() => writeStories(path, EVENTS));
  afterAll(folder.remove);

  const proven = <P>(result: Proven<P>): P => {
    if (!result.ok) throw new Error(result.reason);
    return result.proof;
  };

  test.each([1, 2, 255, 256, 257, 1_024, 1_025, EVENTS])(
    "event %i is proven to whoever has the public key",
    (position) => {
      const proof = proven(proveEvent(path, position));
      expect(proof.position).toBe(position);
      expect(verifyEventProof(JSON.parse(JSON.stringify(proof)) as EventProof, keys)).toEqual({ ok: true });
    },
  );

  test("a proof of another record, place or log does not hold", () => {
    const proof = proven(proveEvent(path, 300));
    const other = proven(proveEvent(path, 301));
    expect(verifyEventProof({ ...proof, record: other.record }, keys).ok).toBe(false);
    expect(verifyEventProof({ ...proof, position: 301 }, keys).ok).toBe(false);
    expect(verifyEventProof({ ...proof, path: other.path }, keys).ok).toBe(false);
    expect(verifyEventProof({ ...proof, checkpoint: proof.checkpoint.replace("test", "best") }, keys).ok).toBe(false);
    expect(verifyEventProof({ ...proof, path: ["?"] }, keys).ok).toBe(false);
    for (const rubbish of [null, 7, {}, { ...proof, record: 1 }, { ...proof, path: null }]) {
      expect(verifyEventProof(rubbish as EventProof, keys).ok).toBe(false);
    }
  });

  test("what is not there, or not covered yet, is refused with the reason", async () => {
    expect(proveEvent(path, EVENTS + 1)).toMatchObject({ ok: false });
    const fresh = join(folder.path, "fresh.db");
    const log = await openAt(fresh);
    await appendOk(log, "a", -1, 1);
    expect(proveEvent(fresh, 1)).toMatchObject({ ok: false, reason: expect.stringContaining("no checkpoint") });
    const note = await log.checkpoint();
    expect(verifyCheckpoint(note, keys)).toMatchObject({ ok: true, checkpoint: { size: 1 } });
    expect(log.checkpointed()).toBe(1);
    expect(verifyEventProof(proven(proveEvent(fresh, 1)), keys)).toEqual({ ok: true });
    await log.close();
  });

  test("a running log proves an event that it has just taken", async () => {
    const live = join(folder.path, "live.db");
    const log = await openAt(live);
    await appendOk(log, "a", -1, 300);
    const proof = await log.prove(300);
    expect(verifyEventProof(proof, keys)).toEqual({ ok: true });
    await expect(log.prove(301)).rejects.toThrow(RangeError);
    await log.close();
  });

  test("two checkpoints are shown to be of one log", () => {
    const [newest, , older] = storedCheckpoints(path, 3);
    const proof = proven(proveConsistency(path, older?.size as number, newest?.size as number));
    expect(verifyConsistencyProof(JSON.parse(JSON.stringify(proof)) as ConsistencyProof)).toBe(true);
    const signed = verifyCheckpoint(newest?.note as string, keys);
    expect(signed.ok && Buffer.from(signed.checkpoint.root).toString("base64")).toBe(proof.to.root);
    expect(verifyConsistencyProof({ ...proof, from: { ...proof.from, size: proof.from.size - 1 } })).toBe(false);
    for (const [from, to] of [
      [0, 5],
      [255, 256],
      [256, 257],
      [1, EVENTS],
      [777, 778],
    ] as const) {
      expect(verifyConsistencyProof(proven(proveConsistency(path, from, to)))).toBe(true);
    }
    expect(proveConsistency(path, 5, EVENTS + 1).ok).toBe(false);
  });

  describe("an export", () => {
    const lines = async (filter?: Parameters<typeof exportLog>[2]): Promise<string[]> => {
      const written: string[] = [];
      const exported = await exportLog(path, (text) => void written.push(text), filter);
      expect(exported.ok).toBe(true);
      return written.join("").split("\n");
    };

    test("of everything verifies without the database", async () => {
      expect(await verifyExport(await lines(), { keys })).toMatchObject({
        ok: true,
        complete: true,
        events: EVENTS,
        checkpoint: { size: EVENTS, origin: "test.example/log" },
        signatureChecked: true,
      });
    });

    test("of a selection carries a proof for each event", async () => {
      const selection = await lines({ filter: { party: "agent-3", until: 1_600 } });
      const verdict = await verifyExport(selection, { keys });
      expect(verdict).toMatchObject({ ok: true, complete: false, events: selection.length - 2 });
      expect(selection.length).toBeGreaterThan(100);
    });

    test("that was changed does not verify, and the line is named", async () => {
      const whole = await lines();
      const part = await lines({ filter: { party: "agent-3" } });
      const changed = (text: readonly string[], line: number) =>
        text.with(line - 1, (text[line - 1] as string).replace("story", "storz"));
      expect(await verifyExport(changed(whole, 500), { keys })).toMatchObject({
        ok: false,
        what: expect.stringContaining("not those"),
      });
      expect(await verifyExport(changed(part, 20), { keys })).toMatchObject({ ok: false, line: 20 });
      expect(await verifyExport(whole.toSpliced(400, 1), { keys })).toMatchObject({
        ok: false,
        line: 401,
        position: 400,
      });
      expect(await verifyExport(whole.slice(0, 900), { keys })).toMatchObject({ ok: false, position: 900 });
      expect(await verifyExport(whole.with(7, "rubbish"), { keys })).toMatchObject({ ok: false, line: 8 });
      expect(await verifyExport(whole.with(0, "{}"), { keys })).toMatchObject({ ok: false, line: 1 });
      expect(await verifyExport([], { keys })).toMatchObject({ ok: false });
    });
  });

  test("what the log was as of a position or a time", async () => {
    const log = await openAt(path);
    expect(positions(await readAll(log, asOf({ stream: "elicitation/el_000001" }, { position: 6 })))).toEqual([5, 6]);
    expect((await readAll(log, asOf({}, { time: 1_009 }))).length).toBe(10);
    expect((await readAll(log, asOf({ until: 1_005 }, { time: 1_009 }))).length).toBe(5);
    await log.close();
  });
});

describe("a backup", () => {
  const folder = temporaryFolder();
  const path = join(folder.path, "events.db");
  beforeAll(() => writeStories(path, EVENTS));
  afterAll(folder.remove);

  test("taken while writers are at work is of one moment, verifies, and restores to a log that goes on", async () => {
    const log = await openAt(path, { checkpointEvents: 100 });
    let stop = false;
    const writing = Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; !stop; i++) await appendOk(log, `w/${w}`, i - 1, 1);
      }),
    );
    const copied: number[] = [];
    const to = join(folder.path, "backups", "one.db");
    const backup = await backupLog(path, to, { keys, onCopied: (done) => copied.push(done) });
    stop = true;
    await writing;
    expect(backup).toMatchObject({ ok: true, verdict: { ok: true } });
    // Every question and answer is in it.
    expect(statSync(to).mode & 0o077).toBe(0);
    const events = backup.ok && backup.verdict.ok ? backup.verdict.events : 0;
    expect(events).toBeGreaterThanOrEqual(EVENTS);
    expect(events).toBeLessThanOrEqual(log.head().position);
    await log.close();

    const restored = join(folder.path, "elsewhere", "events.db");
    expect(await restoreLog(to, restored, { keys })).toMatchObject({ ok: true, verdict: { ok: true, events } });
    expect(statSync(restored).mode & 0o077).toBe(0);
    const again = await openAt(restored);
    expect(again.head().position).toBe(events);
    await appendOk(again, "after", -1, 10);
    await again.close();
    expect(await verifyLog(restored, { keys })).toMatchObject({ ok: true, events: events + 10, covered: events + 10 });
  });

  test("never overwrites, and is never restored over a log", async () => {
    const to = join(folder.path, "two.db");
    expect((await backupLog(path, to, { keys })).ok).toBe(true);
    expect(await backupLog(path, to, { keys })).toMatchObject({ ok: false, reason: expect.stringContaining("exists") });
    expect(await restoreLog(to, path, { keys })).toMatchObject({
      ok: false,
      reason: expect.stringContaining("exists"),
    });
  });

  test("that is damaged is not restored", async () => {
    const to = join(folder.path, "three.db");
    await backupLog(path, to, { keys });
    const db = new DatabaseSync(to);
    db.exec("UPDATE event SET actor = 'nobody' WHERE position = 77");
    db.close();
    const place = join(folder.path, "never", "events.db");
    expect(await restoreLog(to, place, { keys })).toMatchObject({ ok: false, reason: expect.stringContaining("77") });
    expect(existsSync(place)).toBe(false);
    writeFileSync(to, readFileSync(to).subarray(0, 50_000));
    truncateSync(to, 40_000);
    expect((await restoreLog(to, join(folder.path, "nor", "events.db"), { keys })).ok).toBe(false);
    writeFileSync(to, "not a database, but long enough to be looked at as one ".repeat(100));
    expect(await restoreLog(to, join(folder.path, "nor2", "events.db"), { keys })).toMatchObject({ ok: false });
  });
});
