import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";
import { connect, readCredential } from "../client/index.ts";
import type { ConditionView } from "../client/wire.ts";

/** What a review found wanting, on the command line, against a bridge of its own. */

let at: Folder;
let [major, blocker] = ["", ""];
const day = 86_400_000;

beforeAll(async () => {
  at = folder();
  await at.serve();
  expect((await at.run("agent", "add", "olga")).code).toBe(0);
  const read = readCredential(readFileSync(join(at.data, "operator.json"), "utf8"));
  if (!read.ok) throw new Error("the operator's file cannot be read");
  await using operator = await connect({ credential: read.credential });
  const open = async (severity: string): Promise<string> => {
    const finding = { check: "alerting.channels", title: "Channels", severity, review: "rv-1", what: "none arrived" };
    return (await operator.operate<ConditionView>("conditions.open", { ...finding, due: Date.now() + 9 * day })).id;
  };
  [major, blocker] = [await open("major"), await open("blocker")];
});
afterAll(() => at.cleanUp());

test("a condition is listed, taken on for an earlier day, and claimed", async () => {
  const listed = await at.run("condition", "list");
  expect(listed.out).toMatch(new RegExp(`^${major} +alerting\\.channels +major +open +- +in [89] d`, "m"));
  expect(await at.run("condition", "ack", major, "--within", "3d", "--as", "olga")).toMatchObject({ code: 0 });
  expect((await at.run("condition", "ack", major, "--within", "20d", "--as", "olga")).code).toBe(2);
  const claimed = await at.run("condition", "claim", major, "--note", "the route is set", "--as", "olga", "--json");
  expect(claimed.json()).toMatchObject({ standing: "claimed", owner: "olga", claim: { by: "olga" } });
});

test("a waiver needs a reason, an end and an admin, and never covers a blocker", async () => {
  const waive = (id: string, ...more: string[]) => at.run("condition", "waive", id, "--for", "7d", ...more);
  expect((await waive(major)).code).toBe(2);
  expect((await waive(major, "--reason", "known", "--as", "olga")).code).toBe(3);
  expect((await waive(blocker, "--reason", "known")).code).toBe(3);
  const waived = await waive(major, "--reason", "the vendor is on it", "--json");
  expect(waived.json()).toMatchObject({ standing: "waived", waiver: { reason: "the vendor is on it" } });
});
