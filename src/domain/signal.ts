/**
 * Every metric this project knows, once: name, type, unit, labels with all their values. The exporter of the bridge and
 * every renderer of the operating side read this list, and a test holds each rendered PromQL selector against it.
 *
 * Three rules:
 * - A label is a closed list, so that the exporter can start every series at 0. `increase()` cannot see a series that
 *   is born with the value 1, and so missed the ancestor's first security violation, the one that matters most.
 * - Agent ids are not labels (500 agents asking each other make 998,000 series). They go to exemplars, spans, logs.
 * - The bridge's own time and the total time, which includes an agent's thinking, are two histograms.
 */

/** The values a label can take, or `open`: free text that is fixed for the life of the process (a version). */
export type Label = readonly string[] | "open";
export type Labels = Readonly<Record<string, Label>>;
export type Unit = "1" | "seconds" | "bytes" | "events" | "percent";

interface Described<L extends Labels> {
  readonly name: string;
  readonly help: string;
  readonly unit: Unit;
  readonly labels: L;
  /** The combinations that can occur, when they are fewer than all of them. */
  readonly only?: readonly LabelSet<L>[];
}
export interface CounterSignal<L extends Labels = Labels> extends Described<L> {
  readonly type: "counter";
}
export interface GaugeSignal<L extends Labels = Labels> extends Described<L> {
  readonly type: "gauge";
}
export interface HistogramSignal<L extends Labels = Labels> extends Described<L> {
  readonly type: "histogram";
  /** Upper bounds, in the unit of the signal, `+Inf` left out. */
  readonly buckets: readonly number[];
}
export type Signal = CounterSignal | GaugeSignal | HistogramSignal;

/** One value for each label: what an exporter passes along with an observation. */
export type LabelSet<L extends Labels> = { readonly [K in keyof L]: L[K] extends readonly (infer V)[] ? V : string };
export type LabelsOf<S extends Signal> = LabelSet<S["labels"]>;

const counter = <const L extends Labels>(signal: Described<L>): CounterSignal<L> => ({ type: "counter", ...signal });
const gauge = <const L extends Labels>(signal: Described<L>): GaugeSignal<L> => ({ type: "gauge", ...signal });
const histogram = <const L extends Labels>(
  signal: Described<L> & { readonly buckets: readonly number[] },
): HistogramSignal<L> => ({ type: "histogram", ...signal });

/** `stable` is the durable mailbox, `canary` the way of delivery that a rollout is trying out. */
export const arms = ["stable", "canary"] as const;
/** The ways in which a question can reach its target. */
export const vias = ["websocket", "sse", "poll", "hook", "webhook", "mcp"] as const;
/** How an elicitation ended: `rejected` was refused at the door, `error` is a fault of the bridge and nothing else. */
export const outcomes = ["accepted", "declined", "cancelled", "expired", "rejected", "error"] as const;
/** The two stretches of an elicitation that are the bridge's own: ask received → offered, answer received → handed. */
export const legs = ["ask", "answer"] as const;
/** Why an answer was refused, in the order in which it is checked. */
export const refusalClasses = [
  "size",
  "form",
  "signature",
  "key",
  "addressee",
  "state",
  "deadline",
  "replay",
  "schema",
  "rate",
  "permission",
] as const;

/** Each kind of security violation has one severity, so the pairs are few and all of them start at 0. */
export const violations = {
  unauthorized_response: "critical",
  replay_attack: "critical",
  invalid_signature: "critical",
  tampered_log: "critical",
  unauthorized_cancel: "high",
  invalid_session: "high",
  revoked_key: "high",
  permission_escalation: "high",
  nonce_store_failure: "high",
  agent_mismatch: "high",
  sender_mismatch: "high",
  url_mismatch: "high",
  address_change: "high",
  client_change: "high",
  message_replay: "high",
  authentication: "medium",
  // Asked for something that its roles do not allow. Deny is the default of the policy, so an agent that was set up
  // wrongly does this a hundred times and attacks nobody; where it is an administrator's operation, it is an escalation.
  forbidden: "medium",
  rate_limit_exceeded: "medium",
  response_rate_limit_exceeded: "medium",
  elicitation_not_found: "medium",
  validation_failure: "medium",
  late_answer: "info",
} as const;
export type ViolationKind = keyof typeof violations;
export const severities = ["critical", "high", "medium", "info"] as const;
const violationKinds = Object.keys(violations) as ViolationKind[];

export const limits = ["ask", "answer", "event", "register", "connect", "read", "pair", "budget", "global"] as const;
export const transports = ["http", "websocket", "sse", "poll", "mcp"] as const;
export const stages = ["asked", "offered", "claimed"] as const;
export const views = ["elicitation", "agent", "event", "proof", "rollout", "review"] as const;
export const modes = ["normal", "emergency", "recovering"] as const;
export const logFaults = ["disk_full", "io", "timeout", "closed"] as const;
export const logSinks = ["stdout", "logstash", "elasticsearch", "otlp"] as const;
export const exporters = ["otlp_traces", "otlp_logs", "otlp_metrics", "cloudwatch", "datadog", "newrelic"] as const;

