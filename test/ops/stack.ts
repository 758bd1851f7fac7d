import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, Scheduler } from "../../src/domain/world.ts";
import { asPrometheus, type Telephone } from "../../src/ops/monitoring/prometheus-api.ts";
import { renderAll } from "../../src/ops/monitoring/render.ts";
import type { Spec } from "../../src/ops/monitoring/spec/schema.ts";
import { specFrom, writeTree } from "./tree.ts";

/** A real Prometheus and a real Alertmanager on private ports and in a private folder, fed with what was rendered. */
export interface Stack {
  readonly spec: Spec;
  readonly prometheus: string;
  readonly alertmanager: string;
  /** Where the files and the logs of the servers are. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

/** The monitoring.yaml of a stack, for its ports and its folder of secrets. */
export type Settings = (ports: {
  readonly prometheus: number;
  readonly alertmanager: number;
  readonly secrets: string;
}) => string;

const patienceMs = 30_000;

export const startStack = async (settings: Settings, secrets: Readonly<Record<string, string>>): Promise<Stack> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-stack-"));
  const [prometheus, alertmanager] = await Promise.all([freePort(), freePort()]);
  const secretsFolder = join(folder, "secrets");
  mkdirSync(secretsFolder, { mode: 0o700 });
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(secretsFolder, name), value, { mode: 0o600 });
  const spec = specFrom(settings({ prometheus, alertmanager, secrets: secretsFolder }));
  writeTree(folder, renderAll(spec));

  const servers = [
    start("prometheus-alertmanager", folder, [
      `--config.file=${folder}/alertmanager/alertmanager.yml`,
      `--storage.path=${folder}/alertmanager-data`,
      `--web.listen-address=127.0.0.1:${alertmanager}`,
      // Without it Alertmanager opens a port for its cluster on every address, and waits for peers.
      "--cluster.listen-address=",
    ]),
    start("prometheus", folder, [
      `--config.file=${folder}/prometheus/prometheus.yml`,
      `--storage.tsdb.path=${folder}/prometheus-data`,
      `--web.listen-address=127.0.0.1:${prometheus}`,
      "--web.enable-lifecycle",
    ]),
  ];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  const stack = {
    spec,
    prometheus: `http://127.0.0.1:${prometheus}`,
    alertmanager: `http://127.0.0.1:${alertmanager}`,
    folder,
    stop,
  };
  try {
    await eventually(
      "Alertmanager is ready",
      servers,
      folder,
      async () => (await phone.get(`${stack.alertmanager}/-/ready`)) !== "",
    );
    await eventually(
      "Prometheus is ready",
      servers,
      folder,
      async () => (await phone.get(`${stack.prometheus}/-/ready`)) !== "",
    );
    // It looks for Alertmanagers every five seconds only.
    await eventually(
      "Prometheus knows Alertmanager",
      servers,
      folder,
      asPrometheus(stack.prometheus, phone).hasAlertmanager,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return stack;
};

export const phone: Telephone = {
  get: async (url) => answered(url, await fetch(url)),
  post: async (url, body) =>
    answered(
      url,
      await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    ),
};

const answered = async (url: string, response: Response): Promise<string> => {
  if (!response.ok)
    throw new Error(`${new URL(url).origin} answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  return response.text();
};

export const clock: Clock = { now: Date.now, monotonic: () => performance.now() };

export const scheduler: Scheduler = {
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const start = (program: string, folder: string, args: readonly string[]): ChildProcess => {
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(folder, `${program}.log`));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  child.on("error", () => log.end(`${program} is not on PATH. Install it with: sh test/ops/install-servers.sh\n`));
  return child;
};

/** Asks it to go, and makes it go after five seconds. */
export const end = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
    const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill("SIGTERM");
  });

const eventually = async (
  what: string,
  servers: readonly ChildProcess[],
  folder: string,
  look: () => Promise<boolean>,
): Promise<void> => {
  const until = performance.now() + patienceMs;
  while (performance.now() < until && servers.every(({ exitCode, pid }) => exitCode === null && pid !== undefined)) {
    if (await look().catch(() => false)) return;
    await pause(50);
  }
  const logs = ["prometheus", "prometheus-alertmanager"].map((name) =>
    readFileSync(join(folder, `${name}.log`), "utf8").slice(-1500),
  );
  throw new Error(`${what}: not within ${patienceMs / 1000} s\n${logs.join("\n")}`);
};

/** A port that nobody uses at this moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
