import { signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { besideIdle, type Given, gauge, named, observations, type Phase, series, target } from "../proof/series.ts";
import { edges, over, silence, under, windowEdges } from "../proof/stories.ts";
import { inSeconds } from "../spec/parts.ts";
import type { Alert, Proof } from "./alert.ts";

const failures = (reason: "disk_full" | "io") => series(signals.logAppendFailures, { reason });

const appendFailing: Alert = {
  name: "LogAppendFailing",
  title: "Log Cannot Append",
  component: "log",
  severity: "critical",
  team: "on-call",
  for: "0s",
  concern: "log-append",
  expr: ({ span }) => `${increase(select(signals.logAppendFailures), span("5m"), "reason")} > 0`,
  summary: "The log cannot append: {{ $labels.reason }}.",
  description:
    "Appends fail ({{ $labels.reason }}). Nothing is accepted that is not durable, so questions are refused.",
  dashboard: "lighthouse-log",
  proofs: () => [
    {
      name: "fires at the first failure, by its reason, and resolves",
      every: 15,
      given: besideIdle({
        [failures("disk_full")]: gauge(15, [0, 600], [1, 1200]),
        [failures("io")]: gauge(15, [0, 1800]),
      }),
      expect: windowEdges(15, 600, 600 + 300),
    },
  ],
};

const appends = (p99: number, ...phases: readonly Phase[]): Given =>
  besideIdle(observations(signals.logAppend, {}, 15, p99, ...phases));

const appendSlow: Alert = {
  name: "LogAppendSlow",
  title: "Log Appends Slowly",
  component: "log",
  severity: "warning",
  team: "performance-team",
  threshold: 0.1,
  bounds: [0.001, 0.9],
  unit: "s",
  for: "5m",
  concern: "overhead-latency",
  expr: ({ threshold, span }) =>
    `histogram_quantile(0.99, ${rate(select(signals.logAppend, {}, "_bucket"), span("5m"), "le")}) > ${threshold}`,
  summary: "Appends to the log are slow.",
  description:
    "One append in a hundred takes {{ $value | humanizeDuration }}; every ask and every answer waits for one.",
  dashboard: "lighthouse-log",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when one append in a hundred takes longer, and resolves when the slow ones left the window",
      every: 15,
      given: appends(threshold * over, [0, 600], [100, forSeconds + 600], [0, 900]),
      expect: windowEdges(15, 600 + 15 + forSeconds, 1200 + forSeconds + 300),
    },
    {
      name: "stays silent when it takes less",
      every: 15,
      given: appends(threshold * under, [100, forSeconds + 900]),
      expect: silence(forSeconds + 900),
    },
  ],
};

const probe = series(signals.logSyncProbe, {});

const syncSlow: Alert = {
  name: "LogSyncSlow",
  title: "Disk Syncs Slowly",
  component: "log",
  severity: "warning",
  team: "performance-team",
  threshold: 0.1,
  bounds: [0.005, 60],
  unit: "s",
  for: "5m",
  concern: "overhead-latency",
  expr: ({ threshold }) => `${select(signals.logSyncProbe)} > ${threshold}`,
  summary: "The disk of the log is slow.",
  description: "Making a few bytes durable takes {{ $value | humanizeDuration }} on {{ $labels.instance }}.",
  dashboard: "lighthouse-log",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when the probe stays slow, and resolves when it is fast again",
      every: 15,
      given: { [probe]: gauge(15, [0.002, 600], [threshold * over, forSeconds + 600], [0.002, 600]) },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
    {
      name: "stays silent at the threshold itself, and under it",
      every: 15,
      given: { [probe]: gauge(15, [threshold * under, forSeconds + 600], [threshold, forSeconds + 600]) },
      expect: silence(2 * forSeconds + 1200),
    },
  ],
};

