import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { append, appendOk, positions, readAll, sampleDraft } from "../log.contract.ts";
import { openAt, temporaryFolder } from "../place.contract.ts";
import type { FromWriter, ToWriter } from "./message.ts";
import { startThread } from "./thread.ts";

describe("the writer's thread", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = join(folder.path, "events.db");
  });
  afterEach(() => folder.remove());

  test("its file can be read by its owner alone, and so can what SQLite puts beside it", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 1);
    for (const file of readdirSync(folder.path)) expect(statSync(join(folder.path, file)).mode & 0o077, file).toBe(0);
    await log.close();
  });

  test("started again after it ended unasked, it tells of the events that nobody was told of", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 5);
    await log.close();
    const writer = startThread({ role: "writer", path, known: 3, checkpointEvents: 100 });
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    const up = await new Promise<FromWriter>((resolve) => writer.once("message", resolve));
    expect(up).toMatchObject({ kind: "up", survivors: { positions: [4, 5], revisions: [3, 4] } });
    writer.postMessage({ kind: "close" } satisfies ToWriter);
    await ended;
  });

  test("that finds fewer events than were acknowledged refuses to go on", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 5);
    await log.close();
    const writer = startThread({ role: "writer", path, known: 6, checkpointEvents: 100 });
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    const refused = await new Promise<FromWriter>((resolve) => writer.once("message", resolve));
    expect(refused).toMatchObject({ kind: "refused", error: { name: "LogCorrupt", position: 6 } });
    await ended;
  });

  test("heads in memory that are wrong cost nobody else's append: the table's constraint knows better", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 1);
    const shell = new DatabaseSync(path);
    shell.exec("UPDATE event SET revision = 1");
    shell.close();
    const [conflict, any, neighbour] = await Promise.all([
      append(log, "a", 0, 3),
      append(log, "a", "any", 1),
      append(log, "b", -1, 1),
    ]);
    expect(conflict).toEqual({ ok: false, conflict: { stream: "a", expected: 0, actual: 1 } });
    expect(any?.ok && any.events.map((e) => [e.position, e.revision])).toEqual([[2, 2]]);
    expect(neighbour?.ok && positions(neighbour.events)).toEqual([3]);
    await log.close();
  });

  test("an event that another program wrote stops the log, which says at which position", async () => {
    const log = await openAt(path, { probeMs: 50 });
    await appendOk(log, "a", -1, 1);
    const shell = new DatabaseSync(path);
    shell.exec("INSERT INTO event SELECT 2, 'z', 0, type, time, actor, parties, correlation, leaf, '{}' FROM event");
    shell.close();
    await expect(append(log, "b", -1, 1)).rejects.toThrow("position 2: another program wrote into the log");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(log.health()).toMatchObject({ writable: false, reason: expect.stringContaining("position 2") });
    expect(positions(await readAll(log, {}))).toEqual([1]);
    await log.close();
  });

  test("a log whose newest events were cut off behind its checkpoint does not open", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 5);
    await log.close();
    const shell = new DatabaseSync(path);
    shell.exec("DELETE FROM event WHERE position > 3");
    shell.close();
    await expect(openAt(path)).rejects.toMatchObject({ name: "LogCorrupt", position: 4 });
  });

  test("a log whose newest event was changed does not open", async () => {
    const log = await openAt(path);
    await appendOk(log, "a", -1, 5);
    await log.close();
    const shell = new DatabaseSync(path);
    shell.exec("UPDATE event SET record = replace(record, 'sample', 'simple') WHERE position = 4");
    shell.close();
    await expect(openAt(path)).rejects.toMatchObject({ name: "LogCorrupt", position: 4 });
  });

  test("a folder that is not there is named", async () => {
    const nowhere = join(folder.path, "no", "events.db");
    await expect(openAt(nowhere)).rejects.toThrow(`${nowhere}: unable to open database file`);
  });

  test("a file that is not a log is left alone", async () => {
    const shell = new DatabaseSync(path);
    shell.exec("CREATE TABLE mine (x)");
    shell.close();
    await expect(openAt(path)).rejects.toThrow("is not a Lighthouse log");
  });

  test("queries find what stands in sealed blocks and in the open one, in every direction", async () => {
    const log = await openAt(path);
    const model: { readonly position: number; readonly party: string; readonly correlation: string }[] = [];
    for (let batch = 0; batch < 30; batch++) {
      const events = Array.from({ length: 37 }, (_, i) => {
        const n = batch * 37 + i;
        return sampleDraft({
          stream: "s",
          actor: n % 101 === 0 ? "rare" : `agent-${n % 13}`,
          parties: [`agent-${n % 7}`, n % 97 === 0 ? "seldom" : "often"],
          correlation: n % 5 === 0 ? "story" : "s",
        });
      });
      await log.append([{ stream: "s", expect: batch * 37 - 1, events }]);
      for (const [i, e] of events.entries()) {
        model.push({ position: batch * 37 + i + 1, party: e.parties.join(), correlation: e.correlation });
      }
    }
    const seldom = model.filter(({ party }) => party.includes("seldom")).map(({ position }) => position);
    expect(positions(await readAll(log, { party: "seldom" }))).toEqual(seldom);
    expect(positions(await readAll(log, { party: "seldom", limit: 2, direction: "backward" }))).toEqual(
      seldom.toReversed(),
    );
    const inStory = model.filter(({ correlation }) => correlation === "story").map(({ position }) => position);
    expect(positions(await readAll(log, { correlation: "story", limit: 50 }))).toEqual(inStory);
    expect((await readAll(log, { correlation: "s" })).length).toBe(model.length - inStory.length);
    expect((await readAll(log, { agent: "rare", types: ["custom"] })).length).toBe(Math.ceil(model.length / 101));
    expect(await readAll(log, { agent: "rare", types: ["agent.seen"] })).toEqual([]);
    const late = await readAll(log, { party: "seldom", agent: "agent-0", after: 300, before: 1_000 });
    expect(late.every((e) => e.actor === "agent-0" && e.position > 300 && e.position < 1_000)).toBe(true);
    await log.close();
  });
});
