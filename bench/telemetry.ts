import { type ChildProcess, fork } from "node:child_process";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { parseArgs } from "node:util";
import { load, type MeasuredLoad, ms, row, type Target } from "./support.ts";
import type { TargetPlan } from "./telemetry-target.ts";

/**
 * What telemetry costs: a bridge without any, and one with (`all`: metrics, a tenth of the traces over OTLP, lines to a
 * file and to Logstash, a vendor's metrics), under the same load in turns, many times. Prints the median of the ratios
 * and, in brackets, the middle half of them.
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "100" },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "9" },
    rate: { type: "string", default: "1000" },
    kinds: { type: "string", default: "metrics,all" },
  },
});
const agents = Number(values.agents);
const kinds = values.kinds.split(",") as TargetPlan["telemetry"][];
const base = { warmupMs: 500, measureMs: Number(values.seconds) * 1000, outstanding: 1, schemas: "same" } as const;

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

/** Neighbours in time under the same load: on a machine that others use, only their ratio says anything. */
interface Pair {
  readonly without: MeasuredLoad;
  readonly with: MeasuredLoad;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
};
const ratios = (pairs: readonly Pair[], key: keyof MeasuredLoad): readonly number[] =>
  pairs.map((pair) => pair.with[key] / pair.without[key]);
const spread = (all: readonly number[]): string => {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] as number).toFixed(2);
  return `${median(all).toFixed(2)} (${at(0.25)}–${at(0.75)})`;
};

row("telemetry", "round trips", "P99", "CPU each", "trips ÷ off", "P99 ÷ off", "CPU ÷ off");
for (const kind of kinds) {
  const off = await start("off");
  const on = await start(kind);
  const loaded = { saturated: [] as Pair[], steady: [] as Pair[] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [how, rate] of [
      ["saturated", "closed"],
      ["steady", Number(values.rate)],
    ] as const) {
      const plan = { ...base, peer: "bridge", rate } as const;
      // In turns, and in turns who goes first.
      const first = await load(round % 2 === 0 ? off : on, plan);
      const second = await load(round % 2 === 0 ? on : off, plan);
      loaded[how].push(round % 2 === 0 ? { without: first, with: second } : { without: second, with: first });
    }
  }
  for (const [how, pairs] of Object.entries(loaded)) {
    const all = (key: keyof MeasuredLoad) => median(pairs.map((pair) => pair.with[key]));
    row(
      `${kind}, ${how === "steady" ? `${values.rate}/s` : how}`,
      `${all("roundTripsPerSecond")}/s`,
      ms(all("p99Ms")),
      `${all("cpuMicrosPerRoundTrip").toFixed(0)} µs`,
      ...(["roundTripsPerSecond", "p99Ms", "cpuMicrosPerRoundTrip"] as const).map((key) => spread(ratios(pairs, key))),
    );
  }
  await off.stop();
  await on.stop();
}
console.log(`collector got ${spanBytes} bytes, Logstash ${lineBytes}`);
collector.closeAllConnections();
collector.close();
process.exit(0);