const used = `100 * (1 - ${select(signals.logDiskFree)} / ${select(signals.logDiskSize)})`;
const free = series(signals.logDiskFree, {});
const size = series(signals.logDiskSize, {});
const diskProofs = ({ threshold, forSeconds }: { threshold: number; forSeconds: number }): readonly Proof[] => {
  // Of 800 bytes, so that percentages are whole.
  const left = (percent: number) => 8 * (100 - percent);
  const above = threshold + (100 - threshold) / 10;
  return [
    {
      name: "fires when the disk stays fuller than the threshold, and resolves when there is room",
      every: 15,
      given: {
        [free]: gauge(15, [left(10), 600], [left(above), forSeconds + 600], [left(10), 600]),
        [size]: gauge(15, [800, forSeconds + 1800]),
      },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
    {
      name: "stays silent at the threshold itself",
      every: 15,
      given: { [free]: gauge(15, [left(threshold), forSeconds + 900]), [size]: gauge(15, [800, forSeconds + 900]) },
      expect: silence(forSeconds + 900),
    },
  ];
};

const diskFilling: Alert = {
  name: "LogDiskFilling",
  title: "Disk of the Log Fills",
  component: "log",
  severity: "warning",
  team: "on-call",
  threshold: 80,
  bounds: [20, 99],
  unit: "%",
  for: "5m",
  concern: "log-disk",
  expr: ({ threshold }) => `${used} > ${threshold}`,
  summary: "The disk of the log fills up.",
  description: '{{ $value | printf "%.0f" }} % of the disk that holds the log is used on {{ $labels.instance }}.',
  dashboard: "lighthouse-log",
  proofs: diskProofs,
};

const diskFull: Alert = {
  ...diskFilling,
  name: "LogDiskFull",
  title: "Disk of the Log Is Nearly Full",
  severity: "critical",
  threshold: 90,
  for: "1m",
  summary: "The disk of the log is nearly full.",
};

const diskFullSoon: Alert = {
  name: "LogDiskFullSoon",
  title: "Disk of the Log Will Be Full",
  component: "log",
  severity: "warning",
  team: "on-call",
  threshold: 4,
  bounds: [2, 24],
  unit: "hours",
  for: "10m",
  concern: "log-disk",
  expr: ({ threshold, span }) =>
    `predict_linear(${select(signals.logDiskFree)}[${span("1h")}], ${threshold} * 3600) < 0`,
  summary: "The disk of the log will be full within hours.",
  description: "As it went in the last hour, {{ $labels.instance }} has no space left in a few hours.",
  dashboard: "lighthouse-log",
  proofs: ({ threshold, forSeconds }) => {
    const horizon = threshold * 3600;
    const plenty = 1_000_000;
    /** Falls from `from` so fast that it ends after so many hours. */
    const falling = (from: number, hours: number, seconds: number) =>
      `${from}-${((from * 15) / (hours * 3600)).toFixed(9)}x${seconds / 15 - 1}`;
    return [
      {
        name: "fires when the space ends sooner, as it went",
        every: 15,
        given: { [free]: falling(plenty, threshold * under, 3600 + forSeconds) },
        expect: edges(15, 15 + forSeconds, 3600 + forSeconds).slice(0, 2),
      },
      {
        name: "stays silent while it lasts longer",
        every: 15,
        // As time goes by less and less is left, so it is looked at in the beginning only.
        given: { [free]: falling(plenty, threshold * over + forSeconds / 3600, 2 * forSeconds) },
        expect: silence(2 * forSeconds - 15),
      },
      {
        // A straight line through an hour of which the last part falls: it takes about 25 minutes to point at nothing,
        // half of that through half an hour, and twice that through two.
        name: "takes the last hour as the measure, no less and no more",
        every: 15,
        given: { [free]: `${plenty}x719 ${falling(plenty, threshold / 2, 3600 + forSeconds)}` },
        expect: [
          { at: 3 * 3600 + 16 * 60 + forSeconds, firing: 0 },
          { at: 3 * 3600 + 34 * 60 + forSeconds, firing: 1 },
        ],
      },
      {
        name: "tells less than no byte from none",
        every: 15,
        given: { [free]: `${(horizon / 1200 - 0.1).toFixed(3)}-0.0125x${(forSeconds + 60) / 15}` },
        expect: [{ at: forSeconds + 15, firing: 1 }],
      },
      {
        name: "stays silent at half a byte",
        every: 15,
        given: { [free]: `0.5x${(forSeconds + 600) / 15}` },
        expect: silence(forSeconds + 600),
      },
      {
        name: "resolves within the hour when somebody makes room",
        every: 15,
        given: { [free]: `${falling(plenty, threshold * under, 3600 + forSeconds)} 9000000x480` },
        expect: [
          { at: 3585 + forSeconds, firing: 1 },
          { at: 3600 + forSeconds + 3600 + 600, firing: 0 },
        ],
      },
    ];
  },
};

const position = series(signals.logPosition, {});
const checkpoint = series(signals.logCheckpoint, {});

const checkpointBehind: Alert = {
  name: "LogCheckpointBehind",
  title: "Checkpoints Fall Behind",
  component: "log",
  severity: "warning",
  team: "on-call",
  threshold: 10000,
  bounds: [1, 1e12],
  unit: "count",
  for: "10m",
  concern: "log-integrity",
  // Before the first checkpoint there is none to show, and nothing is covered.
  expr: ({ threshold }) => {
    const covered = `(${select(signals.logCheckpoint)} or 0 * ${select(signals.logPosition)})`;
    return `${select(signals.logPosition)} - ${covered} > ${threshold}`;
  },
  summary: "Events are not covered by a signed checkpoint.",
  description: "{{ $value }} events came after the last signed checkpoint: tampering with them would not be seen.",
  dashboard: "lighthouse-log",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when too many events are not covered, and resolves at the next checkpoint",
      every: 15,
      given: {
        [position]: gauge(15, [1000, 600], [1000 + threshold * over, forSeconds + 1200]),
        [checkpoint]: gauge(15, [1000, 1200 + forSeconds], [1000 + threshold * over, 600]),
      },
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
    {
      name: "fires when there has never been a checkpoint",
      every: 15,
      given: { [position]: gauge(15, [threshold, 600], [threshold * over, forSeconds + 600]) },
      expect: [
        { at: 600 + forSeconds - 15, firing: 0 },
        { at: 600 + forSeconds, firing: 1 },
      ],
    },
    {
      name: "stays silent at the threshold itself, however long the log",
      every: 15,
      given: {
        [position]: gauge(15, [1e9 + threshold, forSeconds + 900]),
        [checkpoint]: gauge(15, [1e9, forSeconds + 900]),
      },
      expect: silence(forSeconds + 900),
    },
  ],
};

