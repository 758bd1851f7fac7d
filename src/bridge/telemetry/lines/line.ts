/**
 * One log line in the Elastic Common Schema: its own fields where it has one, ours below `lighthouse`. What agents said
 * to each other is never in it, nor a reason that they gave, nor a credential.
 */
export interface Line {
  readonly "@timestamp": string;
  readonly "log.level": Level;
  readonly message: string;
  readonly "ecs.version": string;
  readonly service: Service;
  readonly event: {
    readonly dataset: string;
    readonly kind: "event" | "alert" | "metric";
    readonly action: string;
    readonly category?: readonly string[];
    readonly outcome?: "success" | "failure" | "unknown";
    /** Nanoseconds. */
    readonly duration?: number;
  };
  readonly error?: {
    readonly code?: string;
    readonly type?: string;
    readonly message?: string;
    readonly stack_trace?: string;
  };
  readonly trace?: { readonly id: string };
  readonly span?: { readonly id: string };
  readonly lighthouse?: Ours;
}

export const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

export interface Service {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  readonly node: { readonly name: string };
}

/** The first five are the first system's, and are indexed under these names. */
export interface Ours {
  readonly elicitation_id?: string;
  readonly agent_id?: string;
  /** The bridge's own time. */
  readonly latency_ms?: number;
  readonly security_event?: boolean;
  readonly error_code?: string;
  readonly target_id?: string;
  readonly operation?: string;
  readonly violation?: string;
  readonly severity?: string;
  readonly subject?: string;
  readonly position?: number;
  readonly arm?: string;
  readonly leg?: string;
  readonly via?: string;
  readonly exporter?: string;
  readonly dropped?: number;
  readonly left_out?: number;
}

export const ECS_VERSION = "8.17.0";
export const DATASET = "lighthouse.bridge";

/** Takes lines. False when this one was given up. Returns at once. */
export type LineSink = (line: Line, text: string) => boolean;
