import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ed25519FromSeed, publicKeyOf } from "../../signing/keys.ts";
import { leafHash } from "../../signing/merkle.ts";
import { keys, openAt, temporaryFolder, writeStories } from "./place.contract.ts";
import { storedCheckpoints } from "./prove.ts";
import { openReader } from "./sqlite/reader.ts";
import { type Verdict, type VerifyOptions, verifyLog } from "./verify.ts";

const EVENTS = 1_100;

describe("verifying a log", () => {
  const folder = temporaryFolder();
  const sound = join(folder.path, "sound.db");
  let copies = 0;

  beforeAll(async () => {
    await writeStories(sound, EVENTS);
  });
  afterAll(folder.remove);

  const copyOf = (): string => {
    const path = join(folder.path, `copy-${copies++}.db`);
    copyFileSync(sound, path);
    return path;
  };
  /** What verifying says after someone with a database shell did `sql`. */
  const after = async (
    sql: string | ((db: DatabaseSync) => void),
    options: VerifyOptions = { keys },
  ): Promise<Verdict> => {
    const path = copyOf();
    const db = new DatabaseSync(path);
    if (typeof sql === "string") db.exec(sql);
    else sql(db);
    db.close();
    return verifyLog(path, options);
  };
  const blamed = async (
    sql: string | ((db: DatabaseSync) => void),
    options?: VerifyOptions,
  ): Promise<number | null> => {
    const verdict = await after(sql, options);
    if (verdict.ok) throw new Error("the damage was not found");
    return verdict.position;
  };

  test("a sound log verifies to its end, and progress is told", async () => {
    const told: number[] = [];
    const verdict = await verifyLog(sound, { keys, onProgress: (done) => told.push(done) });
    expect(verdict).toMatchObject({
      ok: true,
      events: EVENTS,
      covered: EVENTS,
      checkpoints: 11,
      signaturesChecked: true,
    });
    expect(told.at(-1)).toBe(EVENTS);
  });

  test("without keys it says that no signature was checked", async () => {
    expect(await verifyLog(sound)).toMatchObject({ ok: true, signaturesChecked: false });
  });

  test("a log that a bridge is writing verifies meanwhile", async () => {
    const path = copyOf();
    const log = await openAt(path);
    const writing = (async () => {
      for (let i = 0; i < 300; i++) await log.append([{ stream: `n/${i}`, expect: -1, events: [draftFor(`n/${i}`)] }]);
    })();
    for (let i = 0; i < 5; i++) expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
    await writing;
    await log.close();
    expect(await verifyLog(path, { keys })).toMatchObject({ ok: true, events: EVENTS + 300, covered: EVENTS + 300 });
  });

  describe.each([1, 255, 256, 257, 700, 1_099, EVENTS])("at position %i", (position) => {
    test.each([
      ["record", "replace(record, '\"payload\":{', '\"payload\":{ ')"],
      ["record, one letter", "replace(record, 'story', 'storz')"],
      ["stream", "stream || 'x'"],
      ["type", "'agent.seen'"],
      ["time", "time + 1"],
      ["actor", "'agent-99'"],
      ["parties", "replace(parties, 'agent', 'AGENT')"],
      ["correlation", "correlation || 'x'"],
      ["revision", "revision + 100"],
      ["leaf", "randomblob(32)"],
    ])("a changed %s is found there", async (column, value) => {
      const name = column.split(",")[0];
      expect(await blamed(`UPDATE event SET ${name} = ${value} WHERE position = ${position}`)).toBe(position);
    });

    test("a removed event is found there", async () => {
      expect(await blamed(`DELETE FROM event WHERE position = ${position}`)).toBe(position);
    });
  });

  test("every single bit of one record, of its columns and of its leaf hash counts", async () => {
    const path = copyOf();
    const db = new DatabaseSync(path);
    const row = db.prepare("SELECT * FROM event WHERE position = 2").get() as Record<string, string | Uint8Array>;
    for (const column of ["record", "leaf", "actor", "correlation", "parties", "stream"]) {
      const given = row[column] as string | Uint8Array;
      const bytes = Buffer.from(given as string);
      const update = db.prepare(
        `UPDATE event SET ${column} = ${typeof given === "string" ? "CAST(? AS TEXT)" : "?"} WHERE position = 2`,
      );
      for (let bit = 0; bit < bytes.byteLength * 8; bit += column === "record" ? 5 : 3) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          update.run(flipped);
        } catch {
          continue; // That bit makes it the name of another stream, and the table's own constraint refuses it.
        }
        expect(await verifyLog(path, { keys }), `${column} bit ${bit}`).toMatchObject({ ok: false, position: 2 });
      }
      update.run(bytes);
    }
    db.close();
    expect(await verifyLog(path, { keys })).toMatchObject({ ok: true });
  });

  test("two events that changed places, rows and all, are found at the first", async () => {
    const swap = `UPDATE event SET position = -1 WHERE position = 300; UPDATE event SET position = 300 WHERE position = 500;
      UPDATE event SET position = 500 WHERE position = -1`;
    expect(await blamed(swap)).toBe(300);
  });

  test("a removed event is found although everything behind it moved up", async () => {
    const close = `DELETE FROM event WHERE position = 400;
      UPDATE event SET position = -position WHERE position > 400;
      UPDATE event SET position = -position - 1 WHERE position < 0`;
    expect(await blamed(close)).toBe(400);
  });

  test("an added event is found", async () => {
    const open = `UPDATE event SET position = -position WHERE position > 800;
      UPDATE event SET position = -position + 1 WHERE position < 0;
      INSERT INTO event SELECT 801, stream || 'x', revision, type, time, actor, parties, correlation, leaf, record FROM event WHERE position = 800`;
    expect(await blamed(open)).toBe(801);
  });

  test("a tail cut off behind the last checkpoint is found, and where", async () => {
    expect(await blamed("DELETE FROM event WHERE position > 1090")).toBe(1_091);
    expect(await blamed("DELETE FROM event WHERE position > 1090; DELETE FROM tile; DELETE FROM posting")).toBe(1);
    const tiles = "DELETE FROM tile; DELETE FROM posting; DELETE FROM checkpoint WHERE size < 1100";
    expect(await blamed(`DELETE FROM event WHERE position > 200; ${tiles}`)).toBe(201);
  });

  test("a tail cut off together with its checkpoints is found by a checkpoint kept elsewhere", async () => {
    const anchor = storedCheckpoints(sound, 1)[0]?.note as string;
    const cut = `DELETE FROM event WHERE position > 1024; DELETE FROM checkpoint WHERE size > 1024;
      DELETE FROM posting WHERE block > 3`;
    expect(await after(cut)).toMatchObject({ ok: true, events: 1_024 });
    expect(await blamed(cut, { keys, anchor })).toBe(1_025);
    expect(await verifyLog(sound, { keys, anchor })).toMatchObject({ ok: true });
  });

  test("an event rewritten with its leaf hash is found by its tile, and where", async () => {
    expect(await blamed((db) => forge(db, 333))).toBe(333);
  });

  test("an event rewritten with its leaf hash and its tile is found by the tile above", async () => {
    expect(await blamed((db) => forgeWithTile(db, 333))).not.toBeNull();
  });

  test("an event rewritten in every table is found by the first checkpoint over it", async () => {
    const verdict = await after((db) => {
      forgeWithTile(db, 333);
      db.exec("DELETE FROM tile WHERE level > 0");
    });
    expect(verdict).toMatchObject({ ok: false, position: 301, what: expect.stringContaining("301 to 400") });
  });

  test("a damaged tile, posting or checkpoint is found", async () => {
    expect(await blamed("UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND number = 2")).toBe(513);
    expect(await blamed("UPDATE tile SET hashes = randomblob(128) WHERE level = 1")).toBe(1);
    expect(await blamed("DELETE FROM tile WHERE level = 0 AND number = 1")).toBe(257);
    expect(await blamed("DELETE FROM posting WHERE term = '@agent-3' AND block = 1")).toBe(257);
    expect(await blamed("INSERT INTO posting VALUES ('@nobody', 1)")).toBeNull();
    expect(await blamed("UPDATE checkpoint SET note = replace(note, 'test', 'best') WHERE size = 500")).toBe(500);
    expect(await blamed("UPDATE checkpoint SET size = 501 WHERE size = 500")).toBe(501);
  });

  test("a checkpoint signed by somebody else is found", async () => {
    const stranger = [{ name: "test.example/log", publicKey: publicKeyOf(ed25519FromSeed(new Uint8Array(32))) }];
    expect(await verifyLog(sound, { keys: stranger })).toMatchObject({ ok: false, position: 100 });
  });

  test("400 random bits flipped in the file: found, or no event changed by it", async () => {
    const bytes = readFileSync(sound);
    const truth = await everything(sound);
    let found = 0;
    let random = 12_345;
    for (let i = 0; i < 400; i++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      const bit = random % (bytes.byteLength * 8);
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const path = join(folder.path, "flipped.db");
      writeFileSync(path, flipped);
      const verdict = await verifyLog(path, { keys }).catch((error: Error) => ({ ok: false, what: error.message }));
      if (!verdict.ok) found++;
      else expect(await everything(path), `bit ${bit}`).toEqual(truth);
    }
    expect(found).toBeGreaterThan(200);
  });
});

