import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inParallel } from "../../../test/ops/promtool.ts";
import { type Receivers, startReceivers } from "../../../test/ops/receivers.ts";
import { end, freePort, phone, type Settings, type Stack, startStack } from "../../../test/ops/stack.ts";
import { exampleSpec } from "../../../test/ops/tree.ts";
import { signals } from "../../domain/signal.ts";
import { renderRunbooks } from "./runbook/markdown.ts";

/** A bridge as people start it, a real Prometheus and a real Alertmanager beside it: its signals, and its runbooks. */
const root = new URL("../../../", import.meta.url).pathname;

let folder = "";
let port = 0;
let bridge: ChildProcess;
let receivers: Receivers;
let stack: Stack;
let environment: NodeJS.ProcessEnv = {};

const settings: Settings = ({ prometheus, alertmanager, secrets }) => `
environment: drill
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 500ms
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${port}"]
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${secrets}
  time_scale: ${1 / 60}
  pagerduty: { url: ${receivers.url}/v2/enqueue }
  slack:
`;

const startBridge = async (): Promise<ChildProcess> => {
  const args = [
    join(root, "bin/lighthouse.js"),
    "serve",
    "--port",
    String(port),
    "--data",
    join(folder, "data"),
    "--json",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the bridge ended with ${code}`)));
  });
  return child;
};

/** Runs a command line as a person would, and gives its output. */
const sh = (command: string): Promise<{ readonly code: number | null; readonly text: string }> =>
  new Promise((resolve) => {
    const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("close", (code) => resolve({ code, text: Buffer.concat(said).toString("utf8") }));
  });

const worked = async (command: string): Promise<string> => {
  const { code, text } = await sh(command);
  if (code !== 0) throw new Error(`${command}\nended with ${code}: ${text}`);
  return text;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-live-"));
  port = await freePort();
  bridge = await startBridge();
  receivers = await startReceivers();
  stack = await startStack(settings, {
    PAGERDUTY_ROUTING_KEY: "a".repeat(32),
    SLACK_WEBHOOK_URL: `${receivers.url}/slack/default`,
  });
  // `lighthouse` as it is on the PATH of somebody who installed it.
  writeFileSync(join(folder, "lighthouse"), `#!/bin/sh\nexec "${process.execPath}" "${root}bin/lighthouse.js" "$@"\n`);
  chmodSync(join(folder, "lighthouse"), 0o755);
  environment = {
    ...process.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    LIGHTHOUSE_URL: `http://127.0.0.1:${port}`,
    LIGHTHOUSE_DATA: join(folder, "data"),
    PROMETHEUS_URL: stack.prometheus,
    ALERTMANAGER_URL: stack.alertmanager,
    MONITORING_DIR: stack.folder,
    AGENT: "suspect",
    BACKUP_FILE: join(folder, "backup.db"),
  };
  await Promise.all(["alice", "bob", "suspect"].map((agent) => worked(`lighthouse agent add ${agent}`)));
  await worked('lighthouse ask bob "Ship it?" --as alice --no-wait --json');
}, 90_000);

afterAll(async () => {
  await stack?.stop();
  await receivers?.close();
  if (bridge !== undefined) await end(bridge);
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

describe("a running bridge", () => {
  it("shows every signal by its name, and nothing under `lighthouse_` that is not one", async () => {
    const text = await phone.get(`http://127.0.0.1:${port}/metrics`);
    const shown = new Set(
      [...text.matchAll(/^([a-z_]+)(?:\{| )/gm)].map(([, name = ""]) => name.replace(/_(bucket|count|sum)$/, "")),
    );
    const names = Object.values(signals).map(({ name }) => name as string);
    expect(names.filter((name) => !shown.has(name) && !shown.has(name.replace(/_events$/, "")))).toEqual([]);
    const ours = [...shown].filter((name) => name.startsWith("lighthouse_"));
    expect(ours.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("is scraped by a real Prometheus", async () => {
    const up = await phone.get(
      `${stack.prometheus}/api/v1/query?query=${encodeURIComponent('up{job="lighthouse-bridge"} == 1')}`,
    );
    expect(JSON.parse(up)).toMatchObject({ data: { result: [{}] } });
  });
});

/** Every command of every runbook, once. What `promtool test rules` says is a test of its own (promtool.ops.test.ts). */
const commands = (): readonly string[] => {
  const texts = [...renderRunbooks(exampleSpec("empty")).values()];
  const blocks = texts.flatMap((text) =>
    [...text.matchAll(/^( *)```sh\n([\s\S]*?)\n\1```/gm)].map(([, indent = "", block = ""]) =>
      block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    ),
  );
  return [...new Set(blocks)].filter((block) => !block.startsWith("promtool test rules"));
};

describe("the commands of the runbooks", () => {
  it("all run against a live bridge and its servers", async () => {
    expect(commands().length).toBeGreaterThan(60);
    const failures: string[] = [];
    const tried = async (command: string): Promise<void> => {
      const { code, text } = await sh(command);
      if (code !== 0) failures.push(`${command}\n  ended with ${code}: ${text.slice(0, 300)}`);
    };
    // There is one rollback at a time; everything else may be done by several people at once.
    const isAlone = (command: string): boolean => command.includes("lighthouse rollback");
    const together = commands().filter((command) => !isAlone(command));
    await inParallel(availableParallelism() + 1, together, tried);
    await inParallel(1, commands().filter(isAlone), tried);
    expect(failures).toEqual([]);
  });
});
