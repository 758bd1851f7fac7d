import { type Bridge, startBridge } from "../../src/bridge/bridge.ts";
import { type Log, LogCorrupt, LogUnavailable } from "../../src/bridge/log/log.ts";
import { openMemoryLog } from "../../src/bridge/log/memory.ts";
import { createMetrics, type Metrics } from "../../src/bridge/telemetry/metrics.ts";
import { identify } from "../../src/bridge/transport/identify.ts";
import { places } from "../../src/bridge/transport/places.ts";
import { serveSession } from "../../src/bridge/transport/session.ts";
import { strangerRecorder } from "../../src/bridge/transport/stranger.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import { defaultLimits, type Limits } from "../../src/domain/limit.ts";
import { refusal } from "../../src/domain/refusal.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { Accept, SimulatedNet } from "./net.ts";
import { random } from "./random.ts";
import type { Sometimes } from "./sometimes.ts";
import type { Wiring } from "./wiring.ts";
import { newProcess, type Process, type World } from "./world.ts";

export const AUDIENCE = "lighthouse://simulation";
export const MASTER = { epoch: 1, secret: new Uint8Array(32).fill(7) } as const;

/** Small where small makes things happen: buffers that fill, absences that are noticed. */
export const limits: Limits = {
  ...defaultLimits,
  channelBufferedBytesMax: 24_000,
  connectionsPerAgentMax: 6,
  seenEveryMs: 5_000,
  asksPerMinute: 30,
  answersPerMinute: 60,
  burst: 12,
  emergencyLookEveryMs: 1_500,
  emergencyAppendP99MsMax: 100,
  emergencyRetryAfterMs: 2_000,
};

/** The machine on which the bridge runs: starts it, kills it, and starts it again. */
export interface Host {
  readonly start: () => void;
  /** `againAfterMs`: it crashes once more, so long after it was started. */
  readonly crash: (how: "kill" | "power cut", downMs: number, againAfterMs?: number) => void;
  /** A stop as an operator would ask for it, and a start. */
  readonly restart: (downMs: number) => void;
  /** It dies and stays dead. */
  readonly halt: () => void;
  /** The running bridge; undefined while there is none. */
  readonly bridge: () => Bridge | undefined;
  readonly process: () => Process;
  /** What `/metrics` of the running bridge is made from. */
  readonly metrics: () => Metrics | undefined;
  readonly wasDown: (wallMs: number) => boolean;
}

const RETRY_MS = 300;

export const bridgeHost = (
  world: World,
  disk: SimulatedDisk,
  net: SimulatedNet,
  wiring: Wiring,
  sometimes: Sometimes,
  gone: () => void,
): Host => {
  let process: Process = newProcess("bridge");
  let bridge: Bridge | undefined;
  let metrics: Metrics | undefined;
  let incarnation = 0;
  let isStopping = false;
  let downSince: number | undefined = world.now();
  const downs: { readonly from: number; readonly to: number }[] = [];

  const start = (): void => {
    process = newProcess("bridge");
    incarnation++;
    isStopping = false;
    boot(process, incarnation).catch((fault: unknown) => notStarted(process, fault));
  };

  const boot = async (mine: Process, nth: number): Promise<void> => {
    const scheduler = world.schedulerOf(mine);
    const clock = wiring.clock(world);
    const log = wiring.log(await openMemoryLog({ disk: wiring.disk(disk.mountFor(mine)), clock, scheduler }));
    const measured = createMetrics({
      clock,
      build: { version: "0.0.0-simulation", revision: "none", node: "none" },
      readings: {
        ready: () => mine.alive && log.health().writable,
        mode: () => bridge?.degrade.current().name ?? "normal",
        armOf: (target) => bridge?.armOf(target) ?? "push",
      },
    });
    const started = await startBridge({
      log: measured.timed(log),
      clock,
      rng: random(world.seed, "bridge", nth),
      scheduler,
      limits,
      audience: AUDIENCE,
      master: MASTER,
      version: "0.0.0-simulation",
      vitals: async () => disk.vitals(),
      observer: measured.observer,
      projections: [{ fold: measured.fold }],
      ...(wiring.policy === undefined ? {} : { policy: wiring.policy }),
      onFault: (fault) =>
        world.fail("no fault", fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)),
    });
    bridge = started;
    metrics = measured;
    if (downSince !== undefined) downs.push({ from: downSince, to: world.now() });
    downSince = undefined;
    world.trace.note(world.monotonic(), "bridge up", () => `bridge: up with ${log.head().position} events`);
    net.listen({ owner: mine, accept: door(started, nth) });
  };

  const notStarted = (mine: Process, fault: unknown): void => {
    if (!mine.alive) return;
    mine.alive = false;
    if (fault instanceof LogCorrupt) return world.fail("the log survives", fault.message);
    if (!(fault instanceof LogUnavailable)) throw fault;
    sometimes.saw("start failed");
    disk.crash("kill");
    world.after(null, RETRY_MS, "start again", start);
  };

  /** As `websocket.ts` hangs it. */
  const door = (served: Bridge, nth: number): Accept => {
    const seats = places(limits.connectionsPerAgentMax);
    const stranger = strangerRecorder(served, world, (fault) => world.fail("no fault", String(fault)));
    let sessions = 0;
    return (connection, credential) => {
      const who = identify(served, credential, undefined);
      if (who === undefined) {
        stranger("ws");
        sometimes.saw("stranger turned away");
        return { refuse: new LighthouseRefusal(refusal("unauthenticated", "")) };
      }
      const leave = seats.take(who.agent);
      if (leave === undefined) return { refuse: new LighthouseFault("unreachable", "too_busy") };
      const session = `s${nth}.${++sessions}`;
      connection.session = session;
      return {
        take: (channel) => {
          serveSession(served, wiring.channel(channel), wiring.principal(who), session, (fault) =>
            world.fail("no fault", fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)),
          );
          const { onClose } = channel;
          channel.onClose = (code, reason) => {
            leave();
            onClose(code, reason);
          };
        },
      };
    };
  };

  const down = (): void => {
    if (bridge === undefined) sometimes.saw("crash during recovery");
    process.alive = false;
    bridge = undefined;
    metrics = undefined;
    downSince ??= world.now();
    net.listen(null);
    net.dropAll();
    gone();
  };

  const crash: Host["crash"] = (how, downMs, againAfterMs) => {
    if (!process.alive) return;
    sometimes.saw(how);
    down();
    disk.crash(how);
    world.after(null, downMs, "start after a crash", () => {
      start();
      const mine = process;
      if (againAfterMs === undefined) return;
      world.after(mine, againAfterMs, "crash again", () => crash(how, downMs));
    });
  };

  return {
    start,
    crash,
    restart: (downMs) => {
      const stopping = bridge;
      if (stopping === undefined || isStopping) return;
      isStopping = true;
      const mine = process;
      sometimes.saw("graceful restart");
      const stopped = async (log: Log): Promise<void> => {
        await stopping.stop(refusal("shutting_down", "the plan says so"));
        await log.close();
        if (!mine.alive) return;
        down();
        disk.crash("kill");
        world.after(null, downMs, "start after a stop", start);
      };
      net.listen(null);
      stopped(stopping.log).catch((fault: unknown) => world.fail("no fault", String(fault)));
    },
    halt: down,
    bridge: () => bridge,
    process: () => process,
    metrics: () => metrics,
    wasDown: (wallMs) => downs.some(({ from, to }) => wallMs >= from && wallMs < to),
  };
};
