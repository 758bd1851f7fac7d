import type { HmacKey } from "../src/signing/keys.ts";

/** What a load is asked to do, and what it says of it; both cross a process boundary. */
export interface LoadPlan {
  readonly url: string;
  readonly agents: readonly LoadAgent[];
  /** Round trips a second over all agents, or "closed": every agent keeps `outstanding` questions in the air. */
  readonly rate: number | "closed";
  readonly outstanding: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** "same": all questions carry one schema; "fresh": every question carries its own. */
  readonly schemas: "same" | "fresh";
  /** "bridge": signed answers over our WebSocket; "http": over HTTP alone. "relay": the bare relay that only forwards. */
  readonly peer: "bridge" | "http" | "relay";
}

export interface LoadAgent {
  readonly name: string;
  readonly token: string;
  readonly key: HmacKey;
}

export interface LoadResult {
  readonly roundTripsPerSecond: number;
  readonly completed: number;
  /** Round trips including those of the warm-up. */
  readonly total: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How late the generator itself was, 99th percentile: part of every latency above. */
  readonly generatorLagP99Ms: number;
}
