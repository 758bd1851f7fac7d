import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { end, freePort } from "./stack.ts";

/** A bridge as people start it: the command line, a port of its own, a folder of its own. */
export interface LiveBridge {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  readonly pid: () => number;
  readonly token: (agent?: string) => string;
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Every write to a file fails from now on, and succeeds again: Linux, as root or as the owner of the process. */
  readonly failWrites: () => Promise<void>;
  readonly allowWrites: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const root = new URL("../../", import.meta.url).pathname;

/** `files` are put into the data folder before it starts: `limits.json`, `monitoring.yaml`. */
export const startLiveBridge = async (files: Readonly<Record<string, string>> = {}): Promise<LiveBridge> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-live-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(data, name), text);
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const args = [join(root, "bin/lighthouse.js"), "serve", "--port", String(port), "--data", data, "--json"];
    const made = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    child = made;
    await new Promise((resolve, reject) => {
      createInterface({ input: made.stdout as NodeJS.ReadableStream }).once("line", resolve);
      made.once("exit", (code) => reject(new Error(`the bridge ended with ${code}`)));
    });
  };
  const limitFileSize = async (soft: string): Promise<void> => {
    const args = ["--pid", String(child?.pid), `--fsize=${soft}:unlimited`];
    const { status, stderr } = spawnSync("prlimit", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`prlimit: ${stderr}`);
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    data,
    pid: () => child?.pid ?? 0,
    token: (agent) => {
      const file = agent === undefined ? "operator.json" : join("agents", `${agent}.json`);
      return (JSON.parse(readFileSync(join(data, file), "utf8")) as { readonly token: string }).token;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    failWrites: () => limitFileSize("1"),
    allowWrites: () => limitFileSize("unlimited"),
    kill: async () => {
      child?.kill("SIGKILL");
      if (child !== undefined) await end(child);
    },
    start,
    stop: async () => {
      if (child !== undefined) await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