export const signals = {
  // --- elicitations -------------------------------------------------------------------------------------------------
  elicitationsAsked: counter({
    name: "lighthouse_elicitations_asked_total",
    help: "Questions that became durable.",
    unit: "1",
    labels: { arm: arms },
  }),
  elicitationsOffered: counter({
    name: "lighthouse_elicitations_offered_total",
    help: "Questions whose bytes left for their target for the first time.",
    unit: "1",
    labels: { via: vias, arm: arms },
  }),
  elicitationsClaimed: counter({
    name: "lighthouse_elicitations_claimed_total",
    help: "Questions that their target said it has, by a claim or by the answer itself.",
    unit: "1",
    labels: { arm: arms },
  }),
  elicitationsEnded: counter({
    name: "elicitation_requests_total",
    help: "Elicitations by how they ended; rejected was refused at the door, error is a fault of the bridge.",
    unit: "1",
    labels: { status: outcomes, arm: arms },
  }),
  elicitationsOpen: gauge({
    name: "lighthouse_elicitations_open",
    help: "Elicitations that have not ended, by stage.",
    unit: "1",
    labels: { stage: stages },
  }),
  elicitationsOverdue: gauge({
    name: "lighthouse_elicitations_overdue",
    help: "Open elicitations whose deadline passed more than 5 s ago; above 0 the expiry timer is not doing its work.",
    unit: "1",
    labels: {},
  }),
  agentsRecent: gauge({
    name: "lighthouse_agents_recent",
    help: "Agents whose questions ended in the last 5 minutes; failing: of at least two, more expired than were answered.",
    unit: "1",
    labels: { state: ["answering", "failing"] },
  }),
  bridgeOverhead: histogram({
    name: "lighthouse_bridge_overhead_seconds",
    help: "The bridge's own time, durability included: ask received to offered, answer received to result handed over.",
    unit: "seconds",
    labels: { leg: legs, arm: arms },
    // 0.3 and 0.5 are the promised limits and must be boundaries: between 0.25 and 0.5 a uniform 260 ms reads as 497.
    // The finer ones are where we mean to live (1 to 25 ms).
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5],
  }),
  responseTime: histogram({
    name: "elicitation_response_time_seconds",
    help: "Question asked to answer recorded, the agent's thinking included.",
    unit: "seconds",
    labels: { response_type: ["accepted", "declined"] },
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
  }),
  answersRefused: counter({
    name: "lighthouse_answers_refused_total",
    help: "Answers that were refused, by the check that they failed. The question stays open.",
    unit: "1",
    labels: { reason: refusalClasses },
  }),

  // --- delivery -----------------------------------------------------------------------------------------------------
  deliveryAttempts: counter({
    name: "lighthouse_delivery_attempts_total",
    help: "Attempts to hand a question or a result to somebody who is connected.",
    unit: "1",
    labels: { via: vias },
  }),
  deliveries: counter({
    name: "lighthouse_deliveries_total",
    help: "Attempts that ended: offered when the bytes left, failed when they are known not to have.",
    unit: "1",
    labels: { via: vias, result: ["offered", "failed"], arm: arms },
  }),
  deadLetters: counter({
    name: "lighthouse_dead_letters_total",
    help: "Questions that a mailbox handed out as often as it may without an acknowledgement.",
    unit: "1",
    labels: {},
  }),
  connections: gauge({
    name: "lighthouse_connections",
    help: "Live connections by transport; for http the requests being served.",
    unit: "1",
    labels: { transport: transports },
  }),

  // --- security and limits ------------------------------------------------------------------------------------------
  securityViolations: counter({
    name: "security_violations_total",
    help: "Security violations by kind and severity. Who did it is in the log, not here.",
    unit: "1",
    labels: { type: violationKinds, severity: severities },
    only: violationKinds.map((type) => ({ type, severity: violations[type] })),
  }),
  rateLimitRefusals: counter({
    name: "rate_limit_violations_total",
    help: "Calls that were refused because a limit was used up, by limit.",
    unit: "1",
    labels: { limit_type: limits },
  }),

  // --- the log ------------------------------------------------------------------------------------------------------
  logAppend: histogram({
    name: "lighthouse_log_append_seconds",
    help: "One append, from asking for it to its events being durable.",
    unit: "seconds",
    labels: {},
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  }),
  logBatch: histogram({
    name: "lighthouse_log_batch_events",
    help: "Events made durable by one sync to disk.",
    unit: "events",
    labels: {},
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  }),
  logEvents: counter({
    name: "lighthouse_log_events_appended_total",
    help: "Events appended to the log.",
    unit: "events",
    labels: {},
  }),
  logAppendFailures: counter({
    name: "lighthouse_log_append_failures_total",
    help: "Appends that failed for a reason of the log's own (a revision conflict is not one).",
    unit: "1",
    labels: { reason: logFaults },
  }),
  logPosition: gauge({
    name: "lighthouse_log_position",
    help: "Position of the last durable event.",
    unit: "events",
    labels: {},
  }),
  logCheckpoint: gauge({
    name: "lighthouse_log_checkpoint_events",
    help: "Number of events covered by the last signed checkpoint.",
    unit: "events",
    labels: {},
  }),
  logSyncProbe: gauge({
    name: "lighthouse_log_sync_probe_seconds",
    help: "How long the last probe of the disk took to make a few bytes durable.",
    unit: "seconds",
    labels: {},
  }),
  logDiskFree: gauge({
    name: "lighthouse_log_disk_free_bytes",
    help: "Bytes that are free on the disk that holds the log.",
    unit: "bytes",
    labels: {},
  }),
  logDiskSize: gauge({
    name: "lighthouse_log_disk_size_bytes",
    help: "Size of the disk that holds the log.",
    unit: "bytes",
    labels: {},
  }),
  logVerifications: counter({
    name: "lighthouse_log_verifications_total",
    help: "Verifications of the whole log that came to a verdict, whichever.",
    unit: "1",
    labels: {},
  }),
  logVerificationFailures: counter({
    name: "lighthouse_log_verification_failures_total",
    help: "Verifications of the log that found an event, a hash or a checkpoint that does not fit.",
    unit: "1",
    labels: {},
  }),
  storeConnections: gauge({
    name: "database_connections_active",
    help: "Connections to the store that holds the log.",
    unit: "1",
    labels: {},
  }),
  reads: histogram({
    name: "lighthouse_read_seconds",
    help: "One read of a projection, by what was asked for.",
    unit: "seconds",
    labels: { view: views },
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5],
  }),

  // --- the process and what it reports ------------------------------------------------------------------------------
  ready: gauge({
    name: "lighthouse_ready",
    help: "1 when the bridge accepts work and its log can append, 0 otherwise.",
    unit: "1",
    labels: {},
  }),
  degradation: gauge({
    name: "lighthouse_degradation_mode",
    help: "1 for the mode that the bridge is in, 0 for the others.",
    unit: "1",
    labels: { mode: modes },
  }),
  rolloutPercentage: gauge({
    name: "lighthouse_rollout_percentage",
    help: "Share of agents in the canary arm of the running rollout; 0 when there is none.",
    unit: "percent",
    labels: {},
  }),
  telemetryExports: counter({
    name: "lighthouse_telemetry_exports_total",
    help: "Batches of spans, logs or metrics sent to a collector or a vendor, by what came of it.",
    unit: "1",
    labels: { exporter: exporters, result: ["ok", "failed"] },
  }),
  telemetryDropped: counter({
    name: "lighthouse_telemetry_dropped_total",
    help: "Spans, log records and metric points that were given up.",
    unit: "1",
    labels: { exporter: exporters },
  }),
  logLinesDropped: counter({
    name: "lighthouse_log_lines_dropped_total",
    help: "Log lines that were given up because their buffer was full.",
    unit: "1",
    labels: { sink: logSinks },
  }),
  build: gauge({
    name: "lighthouse_build_info",
    help: "Always 1; what is running.",
    unit: "1",
    labels: { version: "open", revision: "open", node: "open" },
  }),
} as const satisfies Readonly<Record<string, Signal>>;

