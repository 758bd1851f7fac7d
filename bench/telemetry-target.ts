import { mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBridge } from "../src/bridge/bridge.ts";
import { openSqliteLog } from "../src/bridge/log/sqlite.ts";
import type { Readings } from "../src/bridge/telemetry/metrics.ts";
import type { Telemetry } from "../src/bridge/telemetry/telemetry.ts";
import { serveWebSocket } from "../src/bridge/transport/websocket.ts";
import { openTelemetry } from "../src/cli/telemetry.ts";
import { realClock, realRng, realScheduler } from "../src/cli/world.ts";
import { defaultLimits } from "../src/domain/limit.ts";
import { refusal } from "../src/domain/refusal.ts";

/** What the parent asks for: how much is told, and where to. */
export interface TargetPlan {
  readonly telemetry: "off" | "metrics" | "traces" | "lines" | "all";
  readonly agents: number;
  readonly collector: string;
  readonly logstash: string;
}

/** A bridge in a process of its own, on a real log, with as much telemetry as the parent wants. */
process.once("message", async ({ telemetry: kind, agents, collector, logstash }: TargetPlan) => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-bench-"));
  const clock = realClock;
  const scheduler = realScheduler;
  const rng = realRng();
  const readings: Readings = { ready: () => true };
  const has = (part: TargetPlan["telemetry"]): boolean => kind === "all" || kind === part;
  const telemetry: Telemetry | undefined =
    kind === "off"
      ? undefined
      : await openTelemetry(
          {
            service: { name: "lighthouse-bridge", version: "bench", environment: "bench", node: { name: "bench" } },
            revision: "bench",
            level: "info",
            ...(has("traces")
              ? {
                  traces: {
                    to: { protocol: "http/protobuf", endpoint: collector },
                    sampling: { ratio: 0.1, perSecondMax: 100 },
                  } as const,
                }
              : {}),
            logs: has("lines") ? { logstash: { address: logstash, bufferBytes: 10_485_760 } } : {},
            metrics: has("traces") ? { datadog: { url: `${collector}/v1/metrics`, apiKey: "none" } } : {},
          },
          { clock, scheduler, rng, readings, ...(has("lines") ? { linesTo: openSync("/dev/null", "w") } : {}) },
        );
  const opened = await openSqliteLog({
    path: join(folder, "log.db"),
    clock,
    scheduler,
    ...(telemetry === undefined ? {} : { observe: telemetry.log }),
  });
  const log = telemetry?.timed(opened) ?? opened;
  const onFault = (fault: unknown): void => console.error(fault);
  const bridge = await startBridge({
    log,
    clock,
    rng,
    scheduler,
    limits: defaultLimits,
    audience: "lighthouse://bench",
    master: { epoch: 1, secret: new Uint8Array(32).fill(1) },
    version: "bench",
    onFault,
    ...(telemetry === undefined ? {} : { observer: telemetry.observer, projections: [telemetry] }),
  });
  const server = createServer();
  let sessions = 0;
  serveWebSocket(server, { bridge, scheduler, newSession: () => `s${++sessions}`, onFault });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const credentials = [];
  for (let i = 0; i < agents; i++) {
    // A system is not slowed down by the rates that protect others from an agent.
    const wanted = { name: `a${i}`, kind: "service", roles: ["system"], expertise: [] } as const;
    const added = await bridge.registry.register(wanted, { actor: "bridge", trace: null });
    if (!added.ok) throw new Error(added.refusal.code);
    const { token, macKid, macSecret } = added.credential;
    credentials.push({ name: wanted.name, token, kid: macKid, secret: Buffer.from(macSecret).toString("base64url") });
  }
  // A scrape every 15 s is part of what it costs.
  const scrape = setInterval(() => void telemetry?.expose(), 15_000);
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, credentials });
  process.once("SIGTERM", async () => {
    clearInterval(scrape);
    await bridge.stop(refusal("shutting_down", "the bench is over"));
    await opened.close();
    await telemetry?.close(2_000);
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