const draftFor = (stream: string) => ({
  type: "custom" as const,
  version: 1,
  stream,
  time: 9_999,
  actor: "ann",
  parties: ["ann"],
  correlation: stream,
  causation: null,
  trace: null,
  data: { name: "n", payload: null },
});

/** Every record, read through the door that queries use. */
const everything = async (path: string): Promise<readonly string[]> => {
  const reader = openReader(path);
  const records: string[] = [];
  for (let after = 0; after < EVENTS; after += 1_000)
    records.push(...reader.read({ after }, EVENTS).records.slice(0, 1_000));
  reader.close();
  return records;
};

const forge = (db: DatabaseSync, position: number): Uint8Array => {
  const row = db.prepare("SELECT record FROM event WHERE position = ?").get(position) as { record: string };
  const record = row.record.replace("story", "forge");
  const leaf = Buffer.from(leafHash(record));
  db.prepare("UPDATE event SET record = ?, leaf = ? WHERE position = ?").run(record, leaf, position);
  return leaf;
};

const forgeWithTile = (db: DatabaseSync, position: number): void => {
  const leaf = forge(db, position);
  const block = Math.floor((position - 1) / 256);
  const { hashes } = db.prepare("SELECT hashes FROM tile WHERE level = 0 AND number = ?").get(block) as {
    hashes: Uint8Array;
  };
  const forged = Buffer.from(hashes);
  forged.set(leaf, ((position - 1) % 256) * 32);
  db.prepare("UPDATE tile SET hashes = ? WHERE level = 0 AND number = ?").run(forged, block);
};
