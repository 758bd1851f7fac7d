import { signals } from "../../../domain/signal.ts";
import { select } from "../promql.ts";
import { gauge, missing, named, series, target } from "../proof/series.ts";
import { edges, over, silence, under, windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

const job = 'job="lighthouse-bridge"';
const one = named("up", target("lighthouse-bridge", "localhost:8765"));
const two = named("up", target("lighthouse-bridge", "localhost:8766"));

const bridgeDown: Alert = {
  name: "BridgeDown",
  title: "System Down",
  component: "bridge",
  severity: "critical",
  team: "immediate",
  for: "1m",
  concern: "bridge",
  // A target that leaves discovery takes its `up` with it, and `up == 0` has nothing left to say.
  expr: () => `up{${job}} == 0 or absent(up{${job}}) == 1`,
  summary: "The bridge does not answer.",
  description:
    "Prometheus cannot reach {{ if $labels.instance }}{{ $labels.instance }}{{ else }}any bridge, and knows of none{{ end }}.",
  dashboard: "lighthouse-overview",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when the bridge goes away, and resolves when it is back",
      every: 15,
      given: { [one]: gauge(15, [1, 600], [0, 600], [1, 600]) },
      expect: edges(15, 600 + forSeconds, 1200),
    },
    {
      name: "fires once for one of two bridges",
      every: 15,
      given: { [one]: gauge(15, [1, 1800]), [two]: gauge(15, [1, 600], [0, 600], [1, 600]) },
      expect: edges(15, 600 + forSeconds, 1200),
    },
    {
      name: "fires when the bridge is no longer known to Prometheus",
      every: 15,
      given: { [one]: `${gauge(15, [1, 600])} stale ${missing(15, 585)} ${gauge(15, [1, 600])}` },
      expect: edges(15, 600 + forSeconds, 1200),
    },
  ],
};

/** Tells nobody: it exists so that Alertmanager can mute what follows from it. One bridge of several must not do that. */
const allBridgesDown: Alert = {
  name: "AllBridgesDown",
  title: "No Bridge Left",
  component: "bridge",
  severity: "info",
  team: "immediate",
  for: "0s",
  concern: "bridge",
  expr: () => `absent(up{${job}} == 1) == 1`,
  summary: "No bridge answers.",
  description:
    "Every bridge that Prometheus knows is down, or it knows none. BridgeDown tells people; this mutes what follows.",
  dashboard: "lighthouse-overview",
  proofs: () => [
    {
      name: "fires while no bridge is up",
      every: 15,
      given: { [one]: gauge(15, [1, 600], [0, 600], [1, 600]), [two]: gauge(15, [0, 1800]) },
      expect: edges(15, 600, 1200),
    },
    {
      name: "stays silent while one of two is up",
      every: 15,
      given: { [one]: gauge(15, [1, 900]), [two]: gauge(15, [0, 900]) },
      expect: silence(900),
    },
  ],
};

const ready = series(signals.ready, {});

const bridgeNotReady: Alert = {
  name: "BridgeNotReady",
  title: "Bridge Not Ready",
  component: "bridge",
  severity: "critical",
  team: "on-call",
  for: "1m",
  concern: "bridge",
  expr: () => `${select(signals.ready)} == 0`,
  summary: "The bridge answers, and accepts no work.",
  description: "{{ $labels.instance }} says that it is not ready: most often its log cannot append.",
  dashboard: "lighthouse-overview",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when the bridge stays unready, and resolves when it is ready",
      every: 15,
      given: { [ready]: gauge(15, [1, 600], [0, 600], [1, 600]) },
      expect: edges(15, 600 + forSeconds, 1200),
    },
  ],
};

const mode = (of: "normal" | "emergency" | "recovering") => series(signals.degradation, { mode: of });

const degradedEmergency: Alert = {
  name: "BridgeEmergency",
  title: "Bridge in Emergency Mode",
  component: "bridge",
  severity: "critical",
  team: "on-call",
  for: "0s",
  concern: "degradation",
  expr: () => `${select(signals.degradation, { mode: "emergency" })} == 1`,
  summary: "The bridge is in emergency mode and refuses new work.",
  description: "{{ $labels.instance }} went into emergency mode. It stays there until a person starts the recovery.",
  dashboard: "lighthouse-overview",
  proofs: () => [
    {
      name: "fires at once in emergency mode, and resolves when recovery starts",
      every: 15,
      given: {
        [mode("normal")]: gauge(15, [1, 600], [0, 1200]),
        [mode("emergency")]: gauge(15, [0, 600], [1, 600], [0, 600]),
        [mode("recovering")]: gauge(15, [0, 1200], [1, 600]),
      },
      expect: edges(15, 600, 1200),
    },
  ],
};

const degradedLong: Alert = {
  name: "BridgeRecoverySlow",
  title: "Recovery Takes Long",
  component: "bridge",
  severity: "warning",
  team: "on-call",
  for: "30m",
  concern: "degradation",
  expr: () => `${select(signals.degradation, { mode: "recovering" })} == 1`,
  summary: "The bridge has been recovering for a long time.",
  description: "{{ $labels.instance }} is still recovering; a check does not pass, or nobody approved the way back.",
  dashboard: "lighthouse-overview",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when recovering does not end, and resolves when it does",
      every: 15,
      given: {
        [mode("normal")]: gauge(15, [1, 600], [0, forSeconds + 600], [1, 600]),
        [mode("recovering")]: gauge(15, [0, 600], [1, forSeconds + 600], [0, 600]),
      },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
  ],
};

