import { signals } from "../../../domain/signal.ts";
import { besideIdle, type Given, observations, type Phase } from "../proof/series.ts";
import { over, silence, windowEdges } from "../proof/stories.ts";
import type { Alert, Proof, Tuned } from "./alert.ts";

const leg = (of: "ask" | "answer", p99Ms: number, ...phases: readonly Phase[]): Given =>
  observations(signals.bridgeOverhead, { leg: of, arm: "stable" }, 15, p99Ms / 1000, ...phases);

/** Both legs, 6 : 4, together `p99Ms`: what leaves one out, or takes one quantile over both, is seen. */
const bothLegs = (p99Ms: number, ...phases: readonly Phase[]): Given =>
  besideIdle({ ...leg("ask", p99Ms * 0.6, ...phases), ...leg("answer", p99Ms * 0.4, ...phases) });

const proofs = ({ threshold, forSeconds }: Tuned): readonly Proof[] => [
  {
    name: "fires when the two legs together stay over the threshold, and resolves when the slow ones left the window",
    every: 15,
    given: bothLegs(threshold * over, [0, 600], [10, forSeconds + 600], [0, 900]),
    expect: windowEdges(15, 600 + 15 + forSeconds, 1200 + forSeconds + 300),
  },
  {
    name: "stays silent at the threshold itself",
    every: 15,
    given: bothLegs(threshold, [10, forSeconds + 900]),
    expect: silence(forSeconds + 900),
  },
  {
    name: "does not wait for the second leg: an agent may think for minutes before it answers",
    every: 15,
    given: leg("ask", threshold * over, [0, 600], [10, forSeconds + 600]),
    expect: [{ at: 900 + forSeconds, firing: 1 }],
  },
];

const p99High: Alert = {
  name: "ElicitationP99LatencyHigh",
  title: "P99 Latency High",
  component: "elicitation",
  severity: "warning",
  team: "performance-team",
  threshold: 300,
  bounds: [10, 2400],
  unit: "ms",
  for: "5m",
  concern: "overhead-latency",
  expr: ({ threshold }) => `p99_latency_milliseconds > ${threshold}`,
  summary: "The bridge is slow.",
  description: "P99 of the bridge's own time for one elicitation is {{ $value }} ms.",
  dashboard: "lighthouse-latency",
  proofs,
};

const p99Critical: Alert = {
  ...p99High,
  name: "ElicitationP99LatencyCritical",
  title: "P99 Latency Critical",
  severity: "critical",
  team: "on-call",
  threshold: 500,
  for: "2m",
  summary: "The bridge is very slow.",
};

export const latencyAlerts: readonly Alert[] = [p99High, p99Critical];
