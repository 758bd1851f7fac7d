import { parseArgs } from "node:util";
import { load, type MeasuredLoad, ms, row, startBridge, startRelay, type Target } from "./support.ts";

/**
 * ask → offered → answered → result over WebSocket: durable, signed and schema-checked, beside a bare relay that does
 * none of it, in turns on the same machine. Closed loop for throughput, open loop for what an agent feels.
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "2,100,1000" },
    rate: { type: "string", default: "5000" },
    seconds: { type: "string", default: "5" },
    outstanding: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
  },
});
const measureMs = Number(values.seconds) * 1000;
const rate = Number(values.rate);
const several = Number(values.outstanding);
const base = { warmupMs: 2_000, measureMs, outstanding: 1, schemas: "same" } as const;

const median = (runs: readonly MeasuredLoad[], key: keyof MeasuredLoad): number => {
  const sorted = runs.map((r) => r[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
};

const print = (what: string, runs: readonly MeasuredLoad[]): number => {
  const perSecond = median(runs, "roundTripsPerSecond");
  row(
    what,
    `${perSecond}/s`,
    ms(median(runs, "p50Ms")),
    ms(median(runs, "p99Ms")),
    ms(median(runs, "generatorLagP99Ms")),
    `${median(runs, "cpuMicrosPerRoundTrip").toFixed(0)} µs`,
    median(runs, "refused"),
  );
  return perSecond;
};

row("", "round trips", "P50", "P99", "load's lag", "CPU each", "refused");
for (const n of values.agents.split(",").map(Number)) {
  const runs: Record<string, MeasuredLoad[]> = {};
  const run = async (target: Target, kind: string, plan: Parameters<typeof load>[1]): Promise<void> => {
    const result = await load(target, plan);
    runs[kind] = [...(runs[kind] ?? []), result];
  };
  const bridge = await startBridge({ agents: n });
  const relay = await startRelay(n);
  for (let round = 0; round < Number(values.rounds); round++) {
    await run(relay, "relay closed", { ...base, peer: "relay", rate: "closed" });
    await run(bridge, "closed", { ...base, peer: "bridge", rate: "closed" });
    await run(bridge, "fresh", { ...base, peer: "bridge", rate: "closed", schemas: "fresh" });
    await run(bridge, "http", { ...base, peer: "http", rate: "closed" });
    if (n > 2) {
      // One question in the air for each agent leaves the bridge idle while the load thinks, and the other way round.
      await run(relay, "relay several", { ...base, outstanding: several, peer: "relay", rate: "closed" });
      await run(bridge, "several", { ...base, outstanding: several, peer: "bridge", rate: "closed" });
      await run(relay, "relay open", { ...base, peer: "relay", rate });
      await run(bridge, "open", { ...base, peer: "bridge", rate });
    }
  }
  const bare = print(`${n} agents, bare relay, saturated`, runs["relay closed"] ?? []);
  const ours = print(`${n} agents, bridge, saturated`, runs["closed"] ?? []);
  const fresh = print(`${n} agents, bridge, a new schema each time`, runs["fresh"] ?? []);
  print(`${n} agents, bridge over HTTP alone`, runs["http"] ?? []);
  if (n > 2) {
    const bareSeveral = print(`${n} agents, bare relay, ${several} questions each`, runs["relay several"] ?? []);
    const oursSeveral = print(`${n} agents, bridge, ${several} questions each`, runs["several"] ?? []);
    row(`${n} agents, ${several} each: bridge ÷ relay`, (oursSeveral / bareSeveral).toFixed(2));
    print(`${n} agents, bare relay, ${rate}/s open loop`, runs["relay open"] ?? []);
    print(`${n} agents, bridge, ${rate}/s open loop`, runs["open"] ?? []);
  }
  row(`${n} agents: bridge ÷ relay`, (ours / bare).toFixed(2));
  row(`${n} agents: new schemas ÷ same schema`, (fresh / ours).toFixed(2));
  await bridge.stop();
  await relay.stop();
}
