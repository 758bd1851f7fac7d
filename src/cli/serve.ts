import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Server as TlsServer } from "node:tls";
import { type Bridge, startBridge } from "../bridge/bridge.ts";
import type { MasterSecret } from "../bridge/command/master.ts";
import { openSqliteLog } from "../bridge/log/sqlite.ts";
import type { Readings } from "../bridge/telemetry/metrics.ts";
import { vitalsFrom } from "../bridge/telemetry/vitals.ts";
import { serveHttp } from "../bridge/transport/http/server.ts";
import { serveWebSocket } from "../bridge/transport/websocket.ts";
import type { Credential } from "../client/credential.ts";
import { bridgeActor } from "../domain/agent.ts";
import { PUSH_FLAG } from "../domain/arm.ts";
import { refusal } from "../domain/refusal.ts";
import { base64url } from "../signing/digest.ts";
import { verifierKey } from "../signing/note.ts";
import { readBridgeConfig } from "./bridge-config.ts";
import { buildDigest } from "./build-digest.ts";
import { type DataFolder, FolderProblem, LOG_FILE, openDataFolder, writePrivate } from "./data-folder.ts";
import { watchLog } from "./log-watch.ts";
import { masterFromFile, masterFromText, refuseOtherMaster } from "./master-file.ts";
import { readMonitoring, telemetryFor } from "./monitoring-file.ts";
import { serveRunbooks } from "./runbook-pages.ts";
import { loopback, readTls, renewTls } from "./serve-tls.ts";
import { openTelemetry } from "./telemetry.ts";
import { sayTrouble } from "./trouble.ts";
import { webhookNet } from "./webhook-net.ts";
import { realClock, realRng, realScheduler } from "./world.ts";

export interface ServeOptions {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly behindProxy?: true;
  /** Files in PEM. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Where the master secret is, if not in the data folder. */
  readonly masterFile?: string;
  readonly name?: string;
  /** A monitoring.yaml; the one in the data folder, if there is one, unless given. */
  readonly monitoring?: string;
  readonly json?: true;
  /** Test only, and no option of the command line: the bug that the crash loop must find. */
  readonly unsafeAckBeforeCommit?: true;
  /** No option of the command line: when the log is verified again for the first time, in milliseconds. */
  readonly verifyLogAfterMs?: number;
  /** Lets agents have their questions posted to loopback and private networks, by plain HTTP too. */
  readonly allowPrivateWebhooks?: true;
  /** Origins whose pages may call the bridge, besides its own. */
  readonly allowOrigin?: readonly string[];
}

export interface RunningBridge {
  readonly url: string;
  readonly operatorFile: string;
  /** Reads certificate and key again; only there where the bridge ends TLS itself. */
  readonly renewTls?: () => void;
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
  const tls = readTls(options, realClock.now());
  const clock = realClock;
  const scheduler = realScheduler;
  const rng = realRng();
  const given = masterElsewhere(options.masterFile);
  const folder = openDataFolder(options.data, rng, options.name, given !== undefined);
  const master = given ?? masterFromFile(folder.masterFile);
  refuseOtherMaster(folder.path, master);

  const config = readBridgeConfig(folder.path);

  let bridge: Bridge | undefined;
  const readings: Readings = {
    ready: () => bridge !== undefined && log.health().writable,
    connections: () => connectionsBy(bridge),
    mode: () => bridge?.degrade.current().name ?? "normal",
    armOf: (target) => bridge?.armOf(target) ?? "push",
    rolloutPercentage: () => {
      const push = bridge?.flags.state(PUSH_FLAG);
      return push?.status === "set" ? push.rule.percentage : 0;
    },
    storeConnections: () => log.connections(),
    disk: async () => {
      const { bavail, blocks, bsize } = await statfs(folder.path);
      return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
    },
  };
  const monitoringFile = options.monitoring ?? join(folder.path, "monitoring.yaml");
  const spec = readMonitoring(monitoringFile, options.monitoring !== undefined);
  const telemetry = await openTelemetry(
    telemetryFor(spec, { version, revision: buildDigest(), node: `${host}:${port}`, env: process.env }, monitoringFile),
    {
      clock,
      scheduler,
      rng,
      readings,
      // Without a file nobody has asked for log lines; with --json standard output has another reader.
      ...(spec === undefined || options.json === true ? {} : { linesTo: 1 }),
    },
  );
  const onFault = (fault: unknown): void => {
    telemetry.say("error", "bridge.fault", "an operation failed for a reason that is a fault", { fault });
    say(`fault: ${fault instanceof Error ? fault.stack : String(fault)}`);
  };