const verifications = series(signals.logVerifications, {});
const started = named("process_start_time_seconds", target("lighthouse-bridge", "localhost:8765"));
const hour = 3600;

const notVerified: Alert = {
  name: "LogNotVerified",
  title: "Log Is Not Verified",
  component: "log",
  severity: "warning",
  team: "on-call",
  for: "0s",
  concern: "log-integrity",
  // Twice the six hours after which the bridge reads all of its log again, and an hour for the reading.
  expr: ({ span }) =>
    `time() - process_start_time_seconds{job="lighthouse-bridge"} > ${inSeconds(span("13h"))} ` +
    `unless increase(${select(signals.logVerifications)}[${span("13h")}]) > 0`,
  summary: "The log has not been verified for half a day.",
  description: "{{ $labels.instance }} reads its whole log every six hours, and has not come to a verdict since.",
  dashboard: "lighthouse-log",
  proofs: () => [
    {
      name: "fires when no verification has come to a verdict for so long, and resolves at the next",
      every: 600,
      given: {
        [started]: gauge(600, [0, 34 * hour]),
        [verifications]: gauge(600, [1, 6 * hour], [2, 6 * hour], [3, 18 * hour], [4, 4 * hour]),
      },
      expect: windowEdges(600, 25 * hour, 30 * hour),
    },
    {
      name: "gives a bridge that has just been started as much time, and no more",
      every: 600,
      given: { [started]: gauge(600, [hour, 16 * hour]), [verifications]: gauge(600, [0, 16 * hour]) },
      expect: [
        { at: 14 * hour, firing: 0 },
        { at: 14 * hour + 600, firing: 1 },
      ],
    },
  ],
};

export const logAlerts: readonly Alert[] = [
  appendFailing,
  appendSlow,
  syncSlow,
  diskFilling,
  diskFull,
  diskFullSoon,
  checkpointBehind,
  notVerified,
];
