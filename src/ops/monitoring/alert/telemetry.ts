import { signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { besideIdle, gauge, series } from "../proof/series.ts";
import { shareProofs } from "../proof/share.ts";
import { windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

const exports = (result: "ok" | "failed") => series(signals.telemetryExports, { exporter: "otlp_traces", result });

const exportFailing: Alert = {
  name: "TelemetryExportFailing",
  title: "Telemetry Is Not Taken",
  component: "telemetry",
  severity: "warning",
  team: "on-call",
  threshold: 10,
  bounds: [0.1, 90],
  unit: "%",
  for: "10m",
  concern: "telemetry",
  // The SDK's forceFlush resolves even when every export failed; this counter is the only witness.
  expr: ({ threshold, span }) => {
    const failed = rate(select(signals.telemetryExports, { result: "failed" }), span("5m"), "exporter");
    const all = rate(select(signals.telemetryExports), span("5m"), "exporter");
    return `100 * ${failed} / ${all} > ${threshold}`;
  },
  summary: "Exports by {{ $labels.exporter }} fail.",
  description:
    '{{ $value | printf "%.0f" }} % of the batches of {{ $labels.exporter }} are not taken by the other side.',
  dashboard: "lighthouse-monitoring",
  proofs: ({ threshold, forSeconds }) =>
    shareProofs({
      bad: exports("failed"),
      good: exports("ok"),
      threshold: threshold / 100,
      windowSeconds: 300,
      forSeconds,
    }),
};

const dropped = series(signals.telemetryDropped, { exporter: "datadog" });

const telemetryDropped: Alert = {
  name: "TelemetryDropped",
  title: "Telemetry Is Given Up",
  component: "telemetry",
  severity: "warning",
  team: "on-call",
  for: "0s",
  concern: "telemetry",
  expr: ({ span }) => `${increase(select(signals.telemetryDropped), span("10m"), "exporter")} > 0`,
  summary: "{{ $labels.exporter }} lost telemetry.",
  description: 'About {{ $value | printf "%.0f" }} spans, records or points for {{ $labels.exporter }} were given up.',
  dashboard: "lighthouse-monitoring",
  proofs: () => [
    {
      name: "fires at the first loss, and resolves",
      every: 15,
      given: besideIdle({ [dropped]: gauge(15, [0, 900], [1, 1500]) }),
      expect: windowEdges(15, 900, 900 + 600),
    },
  ],
};

const lines = series(signals.logLinesDropped, { sink: "logstash" });

const linesDropped: Alert = {
  name: "LogShippingDropping",
  title: "Log Lines Are Given Up",
  component: "telemetry",
  severity: "warning",
  team: "on-call",
  for: "0s",
  concern: "telemetry",
  expr: ({ span }) => `${increase(select(signals.logLinesDropped), span("10m"), "sink")} > 0`,
  summary: "Log lines for {{ $labels.sink }} are lost.",
  description:
    'About {{ $value | printf "%.0f" }} lines for {{ $labels.sink }} were given up: it was away for longer than the buffer lasts.',
  dashboard: "lighthouse-monitoring",
  proofs: () => [
    {
      name: "fires at the first lost line, and resolves",
      every: 15,
      given: besideIdle({ [lines]: gauge(15, [0, 900], [1, 1500]) }),
      expect: windowEdges(15, 900, 900 + 600),
    },
  ],
};

export const telemetryAlerts: readonly Alert[] = [exportFailing, telemetryDropped, linesDropped];
