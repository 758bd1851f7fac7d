import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Bridge, startBridge } from "../bridge/bridge.ts";
import { openSqliteLog } from "../bridge/log/sqlite.ts";
import { createMetrics } from "../bridge/telemetry/metrics.ts";
import { serveHttp } from "../bridge/transport/http/server.ts";
import { serveWebSocket } from "../bridge/transport/websocket.ts";
import type { Credential } from "../client/credential.ts";
import { bridgeActor } from "../domain/agent.ts";
import { refusal } from "../domain/refusal.ts";
import { base64url } from "../signing/digest.ts";
import { readBridgeConfig } from "./bridge-config.ts";
import { type DataFolder, FolderProblem, LOG_FILE, openDataFolder, writePrivate } from "./data-folder.ts";
import { webhookNet } from "./webhook-net.ts";
import { realClock, realRng, realScheduler } from "./world.ts";

export interface ServeOptions {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly behindTlsProxy?: true;
  readonly name?: string;
  /** Lets agents have their questions posted to loopback and private networks, by plain HTTP too. */
  readonly allowPrivateWebhooks?: true;
}

export interface RunningBridge {
  readonly url: string;
  readonly operatorFile: string;
  readonly stop: () => Promise<void>;
}

/** The composition root: makes the real world, wires a bridge to it and opens its doors. */
export const serve = async (
  options: ServeOptions,
  version: string,
  say: (text: string) => void,
): Promise<RunningBridge> => {
  const { host, port } = options;
  const isLoopback = loopback.has(host);
  if (!isLoopback && options.behindTlsProxy !== true) {
    throw new FolderProblem(
      `${host} is reachable from other machines and this bridge speaks plain HTTP: put a proxy that ends TLS in front and say --behind-tls-proxy`,
    );
  }
  const clock = realClock;
  const scheduler = realScheduler;
  const rng = realRng();
  const onFault = (fault: unknown): void => say(`fault: ${fault instanceof Error ? fault.stack : String(fault)}`);
  const folder = openDataFolder(options.data, rng, options.name);

  const config = readBridgeConfig(folder.path);

  let observeLog: ReturnType<typeof createMetrics>["log"] | undefined;
  const log = await openSqliteLog({
    path: join(folder.path, LOG_FILE),
    clock,
    scheduler,
    signer: { name: folder.audience, privateKey: folder.logKey },
    observe: {
      committed: (events) => observeLog?.committed(events),
      failed: (fault, appends) => observeLog?.failed(fault, appends),
      checkpointed: (size) => observeLog?.checkpointed(size),
      probed: (ms) => observeLog?.probed(ms),
    },
  });
  let bridge: Bridge | undefined;
  const metrics = createMetrics({
    clock,
    build: { version, revision: "unknown", node: process.version },
    replayedUpTo: log.head().position,
    readings: {
      ready: () => bridge !== undefined && log.health().writable,
      disk: async () => {
        const { bavail, blocks, bsize } = await statfs(folder.path);
        return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
      },
    },
    onFault,
  });
  observeLog = metrics.log;
  const timed = metrics.timed(log);
  bridge = await startBridge({
    log: timed,
    clock,
    rng,
    scheduler,
    ...config,
    audience: folder.audience,
    master: folder.master,
    version,
    projections: [metrics],
    observer: metrics.observer,
    webhooks: { net: webhookNet, mayBePrivate: options.allowPrivateWebhooks === true },
    onReplay: replayProgress(say),
    onFault,
  });

  const doors = { bridge, clock, scheduler, newSession: sessionNames(rng), onFault };
  const hosts = isLoopback ? { allowedHosts: [...loopback] } : {};
  const app = serveHttp({ ...doors, ...hosts });
  app.get("/metrics", async (request, reply) => {
    const { contentType, text } = await metrics.expose(request.headers.accept);
    return reply.type(contentType).send(text);
  });
  const closeSockets = serveWebSocket(app.server, { ...doors, ...hosts });
  const url = await app.listen({ host, port });
  await ensureOperator(bridge, folder, url);

  return {
    url,
    operatorFile: folder.operatorFile,
    stop: async () => {
      await bridge.stop(refusal("shutting_down", "the operator stopped the bridge"));
      closeSockets();
      await app.close();
      await log.close();
    },
  };
};

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * The first start registers the operator, whose credential the command line uses. Whoever owns the folder owns the
 * bridge: when the file was lost, or a crash came between the two writes, another operator is made.
 */
const ensureOperator = async (bridge: Bridge, { operatorFile }: DataFolder, url: string): Promise<void> => {
  if (existsSync(operatorFile)) {
    const file = JSON.parse(readFileSync(operatorFile, "utf8")) as Credential;
    if (file.url !== url) writeCredential(operatorFile, { ...file, url });
    return;
  }
  for (let n = 1; ; n++) {
    const wanted = {
      name: n === 1 ? "operator" : `operator-${n}`,
      kind: "human",
      roles: ["admin"],
      expertise: [],
    } as const;
    const added = await bridge.registry.register(wanted, { actor: bridgeActor, trace: null });
    if (!added.ok) {
      if (added.refusal.code === "agent_exists") continue;
      throw new FolderProblem(`no operator could be registered: ${added.refusal.detail}`);
    }
    const { macSecret, ...rest } = added.credential;
    return writeCredential(operatorFile, { url, ...rest, macSecret: base64url(macSecret), audience: bridge.audience });
  }
};

const writeCredential = (path: string, credential: Credential): void =>
  writePrivate(path, `${JSON.stringify(credential, null, 2)}\n`);

const sessionNames = (rng: { readonly bytes: (size: number) => Uint8Array }): (() => string) => {
  const boot = base64url(rng.bytes(6));
  let count = 0;
  return () => `${boot}-${++count}`;
};

/** Replaying is silent when it is short: a line per 100,000 events otherwise. */
const replayProgress = (say: (text: string) => void) => {
  let told = 0;
  return (position: number, head: number): void => {
    if (position - told < 100_000) return;
    told = position;
    say(`replaying the log: ${position} of ${head} events`);
  };
};