/** How an elicitation ends that was asked: what `pairRequests` counts. */
export const pairStatuses = ["accepted", "declined", "cancelled", "expired"] as const;

/**
 * The one exception to the second rule, and no part of `signals`: off unless monitoring.yaml asks for it
 * (`prometheus.agent_pairs`), and never more pairs than it says. No rule and no dashboard of ours reads it.
 */
export const pairRequests = counter({
  name: "lighthouse_elicitation_pair_requests_total",
  help: "Elicitations by who asked whom and how they ended; pairs beyond the limit are counted as other.",
  unit: "1",
  labels: { from_agent: "open", to_agent: "open", status: pairStatuses },
});

/** Every label set that can be written down in advance: where an exporter starts counters and histograms at 0. */
export const seriesOf = <L extends Labels>(signal: Described<L>): readonly LabelSet<L>[] => {
  if (signal.only !== undefined) return signal.only;
  const closed = Object.entries(signal.labels).map(([label, values]) =>
    values === "open" ? [] : values.map((value) => ({ [label]: value })),
  );
  const combined = closed.reduce<readonly Record<string, string>[]>(
    (sets, choices) => sets.flatMap((set) => choices.map((choice) => ({ ...set, ...choice }))),
    [{}],
  );
  return combined as readonly LabelSet<L>[];
};
