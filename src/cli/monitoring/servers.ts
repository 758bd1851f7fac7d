import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { asPrometheus, type Telephone } from "../../ops/monitoring/prometheus-api.ts";
import { Failure } from "../failure.ts";

/** Prometheus and Alertmanager as processes of this one: what they are called on this machine, and how they are started. */
export interface Server {
  readonly product: "Prometheus" | "Alertmanager";
  readonly url: string;
  readonly child: ChildProcess;
  readonly log: string;
  /** Resolves when it is gone, by itself or by `stop`. */
  readonly gone: Promise<number | null>;
}

/** Debian calls it otherwise than its makers do. */
const programs = { Prometheus: ["prometheus"], Alertmanager: ["prometheus-alertmanager", "alertmanager"] } as const;

/** Where a product is installed; undefined when it is not. */
export const installed = (product: Server["product"]): string | undefined =>
  programs[product].map(onPath).find((path) => path !== undefined);

/** Where a program is that this machine would start by its name. */
export const onPath = (name: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export interface Start {
  /** Where the rendered files are. */
  readonly files: string;
  /** Where it keeps what it knows, and its log. */
  readonly data: string;
  readonly url: string;
  readonly retention?: string;
}

export const startServer = (product: Server["product"], program: string, start: Start): Server => {
  const { host } = new URL(start.url);
  const data = join(start.data, product.toLowerCase());
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const log = join(start.data, `${product.toLowerCase()}.log`);
  const child = spawn(program, argumentsOf(product, start, data, host), { stdio: ["ignore", "pipe", "pipe"] });
  const lines = createWriteStream(log);
  child.stdout.pipe(lines);
  child.stderr.pipe(lines);
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { product, url: start.url, child, log, gone };
};

const argumentsOf = (
  product: Server["product"],
  { files, retention = "15d" }: Start,
  data: string,
  host: string,
): readonly string[] =>
  product === "Prometheus"
    ? [
        `--config.file=${join(files, "prometheus/prometheus.yml")}`,
        `--storage.tsdb.path=${data}`,
        `--storage.tsdb.retention.time=${retention}`,
        `--web.listen-address=${host}`,
        "--web.enable-lifecycle",
      ]
    : [
        `--config.file=${join(files, "alertmanager/alertmanager.yml")}`,
        `--storage.path=${data}`,
        `--web.listen-address=${host}`,
        // Without it Alertmanager opens a port for its cluster on every address, and waits for peers.
        "--cluster.listen-address=",
      ];

/** Asks it to go, and makes it go after five seconds. */
const patienceMs = 5_000;

export const stopServer = async ({ child, gone }: Server): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await gone;
  clearTimeout(hard);
};

/** How long they may take to be there; Prometheus looks for Alertmanagers every five seconds only. */
const readyMs = 30_000;

export const untilReady = async (
  servers: readonly Server[],
  phone: Telephone,
  pause: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const until = performance.now() + readyMs;
  const prometheus = servers.find(({ product }) => product === "Prometheus");
  const hasBoth = servers.length === 2;
  for (;;) {
    signal.throwIfAborted();
    const fallen = servers.find(({ child }) => child.exitCode !== null || child.pid === undefined);
    if (fallen !== undefined)
      throw new Failure("failing", `${fallen.product} did not start.`, { remedy: lastWords(fallen) });
    const ready = await Promise.all(servers.map(({ url }) => phone.get(`${url}/-/ready`).catch(() => "")));
    const knows =
      !hasBoth || prometheus === undefined
        ? true
        : await asPrometheus(prometheus.url, phone)
            .hasAlertmanager()
            .catch(() => false);
    if (knows && ready.every((text) => text !== "")) return;
    if (performance.now() > until)
      throw new Failure(
        "failing",
        `${servers.map(({ product }) => product).join(" and ")} did not get ready in ${readyMs / 1000} s.`,
        {
          remedy: servers.map(lastWords).join("\n  "),
        },
      );
    await pause(100);
  }
};

/** The end of its log, where it says why. */
const lastWords = ({ log }: Server): string =>
  `${log} ends with: ${existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-2).join(" | ").slice(-600) : "nothing"}`;

/** Speaks HTTP for the drill. */
export const telephone: Telephone = {
  get: async (url) => textOf(url, await fetch(url)),
  post: async (url, body) =>
    textOf(
      url,
      await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    ),
};

const textOf = async (url: string, response: Response): Promise<string> => {
  if (!response.ok)
    throw new Error(`${new URL(url).origin} answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  return response.text();
};
