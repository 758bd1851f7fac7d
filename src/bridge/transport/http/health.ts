import type { FastifyInstance, FastifyReply } from "fastify";
import { type Static, Type } from "typebox";
import { modes } from "../../../domain/signal.ts";
import type { Bridge } from "../../bridge.ts";
import { Millis, Position } from "../views.ts";
import type { Served } from "./methods.ts";

/** What health is read from. Nothing here names an agent or needs a credential. */
export interface HealthPorts {
  readonly bridge: Bridge;
  /** The newest signed checkpoint of the log, where one is kept. */
  readonly lastCheckpoint?: () => Checkpoint | undefined;
}

/** A signed statement that the log had `size` events and this root. */
interface Checkpoint {
  readonly size: number;
  /** Root of the RFC 6962 tree, base64. */
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const Status = Type.Enum(["ok", "failing"]);
const Reason = Type.Optional(Type.String({ description: "why not, in words" }));
const Count = (description: string) => Type.Integer({ minimum: 0, description });

const HealthSchema = Type.Object({
  status: Status,
  reason: Reason,
  mode: Type.Enum([...modes], { description: "outside of normal, no new work is taken" }),
  modeSince: Type.Optional(Millis("since when it is not normal")),
  modeDetail: Type.Optional(Type.String({ description: "why it is not" })),
  log: Type.Object({ writable: Type.Boolean(), position: Position, reason: Reason }),
  open: Count("questions that wait for their end"),
  connections: Count("live connections of agents, waiting polls included"),
  version: Type.String(),
  uptimeMs: Type.Integer({ minimum: 0 }),
});

const ReadySchema = Type.Object({ ready: Type.Boolean(), reason: Reason });

const ElicitationHealthSchema = Type.Object({
  status: Status,
  reason: Reason,
  open: Count("questions that wait for their end"),
  deadlines: Count("deadlines and leases on the clock"),
  agents: Count("agents that are registered"),
  agentsConnected: Count("agents with at least one live connection"),
});

const EventStoreHealthSchema = Type.Object({
  status: Status,
  reason: Reason,
  writable: Type.Boolean(),
  failingSince: Type.Optional(Millis("since when it cannot be written")),
  head: Type.Object({ position: Position, time: Millis("time of the newest event") }),
  checkpoint: Type.Optional(
    Type.Object({ size: Count("events it covers"), root: Type.String(), at: Millis("when it was signed") }),
  ),
});

/** Why nothing new can be taken now; undefined when it can. A bridge that is alive and cannot record is not healthy. */
const failing = (bridge: Bridge): string | undefined => {
  const stopped = bridge.stopped();
  if (stopped !== undefined) return `stopped: ${stopped.detail}`;
  const log = bridge.log.health();
  return log.writable ? undefined : log.reason;
};

const statusOf = (reason: string | undefined) =>
  reason === undefined ? { status: "ok" as const } : { status: "failing" as const, reason };

const health = ({ bridge }: HealthPorts, startedAt: number): Static<typeof HealthSchema> => {
  const log = bridge.log.health();
  return {
    ...statusOf(failing(bridge)),
    ...modeOf(bridge),
    log: {
      writable: log.writable,
      position: bridge.log.head().position,
      ...(log.writable ? {} : { reason: log.reason }),
    },
    open: bridge.elicitations.openCount(),
    connections: bridge.deliver.counts().connections,
    version: bridge.version,
    uptimeMs: Math.round(bridge.clock.monotonic() - startedAt),
  };
};

/** An emergency is a state and no illness: the bridge is alive, and says that it takes no new work. */
const modeOf = (bridge: Bridge) => {
  const state = bridge.degrade.current();
  if (state.name === "normal") return { mode: state.name };
  return { mode: state.name, modeSince: state.since, modeDetail: state.detail };
};

const ready = ({ bridge }: HealthPorts): Static<typeof ReadySchema> => {
  const { mode, modeDetail } = { modeDetail: "", ...modeOf(bridge) };
  const reason = failing(bridge) ?? (mode === "normal" ? undefined : `${mode}: ${modeDetail}`);
  return reason === undefined ? { ready: true } : { ready: false, reason };
};

const elicitationHealth = ({ bridge }: HealthPorts): Static<typeof ElicitationHealthSchema> => {
  const counts = bridge.deliver.counts();
  return {
    ...statusOf(failing(bridge)),
    open: bridge.elicitations.openCount(),
    deadlines: counts.deadlines,
    agents: bridge.agents.count(),
    agentsConnected: counts.agents,
  };
};

const eventStoreHealth = ({ bridge, lastCheckpoint }: HealthPorts): Static<typeof EventStoreHealthSchema> => {
  const log = bridge.log.health();
  const checkpoint = lastCheckpoint?.();
  return {
    ...statusOf(log.writable ? undefined : log.reason),
    writable: log.writable,
    ...(log.writable ? {} : { failingSince: log.since }),
    head: bridge.log.head(),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
};

/** One page of health: what is said there, and whether that is well. */
interface HealthPage {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly output:
    | typeof HealthSchema
    | typeof ReadySchema
    | typeof ElicitationHealthSchema
    | typeof EventStoreHealthSchema;
  readonly read: (ports: HealthPorts, startedAt: number) => { readonly status: string } | { readonly ready: boolean };
}

export const healthPages: readonly HealthPage[] = [
  {
    path: "/health",
    name: "health.get",
    summary: "Whether the bridge is alive and can record. 503 with the reason when it cannot.",
    output: HealthSchema,
    read: health,
  },
  {
    path: "/ready",
    name: "health.ready",
    summary: "Whether to send work here now.",
    output: ReadySchema,
    read: ready,
  },
  {
    path: "/elicitation/health",
    name: "health.elicitation",
    summary: "Open questions and connected agents, in numbers.",
    output: ElicitationHealthSchema,
    read: elicitationHealth,
  },
  {
    path: "/event-store/health",
    name: "health.eventStore",
    summary: "The log: whether it can be written, its newest position, its newest checkpoint.",
    output: EventStoreHealthSchema,
    read: eventStoreHealth,
  },
];

export const serveHealth = (app: FastifyInstance, ports: HealthPorts): readonly Served[] => {
  const startedAt = ports.bridge.clock.monotonic();
  for (const { path, read } of healthPages) {
    app.get(path, { exposeHeadRoute: true }, async (_request, reply): Promise<FastifyReply> => {
      const page = read(ports, startedAt);
      const isWell = "ready" in page ? page.ready : page.status === "ok";
      return reply.code(isWell ? 200 : 503).send(page);
    });
  }
  return healthPages.flatMap(({ path }) => [
    { method: "GET", path },
    { method: "HEAD", path },
  ]);
};
