import { expect, test } from "vitest";
import { quickPlan, type RolloutWorld, rolloutWorld } from "../../../test/support/rollout-world.ts";
import { looker } from "./look.ts";
import { difference, type Reading, readScrape } from "./scrape.ts";

const limits = { overMs: 300, slowMs: 1_000 };
const looking = async (world: RolloutWorld, scrape?: (real: string) => string) => {
  const ports = world.controller();
  const eyes = looker(
    { ...ports, scrape: async () => (scrape === undefined ? ports.scrape() : scrape(await ports.scrape())) },
    quickPlan,
  );
  await eyes.begin();
  return async (afterMs = 1_000) => {
    await world.advance(afterMs);
    return eyes.look();
  };
};

test("two scrapes make a measurement: what happened between them, by arm", async () => {
  const look = await looking(await rolloutWorld());
  expect(await look()).toMatchObject({
    kind: "seen",
    isUnwell: false,
    measurement: { forMs: 1_000, canary: { ended: 100, failed: 0 }, stable: { ended: 300 }, violations: 0 },
  });
});

test("a scrape that is behind the log is stale, whoever kept it", async () => {
  const world = await rolloutWorld();
  let kept = "";
  const look = await looking(world, (real) => (kept === "" ? real : kept));
  kept = await world.controller().scrape();
  await world.t.register("newcomer", ["agent"]);
  expect(await look()).toMatchObject({
    kind: "blind",
    why: expect.stringMatching(/stale: they know \d+ events, and the log has \d+/),
  });
});

test("an hour in which nobody looked proves no more than two looks", async () => {
  const look = await looking(await rolloutWorld());
  expect(await look(3_600_000)).toMatchObject({ kind: "seen", measurement: { forMs: 2_000 } });
});

test("a bridge that is not ready or in emergency is not well, and what it says still counts", async () => {
  const world = await rolloutWorld();
  const tired = await looking(world, (real) => real.replace("lighthouse_ready 1", "lighthouse_ready 0"));
  expect(await tired()).toMatchObject({ kind: "seen", isUnwell: true });
  const alarmed = await looking(world, (real) => real.replace('{mode="emergency"} 0', '{mode="emergency"} 1'));
  expect(await alarmed()).toMatchObject({ kind: "seen", isUnwell: true });
});

test("security violations count when they are serious and of the canary arm", async () => {
  const world = await rolloutWorld();
  const { t } = world;
  const [bob, mallory] = [await t.register("bob", ["agent"]), await t.register("mallory", ["agent"])];
  const steal = async (arm: "push" | "mailbox"): Promise<void> => {
    const fence = (await world.operator.operate<{ readonly fence: number }>("flags.get", { name: "push-elicitation" }))
      .fence;
    const percentage = arm === "push" ? 100 : 0;
    await world.operator.operate("flags.set", {
      name: "push-elicitation",
      percentage,
      targets: [],
      fence,
      reason: "r",
    });
    const id = await t.ask("operator", "bob");
    const answered = await t.bridge.elicit.answer(id, mallory.sign(bob.offer(id), { action: "accept", content: 1 }), {
      actor: "mallory",
      trace: null,
    });
    expect(answered).toMatchObject({ ok: false, refusal: { code: "not_addressee" } });
  };
  const look = await looking(world);
  await steal("mailbox");
  expect(await look()).toMatchObject({ measurement: { violations: 0 } });
  await steal("push");
  expect(await look()).toMatchObject({ measurement: { violations: 1 } });
  expect(await look()).toMatchObject({ measurement: { violations: 0 } });
});

test("a log that its bridge found damaged, or that has fewer events than before, is damage, also when nothing is seen", async () => {
  const world = await rolloutWorld();
  const look = await looking(world);
  expect(await look()).toMatchObject({ damage: "" });
  world.traffic = { canary: { ended: 1 }, stable: { ended: 1 }, damaged: 1 };
  expect(await look()).toMatchObject({ damage: expect.stringContaining("found its log damaged") });

  const ports = world.controller();
  let lost = 0;
  const query: typeof ports.operator.query = async (filter) => {
    const page = await ports.operator.query(filter);
    return { ...page, head: page.head - lost };
  };
  const eyes = looker({ ...ports, operator: { ...ports.operator, query } }, quickPlan);
  await eyes.begin();
  lost = 3;
  world.traffic = new Error("no metrics");
  expect(await eyes.look()).toMatchObject({ kind: "blind", damage: expect.stringMatching(/^the log went back from/) });
});

test("a bridge that began again, between two looks, is seen by its counts", () => {
  const reading = (ended: number): Reading => {
    const tally = { ended, failed: 0, expired: 0, deliveries: 0, undelivered: 0, timed: 0, slow: 0, verySlow: 0 };
    const agents = { seen: 0, failing: 0 };
    return { canary: tally, stable: tally, position: 1, agents, damaged: 0, isReady: true, isEmergency: false };
  };
  expect(difference(reading(10), reading(3))).toEqual({ ok: false, why: expect.stringContaining("began again") });
  expect(difference(reading(3), reading(10))).toMatchObject({ ok: true, seen: { canary: { ended: 7 } } });
});

test("OpenMetrics with exemplars is read as well as the plain text", () => {
  const text = `# TYPE elicitation_requests counter
elicitation_requests_total{status="expired",arm="canary"} 2 # {trace_id="a b"} 1 1.0
elicitation_requests_total{status="cancelled",arm="canary"} 9
elicitation_requests_total{arm="canary",status="accepted"} 5
lighthouse_deliveries_total{via="sse",result="failed",arm="canary"} 1
lighthouse_bridge_overhead_seconds_bucket{leg="ask",arm="canary",le="0.3"} 4 # {trace_id="x"} 0.2
lighthouse_bridge_overhead_seconds_bucket{leg="ask",arm="canary",le="1.0"} 5
lighthouse_bridge_overhead_seconds_count{leg="ask",arm="canary"} 6
lighthouse_log_position 12
lighthouse_ready 1
lighthouse_agents_recent{state="answering"} 8
lighthouse_agents_recent{state="failing"} 2
lighthouse_log_verification_failures_total 0
# EOF`;
  const read = readScrape(text, limits);
  expect(read.ok && read.reading.canary).toEqual({
    ...{ ended: 7, failed: 2, expired: 2, deliveries: 1, undelivered: 1, timed: 6, slow: 2, verySlow: 1 },
  });
  expect(read.ok && read.reading.agents).toEqual({ seen: 10, failing: 2 });
});

test("what is missing is told, and never taken for nothing", () => {
  expect(readScrape("up 1\n", limits)).toEqual({
    ok: false,
    why: expect.stringContaining("elicitation_requests_total"),
  });
  expect(readScrape("<html>504</html>", limits).ok).toBe(false);
});