  const log = await openSqliteLog({
    path: join(folder.path, LOG_FILE),
    clock,
    scheduler,
    ...(options.unsafeAckBeforeCommit === true ? { unsafeAckBeforeCommit: true } : {}),
    signer: { name: folder.audience, privateKey: folder.logKey },
    observe: telemetry.log,
  });
  bridge = await startBridge({
    log: telemetry.timed(log),
    clock,
    rng,
    scheduler,
    ...config,
    audience: folder.audience,
    master,
    version,
    proofs: { key: verifierKey(folder.audience, folder.logKey), prove: log.prove },
    projections: [telemetry],
    observer: telemetry.observer,
    webhooks: { net: webhookNet, mayBePrivate: options.allowPrivateWebhooks === true },
    vitals: vitalsFrom({
      series: telemetry.series,
      clock,
      windowMs: config.limits.emergencyWindowMs,
      ...(readings.disk === undefined ? {} : { disk: readings.disk }),
    }),
    onReplay: replayProgress(say),
    onFault,
  });

  const doors = {
    ...{ bridge, clock, scheduler, newSession: sessionNames(rng), onFault },
    lastCheckpoint: log.newestCheckpoint,
  };
  const hosts = {
    ...(isLoopback ? { allowedHosts: [...loopback] } : {}),
    allowedOrigins: options.allowOrigin ?? [],
  };
  const app = serveHttp({ ...doors, ...hosts, ...(tls === undefined ? {} : { tls }) });
  app.get("/metrics", async (request, reply) => {
    const { contentType, text } = await telemetry.expose(request.headers.accept);
    return reply.type(contentType).send(text);
  });
  serveRunbooks(app, spec);
  const closeSockets = serveWebSocket(app.server, { ...doors, ...hosts });
  const url = await app.listen({ host, port });
  await ensureOperator(bridge, folder, url);
  // What was there before this start is covered from its first moment, and health can say by what.
  await log.checkpoint().catch(() => undefined);
  const watch = watchLog({
    data: folder.path,
    scheduler,
    ...(options.verifyLogAfterMs === undefined ? {} : { firstAfterMs: options.verifyLogAfterMs }),
    onVerdict: (verdict) => {
      telemetry.log.verified(verdict.ok);
      if (verdict.ok) return;
      const where = verdict.position === null ? "" : ` at position ${verdict.position}`;
      telemetry.say("error", "log.tampered", `the log does not verify${where}: ${verdict.what}`);
      say(`the log does not verify${where}: ${verdict.what}`);
    },
    onFault,
  });

  const trouble = sayTrouble({
    clock,
    scheduler,
    look: () => {
      const { writable, reason } = { reason: "", ...log.health() };
      const mode = bridge.degrade.current();
      return writable ? (mode.name === "normal" ? undefined : `${mode.name}: ${mode.detail}`) : reason;
    },
    say,
  });

  return {
    url,
    operatorFile: folder.operatorFile,
    ...(tls === undefined
      ? {}
      : { renewTls: () => renewTls(app.server as unknown as TlsServer, options, clock.now(), say) }),
    stop: async () => {
      trouble.stop();
      await watch.stop();
      await bridge.stop(refusal("shutting_down", "the operator stopped the bridge"));
      closeSockets();
      await app.close();
      await log.close();
      await telemetry.close(TELEMETRY_CLOSE_MS);
    },
  };
};

/** How long what waits for a collector may hold up a stop, in milliseconds. */
const TELEMETRY_CLOSE_MS = 5_000;

const connectionsBy = (bridge: Bridge | undefined): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { via } of bridge?.deliver.presence.all() ?? []) counts[via] = (counts[via] ?? 0) + 1;
  return counts;
};

const MASTER_VARIABLE = "LIGHTHOUSE_MASTER_SECRET";

/** The master secret from a file or the environment; undefined when it is the data folder's. */
const masterElsewhere = (file: string | undefined): MasterSecret | undefined => {
  const text = process.env[MASTER_VARIABLE];
  // Whatever this process starts later has no business with it.
  delete process.env[MASTER_VARIABLE];
  if (file !== undefined && text !== undefined) {
    throw new FolderProblem(`--master-file and ${MASTER_VARIABLE} both give a master secret: leave one of them out`);
  }
  if (file !== undefined) return masterFromFile(file);
  return text === undefined ? undefined : masterFromText(text, MASTER_VARIABLE);
};

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
