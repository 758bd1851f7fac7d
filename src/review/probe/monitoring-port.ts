import type { Json } from "../../domain/json.ts";

/** The monitoring products of a bridge, as far as probes ask them themselves. */
export interface Monitored {
  readonly prometheus: string;
  /** Value of the label `job` under which the bridge is scraped. */
  readonly job: string;
  /** JSON of a 2xx answer; rejects with words about anything else. */
  readonly get: (url: string) => Promise<Json>;
  /** How often the bridge is scraped, in milliseconds. */
  readonly scrapeMs: number;
}

/** What a product runs, held against what monitoring.yaml renders to. */
export interface Compared {
  readonly product: string;
  /** Method and path, no secret. */
  readonly asked: string;
  readonly answered: boolean;
  /** In words: what came back, or why nothing did. */
  readonly says: string;
  readonly differences: readonly Json[];
}

/** One way to people, tried with an incident that is marked as a test. Milliseconds; null: it did not arrive. */
export interface ChannelTried {
  readonly channel: string;
  readonly team: string;
  readonly firedMs: number | null;
  readonly resolvedMs: number | null;
  readonly problems: readonly string[];
}

/** One threshold that was really broken, and how long it took until somebody was called. */
export interface Drilled {
  readonly name: string;
  readonly alert: string;
  readonly pageMs: number | null;
  readonly resolvedMs: number | null;
  /** The longest that was promised. */
  readonly pageMsMax: number;
  readonly failures: readonly string[];
}

export interface RollbackStep {
  readonly name: string;
  readonly ms: number;
  /** Whether what must be so after it is so. */
  readonly held: boolean;
  readonly says: string;
}
