import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  installed,
  telephone as phone,
  type Server,
  startServer,
  stopServer,
  untilReady,
} from "../../src/cli/monitoring/servers.ts";
import type { Clock, Scheduler } from "../../src/domain/world.ts";
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

/**
 * Ready, and Prometheus in touch with Alertmanager: it looks for one every five seconds only, so a test that needs no
 * rules asks for Alertmanager alone.
 */
export const startStack = async (
  settings: Settings,
  secrets: Readonly<Record<string, string>>,
  products: readonly Server["product"][] = ["Alertmanager", "Prometheus"],
): Promise<Stack> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-stack-"));
  const [prometheus, alertmanager] = await Promise.all([freePort(), freePort()]);
  const secretsFolder = join(folder, "secrets");
  mkdirSync(secretsFolder, { mode: 0o700 });
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(secretsFolder, name), value, { mode: 0o600 });
  const spec = specFrom(settings({ prometheus, alertmanager, secrets: secretsFolder }));
  writeTree(folder, renderAll(spec));

  const urls = { Prometheus: `http://127.0.0.1:${prometheus}`, Alertmanager: `http://127.0.0.1:${alertmanager}` };
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(stopServer));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const product of products) {
      const program = installed(product);
      if (program === undefined)
        throw new Error(`${product} is not on PATH. Install it with: sh test/ops/install-servers.sh`);
      servers.push(startServer(product, program, { files: folder, data: folder, url: urls[product] }));
    }
    await untilReady(servers, phone, pause, new AbortController().signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { spec, prometheus: urls.Prometheus, alertmanager: urls.Alertmanager, folder, stop };
};

export { phone };

export const clock: Clock = { now: Date.now, monotonic: () => performance.now() };

export const scheduler: Scheduler = {
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
