import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { end, freePort, pause } from "../ops/stack.ts";

/** Servers of other makers, as `install.sh` obtained them, on loopback and with a folder of their own. */
export interface Server {
  readonly url: string;
  /** What it wrote so far, on either stream. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const vendors = process.env["LIGHTHOUSE_VENDORS"] ?? join(cache, "lighthouse-vendors");
const here = import.meta.dirname;

/** A Java server on two cores that others use as well. */
const patienceMs = 120_000;

/** Its version, and what it has of its own, is in the pom.xml of its folder. */
export const startSearch = async (product: "elasticsearch" | "opensearch", port?: number): Promise<Server> => {
  const [http, transport] = [port ?? (await freePort()), await freePort()];
  const home = join(vendors, product, "home");
  const url = `http://127.0.0.1:${http}`;
  return start(`${url}/_cluster/health`, url, product, join(vendors, "java"), (folder) => [
    "-Xmx512m",
    "--enable-native-access=ALL-UNNAMED",
    "-cp",
    join(home, "lib/*"),
    join(here, product, "Serve.java"),
    home,
    join(folder, "data"),
    String(http),
    String(transport),
  ]);
};

/** With a rendered `jaeger.yml`. `query`: where its pages are, as in monitoring.yaml. */
export const startJaeger = (configuration: string, query: string): Promise<Server> =>
  start(`${query}/api/services`, query, "jaeger", join(vendors, "jaeger/jaeger"), () => [`--config=${configuration}`]);

/** With a rendered `collector.yml`. */
export const startCollector = (configuration: string): Promise<Server> =>
  start("http://127.0.0.1:13134/", "", "collector", collectorProgram, () => [`--config=${configuration}`]);

/** An imitation of Amazon's services by others than Amazon. It checks what is sent, and no signature. */
export const startMoto = async (): Promise<Server> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["-H", "127.0.0.1", "-p", String(port)];
  return start(`${url}/moto-api/data.json`, url, "moto", join(vendors, "python/bin/moto_server"), () => args);
};

export const pythonProgram = join(vendors, "python/bin/python");
export const collectorProgram = join(vendors, "collector/build/otelcol");

const start = async (
  probe: string,
  url: string,
  product: string,
  program: string,
  args: (folder: string) => readonly string[],
): Promise<Server> => {
  if (!existsSync(program)) throw new Error(`${product} is not here. Obtain it with: sh test/vendors/install.sh`);
  const folder = mkdtempSync(join(tmpdir(), `lighthouse-${product}-`));
  const child: ChildProcess = spawn(program, args(folder), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const file = join(folder, "log");
  const log = createWriteStream(file);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + patienceMs;
  while (performance.now() < until && child.exitCode === null) {
    if (await answers(probe)) return { url, log: () => readFileSync(file, "utf8"), stop };
    await pause(200);
  }
  const said = readFileSync(file, "utf8").slice(-3_000);
  await stop();
  throw new Error(`${product} did not answer at ${probe}\n${said}`);
};

const answers = async (probe: string): Promise<boolean> => {
  try {
    return (await fetch(probe)).ok;
  } catch {
    return false;
  }
};
