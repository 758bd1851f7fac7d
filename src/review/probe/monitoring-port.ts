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

/** One question to a monitoring product, and what came back. */
export interface Verified {
  /** `prometheus.rules` */
  readonly check: string;
  readonly says: string;
  readonly endpoint: string;
  readonly state: "pass" | "fail" | "not run";
  /** False where monitoring.yaml switches the product off. */
  readonly isWanted: boolean;
  readonly evidence: {
    readonly asked: string;
    readonly answered: string;
    readonly details: readonly string[];
    /** Milliseconds since 1970. */
    readonly at: number;
    readonly tookMs: number;
  };
}

/** A question that was put to a monitoring product, and its answer as it came: JSON as JSON. Without any credential. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  /** The body that was sent; null: none. */
  readonly sent: Json;
  readonly status: number;
  readonly body: Json;
  /** Milliseconds since 1970 when it was asked, and how long the answer took. */
  readonly at: number;
  readonly tookMs: number;
}

/** What `lighthouse monitoring verify` made of the answers, and the answers, from which anybody can make it again. */
export interface Asked {
  readonly checks: readonly Verified[];
  /** By product: its answers, and beside them what monitoring.yaml wants there. */
  readonly answers: Readonly<Record<string, Json>>;
}

/** One way to people, tried with an incident that is marked as a test. Milliseconds; null: it did not arrive. */
export interface ChannelTried {
  readonly channel: string;
  readonly team: string;
  readonly firedMs: number | null;
  readonly resolvedMs: number | null;
  readonly problems: readonly string[];
}
