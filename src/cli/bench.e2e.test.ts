import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder } from "../../test/support/processes.ts";
import type { ListedAgent } from "../client/index.ts";

let f: Folder;
beforeAll(async () => {
  f = folder();
  await f.serve();
});
afterAll(() => f.cleanUp());

test("a bench measures real round trips, takes its agents away after, and leaves a log that verifies", async () => {
  const bench = await f.run("bench", "--time", "1s", "--pairs", "2", "--outstanding", "2", "--json");
  interface Measured {
    readonly [name: string]: number;
  }
  const { roundTrips = 0, roundTripsPerSecond, p50Ms = 0, p99Ms = 0, maxMs = 0 } = bench.json<Measured>();
  expect([bench.code, roundTrips]).toEqual([0, roundTripsPerSecond]);
  expect(roundTrips).toBeGreaterThan(0);
  expect(p50Ms).toBeGreaterThan(0);
  expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
  expect(maxMs).toBeGreaterThanOrEqual(p99Ms);
  const { agents } = (await f.run("agent", "list", "--json")).json<{ agents: readonly ListedAgent[] }>();
  const benched = agents.filter(({ name }) => name.startsWith("bench-"));
  expect(benched.map(({ status }) => status)).toEqual(["revoked", "revoked", "revoked", "revoked"]);
  expect((await f.run("log", "verify")).code).toBe(0);
});

test("a bench is no load for another machine", async () => {
  const refused = await f.run("bench", "--url", "http://bridge.invalid:1");
  expect([refused.code, refused.out]).toEqual([2, ""]);
  expect(refused.err).toContain("bridge.invalid is another machine");
});
