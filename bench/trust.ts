import { parseArgs } from "node:util";
import { type Sabotage, sabotaged } from "../test/sabotage/sabotage.ts";
import { load, type MeasuredLoad, ms, row, startBridge } from "./support.ts";

/**
 * What trust costs: the same round trips (ask → offered → signed answer → result, durable, over WebSocket) on the bridge as
 * it is, and on builds of it in which the checking of signatures, the policy or the rates are left out of the source as it
 * is loaded. In turns on one machine, so that what is said is a ratio. The load signs its answers in every case; what is
 * left out is what the bridge does with them.
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "100" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});

const signatures: readonly Sabotage[] = [
  {
    file: "src/signing/jws.ts",
    find: "if (!sameText(hmac(key, input), entry.signature))",
    replace: "if (false)",
  },
  { file: "src/signing/canonical.ts", find: "return canonical(value) === text", replace: "return true" },
];
const policy: readonly Sabotage[] = [
  {
    file: "src/bridge/command/gate.ts",
    find: "const ruling = authorizer.rule(who, action, asked);",
    replace: 'const ruling = { allowed: true, policies: [] }; if (action === "register") return passed;',
  },
];
const limits: readonly Sabotage[] = [
  {
    file: "src/bridge/command/gate.ts",
    find: "const charged = charge === undefined ? undefined : allowances.charge(caller.actor, charge);",
    replace: "const charged = undefined;",
  },
];

const builds = [
  ["everything on", []],
  ["signatures unchecked", signatures],
  ["no policy", policy],
  ["no rates", limits],
  ["none of the three", [...signatures, ...policy, ...limits]],
] as const;

const agents = Number(values.agents);
const measureMs = Number(values.seconds) * 1_000;
const plan = { warmupMs: 2_000, measureMs, outstanding: 1, schemas: "same", peer: "bridge", rate: "closed" } as const;

const bridges = [];
for (const [name, sabotage] of builds) {
  // The one with everything on goes through the same loader, with nothing to alter.
  const bridge = await startBridge({ agents, env: sabotaged(...sabotage) });
  bridges.push({ name, bridge, runs: [] as MeasuredLoad[] });
}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { bridge, runs } of bridges) runs.push(await load(bridge, plan));
}

const median = (runs: readonly MeasuredLoad[], key: keyof MeasuredLoad): number =>
  runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)] as number;

row("", "round trips", "P50", "P99", "CPU each", "refused");
for (const { name, runs } of bridges) {
  row(
    `${agents} agents, ${name}`,
    `${median(runs, "roundTripsPerSecond")}/s`,
    ms(median(runs, "p50Ms")),
    ms(median(runs, "p99Ms")),
    `${median(runs, "cpuMicrosPerRoundTrip").toFixed(0)} µs`,
    median(runs, "refused"),
  );
}
const [on, ...off] = bridges;
for (const { name, runs } of off) {
  const of = (key: keyof MeasuredLoad): string => (median(on?.runs ?? [], key) / median(runs, key)).toFixed(2);
  row(`on ÷ ${name}`, of("roundTripsPerSecond"), of("p50Ms"), of("p99Ms"), of("cpuMicrosPerRoundTrip"));
}
for (const { bridge } of bridges) await bridge.stop();
