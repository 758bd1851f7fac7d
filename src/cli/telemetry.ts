import { postBy } from "../bridge/telemetry/export/post.ts";
import { fdLines } from "../bridge/telemetry/lines/stdout.ts";
import type { Readings } from "../bridge/telemetry/metrics.ts";
import { createTelemetry, type Telemetry, type TelemetryConfig } from "../bridge/telemetry/telemetry.ts";
import type { Clock, Rng, Scheduler } from "../domain/world.ts";
import { dialTcp } from "./dial-tcp.ts";

export interface TelemetryWorld {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly readings: Readings;
  /** File descriptor for log lines, 1 for standard output; absent: none are written there. */
  readonly linesTo?: number;
}

/** Telemetry in the real world: sockets, HTTP, standard output. */
export const openTelemetry = (config: TelemetryConfig, { linesTo, ...world }: TelemetryWorld): Promise<Telemetry> =>
  createTelemetry(config, {
    ...world,
    post: postBy(fetch),
    dial: (address) => {
      const [host = "localhost", port = "0"] = address.split(":");
      return dialTcp(host, Number(port));
    },
    ...(linesTo === undefined ? {} : { stdout: (watch) => fdLines(linesTo, watch) }),
    node: process.version,
  });