const started = named("process_start_time_seconds", target("lighthouse-bridge", "localhost:8765"));

const bridgeRestarting: Alert = {
  name: "BridgeRestarting",
  title: "Bridge Restarts Again and Again",
  component: "bridge",
  severity: "warning",
  team: "on-call",
  threshold: 3,
  bounds: [1, 20],
  unit: "count",
  for: "0s",
  concern: "bridge",
  expr: ({ threshold, span }) => `changes(process_start_time_seconds{${job}}[${span("30m")}]) > ${threshold}`,
  summary: "The bridge keeps restarting.",
  description: "{{ $labels.instance }} was started {{ $value }} times within half an hour.",
  dashboard: "lighthouse-overview",
  proofs: ({ threshold }) => {
    const starts = Array.from({ length: threshold + 1 }, (_, start) => [start + 2, 60] as const);
    return [
      {
        name: "fires at one start too many, and resolves half an hour after they began",
        every: 15,
        given: { [started]: gauge(15, [1, 600], ...starts, [threshold + 2, 3600]) },
        expect: windowEdges(15, 600 + threshold * 60, 2400),
      },
      {
        name: "stays silent at as many starts as are allowed",
        every: 15,
        given: { [started]: gauge(15, [1, 600], ...starts.slice(1), [threshold + 2, 3600]) },
        expect: silence(3600),
      },
    ];
  },
};

const lag = named("nodejs_eventloop_lag_p99_seconds", target("lighthouse-bridge", "localhost:8765"));

const eventLoopLag: Alert = {
  name: "BridgeEventLoopLagHigh",
  title: "Event Loop Lags",
  component: "bridge",
  severity: "warning",
  team: "performance-team",
  threshold: 0.2,
  bounds: [0.02, 60],
  unit: "s",
  for: "5m",
  concern: "overhead-latency",
  expr: ({ threshold }) => `nodejs_eventloop_lag_p99_seconds{${job}} > ${threshold}`,
  summary: "The bridge's event loop is blocked.",
  description: "{{ $labels.instance }}: one turn in a hundred of the event loop takes {{ $value | humanizeDuration }}.",
  dashboard: "lighthouse-latency",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when the loop lags, and resolves when it no longer does",
      every: 15,
      given: { [lag]: gauge(15, [0.01, 600], [threshold * over, forSeconds + 600], [0.01, 600]) },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
    {
      name: "stays silent at the threshold itself, and under it",
      every: 15,
      given: { [lag]: gauge(15, [threshold * under, 1200], [threshold, 1200]) },
      expect: silence(2400),
    },
  ],
};

const probe = named("probe_success", {
  ...target("lighthouse-health", "http://localhost:8765/health"),
  check: "Bridge",
});

const probeFailing: Alert = {
  name: "HealthCheckFailing",
  title: "Health Check Fails",
  component: "bridge",
  severity: "critical",
  team: "on-call",
  for: "1m",
  concern: "bridge",
  needs: "prober",
  expr: () => 'probe_success{job="lighthouse-health"} == 0',
  summary: "A health check fails: {{ $labels.check }}.",
  description: "{{ $labels.instance }} does not answer with success, seen from outside.",
  dashboard: "lighthouse-overview",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when a check keeps failing, and resolves when it passes",
      every: 15,
      given: { [probe]: gauge(15, [1, 600], [0, 600], [1, 600]) },
      expect: edges(15, 600 + forSeconds, 1200),
    },
  ],
};

const expiry = named("probe_ssl_earliest_cert_expiry", {
  ...target("lighthouse-health", "https://bridge.example.org/health"),
  check: "Bridge",
});
const day = 86_400;

const certificateExpiring: Alert = {
  name: "CertificateExpiring",
  title: "Certificate Expires Soon",
  component: "bridge",
  severity: "warning",
  team: "on-call",
  threshold: 14,
  bounds: [1, 90],
  unit: "days",
  for: "15m",
  concern: "certificate",
  needs: "prober",
  expr: ({ threshold }) => `probe_ssl_earliest_cert_expiry{job="lighthouse-health"} - time() < ${threshold} * ${day}`,
  summary: "A TLS certificate expires soon: {{ $labels.check }}.",
  description: "The certificate at {{ $labels.instance }} is good for another {{ $value | humanizeDuration }}.",
  dashboard: "lighthouse-overview",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when too little time is left, and resolves when it was renewed",
      every: 300,
      given: {
        [expiry]: gauge(300, [threshold * day + 3600, 7200 + forSeconds], [threshold * day + 90 * day, 3600]),
      },
      expect: edges(300, 3900 + forSeconds, 7200 + forSeconds),
    },
    {
      name: "stays silent while there is more",
      every: 300,
      given: { [expiry]: gauge(300, [threshold * day + 2 * 7200 + forSeconds, 7200 + forSeconds]) },
      expect: silence(7200 + forSeconds),
    },
  ],
};

export const bridgeAlerts: readonly Alert[] = [
  bridgeDown,
  allBridgesDown,
  bridgeNotReady,
  degradedEmergency,
  degradedLong,
  bridgeRestarting,
  eventLoopLag,
  probeFailing,
  certificateExpiring,
];
