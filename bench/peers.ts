import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { PeerPlan, PeerResult } from "./peer-load.ts";
import { load, type MeasuredLoad, ms, row, startBridge } from "./support.ts";

/**
 * What a team would write by hand instead: a question and an answer through Redis Streams (`appendfsync always`) or
 * through PostgreSQL (insert + NOTIFY), both durable before they are seen, as ours is. In turns with our bridge, in one
 * run. The peers check no signature, no schema, no policy and no limit; ours does all of it.
 *
 * Needs redis-server (Debian: redis-server) and postgres (Debian: postgresql); one that is missing is named and makes
 * the run fail, since a table without it would look complete.
 */
const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "100" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
  },
});
const agents = Number(values.agents);
const rounds = Number(values.rounds);
const measureMs = Number(values.seconds) * 1000;

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

interface Server {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const startRedis = async (): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-redis-"));
  const port = await freePort();
  const child = spawn(
    program("redis-server", ["/usr/bin/redis-server"]),
    [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
      ...["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxclients", "10000"],
    ],
    { stdio: "ignore" },
  );
  await accepting(port);
  return { port, stop: () => end(child, "SIGTERM", folder) };
};

const startPostgres = async (): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-postgres-"));
  const bin = postgresBin();
  // PostgreSQL refuses to run as root; Debian's package brings the user that it runs as.
  const id = (flag: string): number => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  const as = process.getuid?.() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, "data");
  const made = spawnSync(join(bin, "initdb"), ["-D", data, "-U", "bench", "--auth=trust", "--no-instructions"], {
    encoding: "utf8",
    cwd: folder,
    ...as,
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=1200"];
  const child = spawn(join(bin, "postgres"), ["-D", data, ...settings.flatMap((s) => ["-c", s])], {
    stdio: "ignore",
    cwd: folder,
    ...as,
  });
  await accepting(port);
  return { port, stop: () => end(child, "SIGINT", folder) };
};

const program = (name: string, places: readonly string[]): string => {
  const found = places.find(existsSync);
  if (found === undefined) throw new Error(`${name} is not installed (looked at ${places.join(", ")})`);
  return found;
};

const postgresBin = (): string => {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  if (versions[0] === undefined) throw new Error(`postgresql is not installed (looked in ${root})`);
  return join(root, versions[0], "bin");
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { readonly port: number };
      probe.close(() => resolve(port));
    });
  });

const accepting = async (port: number): Promise<void> => {
  const { connect } = await import("node:net");
  for (let i = 0; i < 200; i++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket.end() !== undefined));
      socket.once("error", () => resolve(false));
    });
    if (isUp) return new Promise((done) => setTimeout(done, 500));
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`nothing listens on ${port}`);
};

const end = async (child: ChildProcess, signal: NodeJS.Signals, folder: string): Promise<void> => {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
  rmSync(folder, { recursive: true, force: true });
};

const runPeer = (plan: PeerPlan): Promise<PeerResult> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "peer-load.ts"), { execArgv: ["--no-deprecation"] });
    child.send(plan);
    child.once("message", (result) => resolve(result as PeerResult));
    child.once("exit", (code) => code !== 0 && reject(new Error(`the load on ${plan.kind} ended with ${code}`)));
  });

const servers = { redis: await startRedis(), postgres: await startPostgres() };
const bridge = await startBridge({ agents });
const runs: Record<string, { readonly perSecond: number; readonly p50: number; readonly p99: number }[]> = {};
const keep = (what: string, perSecond: number, p50: number, p99: number): void => {
  runs[what] = [...(runs[what] ?? []), { perSecond, p50, p99 }];
};
const base = { warmupMs: 2_000, measureMs, rate: "closed", schemas: "same", peer: "bridge" } as const;
try {
  for (let round = 0; round < rounds; round++) {
    for (const outstanding of [1, 8]) {
      const ours: MeasuredLoad = await load(bridge, { ...base, outstanding });
      keep(`bridge, ${outstanding} outstanding`, ours.roundTripsPerSecond, ours.p50Ms, ours.p99Ms);
      for (const kind of ["redis", "postgres"] as const) {
        for (const connections of ["each", "one"] as const) {
          const plan = { kind, connections, port: servers[kind].port, agents, outstanding, warmupMs: 1_000, measureMs };
          const peer = await runPeer(plan);
          const name = `${kind}, ${connections === "each" ? "a connection each" : "one connection"}, ${outstanding} outstanding`;
          keep(name, peer.roundTripsPerSecond, peer.p50Ms, peer.p99Ms);
        }
      }
    }
  }
} finally {
  await bridge.stop();
  await servers.redis.stop();
  await servers.postgres.stop();
}

row(`${agents} agents, durable, closed loop`, "round trips", "P50", "P99", "bridge ÷ it");
for (const [what, results] of Object.entries(runs)) {
  const perSecond = median(results.map((r) => r.perSecond));
  const outstanding = what.endsWith(" 8 outstanding") ? 8 : 1;
  const ours = median((runs[`bridge, ${outstanding} outstanding`] ?? []).map((r) => r.perSecond));
  row(
    what,
    `${perSecond}/s`,
    ms(median(results.map((r) => r.p50))),
    ms(median(results.map((r) => r.p99))),
    (ours / perSecond).toFixed(2),
  );
}
