import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LoadAgent, LoadPlan, LoadResult } from "./load-plan.ts";

/** What is measured: a process on a loopback port. */
export interface Target {
  readonly url: string;
  readonly pid: number;
  readonly agents: readonly LoadAgent[];
  readonly stop: () => Promise<void>;
}

const repository = new URL("..", import.meta.url).pathname;

export interface BridgeOptions {
  readonly agents: number;
  readonly data?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A real bridge in its own process and its own data folder, with so many agents registered through its own door. */
export const startBridge = async ({
  agents,
  data,
  args = [],
  env = {},
}: BridgeOptions): Promise<Target & { readonly readyMs: number; readonly data: string }> => {
  const folder = data ?? mkdtempSync(join(tmpdir(), "lighthouse-bench-"));
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [join(repository, "bin/lighthouse.js"), "serve", "--data", folder, "--port", "0", "--json", ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    },
  );
  const { url } = JSON.parse(await firstLine(child)) as { readonly url: string };
  const readyMs = performance.now() - begun;
  const operator = JSON.parse(readFileSync(join(folder, "operator.json"), "utf8")) as { readonly token: string };
  const registered: LoadAgent[] = [];
  for (let i = 0; i < agents; i++) registered.push(await register(url, operator.token, `a${i}`));
  return {
    url,
    pid: child.pid as number,
    agents: registered,
    readyMs,
    data: folder,
    stop: async () => {
      await ended(child, "SIGINT");
      if (data === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
};

const register = async (url: string, token: string, name: string): Promise<LoadAgent> => {
  const reply = await fetch(`${url}/v1/agents`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    // A system is not slowed down by the rates that protect others from an agent.
    body: JSON.stringify({ name, kind: "service", roles: ["system"] }),
  });
  if (reply.status !== 201) throw new Error(`${name}: ${reply.status} ${await reply.text()}`);
  const credential = (await reply.json()) as {
    readonly token: string;
    readonly macKid: string;
    readonly macSecret: string;
  };
  return {
    name,
    token: credential.token,
    key: { alg: "HS256", kid: credential.macKid, secret: Buffer.from(credential.macSecret, "base64url") },
  };
};

/** The bare relay: the same frames between the same sockets, and nothing else. */
export const startRelay = async (agents: number): Promise<Target> => {
  const child = fork(join(repository, "bench/relay.ts"));
  const { port } = await new Promise<{ readonly port: number }>((resolve) =>
    child.once("message", (m) => resolve(m as { port: number })),
  );
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    agents: Array.from({ length: agents }, (_, i) => ({
      name: `a${i}`,
      token: "none",
      key: { alg: "HS256", kid: "none", secret: Buffer.alloc(32) },
    })),
    stop: () => ended(child, "SIGTERM"),
  };
};

/** Runs the load in a process of its own, so that it does not share a heap with anything that is measured. */
export const load = async (target: Target, plan: Omit<LoadPlan, "url" | "agents">): Promise<MeasuredLoad> => {
  const before = cpuMicros(target.pid);
  const result = await runLoad(target, plan);
  return { ...result, cpuMicrosPerRoundTrip: (cpuMicros(target.pid) - before) / result.total };
};

/** Processor time of the measured process, all threads: says what a round trip costs even where the machine is busy. */
export type MeasuredLoad = LoadResult & { readonly cpuMicrosPerRoundTrip: number };

const cpuMicros = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const runLoad = async (target: Target, plan: Omit<LoadPlan, "url" | "agents">): Promise<LoadResult> => {
  const child = fork(join(repository, "bench/load.ts"));
  const agents = target.agents.map((a) => ({
    ...a,
    key: { ...a.key, secret: Buffer.from(a.key.secret).toString("base64url") },
  }));
  const url = plan.peer === "http" ? target.url : `${target.url.replace("http", "ws")}/ws`;
  child.send({ ...plan, url, agents });
  return new Promise((resolve, reject) => {
    child.once("message", (result) => resolve(result as LoadResult));
    child.once("exit", (code) => code !== 0 && reject(new Error(`the load ended with ${code}`)));
  });
};

/** Resident memory of a process, in bytes. */
export const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) * 1024;

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the bridge ended with ${code}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", resolve);
  });

const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<void> =>
  new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });

/** Prints a row of cells in columns. */
export const row = (...cells: readonly (string | number)[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(44) : String(cell).padStart(12))).join(""));

export const ms = (value: number): string => (Number.isNaN(value) || value === null ? "–" : `${value.toFixed(2)} ms`);
