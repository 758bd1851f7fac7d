import { type ChildProcess, fork } from "node:child_process";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { parseArgs } from "node:util";
import { load, type MeasuredLoad, ms, row, type Target } from "./support.ts";
import type { TargetPlan } from "./telemetry-target.ts";

/**
 * What telemetry costs: one bridge with none, one with each kind, one with everything (metrics, a tenth of the traces
 * over OTLP, lines to a file and to Logstash, a vendor's metrics), under the same load in turns. The number to look at on
 * a busy machine is the processor time of one round trip.
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "100" },
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    rate: { type: "string", default: "1000" },
    kinds: { type: "string", default: "off,metrics,traces,lines,all" },
  },
});
const agents = Number(values.agents);
const kinds = values.kinds.split(",") as TargetPlan["telemetry"][];
const base = { warmupMs: 1_500, measureMs: Number(values.seconds) * 1000, outstanding: 1, schemas: "same" } as const;

const listening = (server: ReturnType<typeof createHttp> | ReturnType<typeof createTcp>): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

let spanBytes = 0;
const collector = createHttp((request, response) => {
  request.on("data", (chunk: Buffer) => {
    spanBytes += chunk.length;
  });
  request.on("end", () => response.end());
});
let lineBytes = 0;
const logstash = createTcp((socket) =>
  socket.on("data", (chunk) => {
    lineBytes += chunk.length;
  }),
);
const collectorPort = await listening(collector);
const logstashPort = await listening(logstash);

interface Credential {
  readonly name: string;
  readonly token: string;
  readonly kid: string;
  readonly secret: string;
}

const start = async (telemetry: TargetPlan["telemetry"]): Promise<Target> => {
  const child: ChildProcess = fork(new URL("./telemetry-target.ts", import.meta.url).pathname);
  const plan: TargetPlan = {
    telemetry,
    agents,
    collector: `http://127.0.0.1:${collectorPort}`,
    logstash: `127.0.0.1:${logstashPort}`,
  };
  child.send(plan);
  const { url, credentials } = await new Promise<{ readonly url: string; readonly credentials: readonly Credential[] }>(
    (resolve, reject) => {
      child.once("message", (message) => resolve(message as never));
      child.once("exit", (code) => reject(new Error(`the bridge ended with ${code}`)));
    },
  );
  return {
    url,
    pid: child.pid as number,
    agents: credentials.map(({ name, token, kid, secret }) => ({
      name,
      token,
      key: { alg: "HS256", kid, secret: Buffer.from(secret, "base64url") },
    })),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
};

const median = (runs: readonly MeasuredLoad[], key: keyof MeasuredLoad): number => {
  const sorted = runs.map((r) => r[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
};

const saturated = new Map<string, MeasuredLoad[]>();
const steady = new Map<string, MeasuredLoad[]>();
for (let round = 0; round < Number(values.rounds); round++) {
  for (const kind of kinds) {
    // A fresh process each time: no run profits from what another warmed up.
    const target = await start(kind);
    const closed = await load(target, { ...base, peer: "bridge", rate: "closed" });
    const open = await load(target, { ...base, peer: "bridge", rate: Number(values.rate) });
    saturated.set(kind, [...(saturated.get(kind) ?? []), closed]);
    steady.set(kind, [...(steady.get(kind) ?? []), open]);
    await target.stop();
  }
}

row(
  "telemetry",
  "round trips",
  "P50",
  "P99",
  "CPU each",
  "÷ off",
  "CPU ÷ off",
  `P99@${values.rate}/s`,
  `CPU@${values.rate}/s`,
);
const off = saturated.get("off") ?? [];
for (const kind of kinds) {
  const runs = saturated.get(kind) ?? [];
  const calm = steady.get(kind) ?? [];
  const perSecond = median(runs, "roundTripsPerSecond");
  const cpu = median(runs, "cpuMicrosPerRoundTrip");
  row(
    kind,
    `${perSecond}/s`,
    ms(median(runs, "p50Ms")),
    ms(median(runs, "p99Ms")),
    `${cpu.toFixed(0)} µs`,
    (perSecond / median(off, "roundTripsPerSecond")).toFixed(2),
    (cpu / median(off, "cpuMicrosPerRoundTrip")).toFixed(2),
    ms(median(calm, "p99Ms")),
    `${median(calm, "cpuMicrosPerRoundTrip").toFixed(0)} µs`,
  );
}
console.log(`collector got ${spanBytes} bytes, Logstash ${lineBytes}`);
collector.closeAllConnections();
collector.close();
process.exit(0);
