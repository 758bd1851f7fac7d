import { signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { besideIdle, counter, gauge, series } from "../proof/series.ts";
import { enoughProofs, type Share, shareProofs } from "../proof/share.ts";
import { silence, windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

type Via = "websocket" | "webhook";
const ended = (via: Via, result: "offered" | "failed") => series(signals.deliveries, { via, result, arm: "stable" });
const attempts = (via: Via) => series(signals.deliveryAttempts, { via });

const failing: Alert = {
  name: "DeliveryFailing",
  title: "Deliveries Fail",
  component: "delivery",
  severity: "warning",
  team: "on-call",
  threshold: 10,
  bounds: [0.1, 45],
  unit: "%",
  for: "5m",
  concern: "message-delivery",
  expr: ({ threshold, span }) => {
    const failed = select(signals.deliveries, { result: "failed" });
    const all = rate(select(signals.deliveries), span("5m"), "via");
    const enough = `${increase(failed, span("5m"), "via")} >= 5`;
    return `100 * ${rate(failed, span("5m"), "via")} / ${all} > ${threshold} and ${enough}`;
  },
  summary: "Deliveries by {{ $labels.via }} fail.",
  description: '{{ $value | printf "%.1f" }} % of the attempts to deliver by {{ $labels.via }} fail.',
  dashboard: "lighthouse-delivery",
  proofs: ({ threshold, forSeconds }) => {
    const share: Share = {
      bad: ended("webhook", "failed"),
      good: ended("webhook", "offered"),
      threshold: threshold / 100,
      windowSeconds: 300,
      forSeconds,
    };
    const failing = forSeconds + 900;
    return [
      ...shareProofs(share),
      ...enoughProofs(share, 5),
      {
        name: "fires for the way that fails and not for the one that works, however much goes there",
        every: 15,
        given: {
          [ended("webhook", "failed")]: counter(15, [5, failing]),
          [ended("webhook", "offered")]: counter(15, [5, failing]),
          [ended("websocket", "failed")]: counter(15, [0.1, failing]),
          [ended("websocket", "offered")]: counter(15, [1000, failing]),
        },
        expect: [{ at: failing - 15, firing: 1 }],
      },
    ];
  },
};

const stalled: Alert = {
  name: "DeliveryStalled",
  title: "Delivery Stands Still",
  component: "delivery",
  severity: "critical",
  team: "on-call",
  for: "5m",
  concern: "message-delivery",
  expr: ({ span }) =>
    `${rate(select(signals.deliveryAttempts), span("5m"))} > 0 unless ${rate(select(signals.deliveries), span("5m"))} > 0`,
  summary: "Deliveries begin and do not end.",
  description: "Attempts are made, and none of them has been offered or has failed for minutes.",
  dashboard: "lighthouse-delivery",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when attempts no longer end, and resolves when they do",
      every: 15,
      given: besideIdle({
        [attempts("websocket")]: counter(15, [1, forSeconds + 2400]),
        [ended("websocket", "offered")]: counter(15, [1, 600], [0, forSeconds + 900], [1, 900]),
      }),
      expect: windowEdges(15, 600 + 300 + forSeconds, 1500 + forSeconds + 15),
    },
    {
      name: "resolves when attempts stop, five minutes later",
      every: 15,
      given: {
        [attempts("websocket")]: counter(15, [1, forSeconds + 900], [0, 900]),
        [ended("websocket", "offered")]: counter(15, [0, forSeconds + 1800]),
      },
      expect: [
        { at: forSeconds + 900 + 270, firing: 1 },
        { at: forSeconds + 900 + 315, firing: 0 },
      ],
    },
    {
      name: "stays silent when nobody attempts anything",
      every: 15,
      given: {
        [attempts("websocket")]: counter(15, [1, 600], [0, forSeconds + 900]),
        [ended("websocket", "offered")]: counter(15, [1, 600], [0, forSeconds + 900]),
      },
      expect: silence(forSeconds + 1500),
    },
  ],
};

const buried = series(signals.deadLetters, {});

const deadLetters: Alert = {
  name: "DeadLetters",
  title: "Dead Letters",
  component: "delivery",
  severity: "warning",
  team: "on-call",
  for: "0s",
  concern: "mailbox",
  expr: ({ span }) => `${increase(select(signals.deadLetters), span("15m"))} > 0`,
  summary: "A mailbox gave up on a question.",
  description:
    '{{ $value | printf "%.0f" }} questions were handed out again and again, and nobody said that they have them.',
  dashboard: "lighthouse-delivery",
  proofs: () => [
    {
      name: "fires at the first one, and resolves when no other follows",
      every: 15,
      given: besideIdle({ [buried]: gauge(15, [0, 900], [1, 1800]) }),
      expect: windowEdges(15, 900, 900 + 900),
    },
  ],
};

const percentage = series(signals.rolloutPercentage, {});
const hour = 3600;

const rolloutStandsStill: Alert = {
  name: "RolloutStandsStill",
  title: "Rollout Stands Still",
  component: "delivery",
  severity: "warning",
  team: "on-call",
  for: "12h",
  concern: "rollout",
  expr: ({ span }) => {
    const share = select(signals.rolloutPercentage);
    return `${share} > 0 < 100 unless changes(${share}[${span("15m")}]) > 0`;
  },
  summary: "A rollout stands half-way.",
  description:
    "{{ $value }} % of the agents have been in the canary arm for hours: it is held, paused, or led by nobody.",
  dashboard: "lighthouse-delivery",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when it stays half-way, however near the end, and resolves at its next step",
      every: 60,
      given: { [percentage]: gauge(60, [0, hour], [95, forSeconds + 2 * hour], [100, hour]) },
      expect: windowEdges(60, hour + 900 + forSeconds, 3 * hour + forSeconds),
    },
    {
      name: "fires at one in a hundred as well",
      every: 60,
      given: { [percentage]: gauge(60, [1, forSeconds + hour]) },
      expect: [
        { at: forSeconds - 60, firing: 0 },
        { at: forSeconds + 900, firing: 1 },
      ],
    },
    {
      name: "stays silent while there is none, and when it is through",
      every: 60,
      given: { [percentage]: gauge(60, [0, forSeconds + hour], [100, forSeconds + hour]) },
      expect: silence(2 * forSeconds + 2 * hour - 60),
    },
  ],
};

export const deliveryAlerts: readonly Alert[] = [failing, stalled, deadLetters, rolloutStandsStill];
