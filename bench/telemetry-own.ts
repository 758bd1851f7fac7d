import { parseArgs } from "node:util";
import type { Dial } from "../src/bridge/telemetry/lines/tcp.ts";
import { createTelemetry, type TelemetryConfig } from "../src/bridge/telemetry/telemetry.ts";
import { realClock, realRng, realScheduler } from "../src/cli/world.ts";
import type { EventTypeName, Fact, Recorded } from "../src/domain/event.ts";
import { row } from "./support.ts";

/**
 * What telemetry itself takes of one round trip, in microseconds, without a bridge around it: three events folded, two
 * calls, two hand-overs, as a bridge tells them. Says little about a bridge, and the same on a busy machine as on an idle
 * one, which the other bench does not.
 */
const { values } = parseArgs({ options: { trips: { type: "string", default: "300000" } } });
const trips = Number(values.trips);

const world = {
  clock: realClock,
  scheduler: realScheduler,
  rng: realRng(),
  node: process.version,
  post: async () => ({ status: 200, header: () => null, bytes: new Uint8Array(0) }),
  // Takes everything at once.
  dial: (): Dial => (on) => {
    setImmediate(on.open);
    return { write: (_text, done) => setImmediate(done), destroy: () => undefined };
  },
};
const service = { name: "lighthouse-bridge", version: "bench", environment: "bench", node: { name: "bench" } };
const nothing: TelemetryConfig = { service, revision: "bench", level: "info", logs: {}, metrics: {} };
const traces: TelemetryConfig["traces"] = {
  to: { protocol: "http/protobuf", endpoint: "http://127.0.0.1:4318" },
  sampling: { ratio: 0.1, perSecondMax: 100 },
};
const logs: TelemetryConfig["logs"] = { logstash: { address: "127.0.0.1:5514", bufferBytes: 10_485_760 } };

const event = (position: number, stream: string, fact: Fact<EventTypeName>, trace: string | null): Recorded =>
  ({
    stream,
    version: 1,
    time: Date.now(),
    actor: "alice",
    parties: ["alice", "bob"],
    correlation: stream,
    causation: null,
    trace,
    position,
    revision: 0,
    ...fact,
  }) as Recorded;

const offered: Fact<"elicitation.offered"> = {
  type: "elicitation.offered",
  data: { via: "websocket", session: "s", at: 0 },
};
const accepted: Fact<"elicitation.accepted"> = {
  type: "elicitation.accepted",
  data: { answer: { payload: "", signatures: [] } },
};

/** Microseconds of processor time for one round trip. A pause now and then lets batches leave, which is part of it. */
const measure = async (config: TelemetryConfig): Promise<number> => {
  const { observer, fold } = await createTelemetry(config, world);
  let position = 0;
  const trip = (n: number): void => {
    const id = `el_${n}`;
    const stream = `elicitation/${id}`;
    const receivedAt = performance.now();
    const asked = observer.entered("elicitations.ask", null, undefined);
    observer.began("ask", id, receivedAt);
    const question = {
      from: "alice",
      to: "bob",
      message: "?",
      schema: {},
      schemaHash: "",
      requestHash: "",
      challenge: "",
    };
    const data = { ...question, deadline: Date.now() + 600_000 };
    fold(event(++position, stream, { type: "elicitation.asked", data }, asked));
    const out = observer.handing("ask", id, "websocket");
    observer.served({ operation: "elicitations.ask", actor: "alice", trace: asked, receivedAt });
    observer.handed("ask", id, "websocket");
    fold(event(++position, stream, offered, out));
    const answered = observer.entered("elicitations.answer", null, id);
    observer.began("answer", id, performance.now());
    fold(event(++position, stream, accepted, answered));
    observer.handing("answer", id, "websocket");
    observer.served({ operation: "elicitations.answer", actor: "bob", trace: answered, receivedAt, subject: id });
    observer.handed("answer", id, "websocket");
  };
  const run = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      trip(n);
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run(0, trips / 10);
  const before = process.cpuUsage();
  await run(trips / 10, trips / 10 + trips);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / trips;
};

/** The events themselves, and the loop. */
const empty = async (): Promise<number> => {
  const before = process.cpuUsage();
  let position = 0;
  for (let n = 0; n < trips; n++) {
    const data = {
      from: "alice",
      to: "bob",
      message: "?",
      schema: {},
      schemaHash: "",
      requestHash: "",
      challenge: "",
      deadline: Date.now(),
    };
    position += event(n, `elicitation/el_${n}`, { type: "elicitation.asked", data }, null).position;
    position += event(n, `elicitation/el_${n}`, offered, null).position;
    position += event(n, `elicitation/el_${n}`, accepted, null).position;
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  if (position === 0) throw new Error("nothing ran");
  return (user + system) / trips;
};

const base = await empty();
row("making the events", `${base.toFixed(2)} µs`);
for (const [name, config] of [
  ["metrics", nothing],
  ["metrics and traces", { ...nothing, traces }],
  ["metrics and lines", { ...nothing, logs }],
  ["everything", { ...nothing, traces, logs }],
] as const) {
  row(name, `${((await measure(config)) - base).toFixed(2)} µs`);
}
process.exit(0);
