import { signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { counter, gauge, type Phase, series } from "../proof/series.ts";
import { over, silence, under, windowEdges } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

type Via = "websocket" | "webhook";
const ended = (via: Via, result: "offered" | "failed") => series(signals.deliveries, { via, result, arm: "stable" });
const attempts = (via: Via) => series(signals.deliveryAttempts, { via });

const stream = (via: Via, perSecond: number, shares: readonly Phase[]) => ({
  [ended(via, "failed")]: counter(15, ...shares.map(([part, seconds]) => [perSecond * part, seconds] as const)),
  [ended(via, "offered")]: counter(15, ...shares.map(([part, seconds]) => [perSecond * (1 - part), seconds] as const)),
});

const failing: Alert = {
  name: "DeliveryFailing",
  title: "Deliveries Fail",
  component: "delivery",
  severity: "warning",
  team: "on-call",
  threshold: 10,
  unit: "%",
  for: "5m",
  concern: "message-delivery",
  expr: ({ threshold, span }) => {
    const failed = select(signals.deliveries, { result: "failed" });
    const all = rate(select(signals.deliveries), span("5m"), "via");
    const enough = `${increase(failed, span("5m"), "via")} >= 5`;
    return `100 * ${rate(failed, span("5m"), "via")} / (${all} > 0) > ${threshold} and ${enough}`;
  },
  summary: "Deliveries by {{ $labels.via }} fail.",
  description: '{{ $value | printf "%.1f" }} % of the attempts to deliver by {{ $labels.via }} fail.',
  dashboard: "lighthouse-delivery",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires for the way that fails and not for the one that works, and resolves",
      every: 15,
      given: {
        ...stream("webhook", 10, [
          [0, 600],
          [(threshold / 100) * over, forSeconds + 900],
          [0, 900],
        ]),
        ...stream("websocket", 1000, [[0, 2400 + forSeconds]]),
      },
      expect: windowEdges(15, 600 + 285 + forSeconds, 1500 + forSeconds + 30),
    },
    {
      name: "stays silent under the threshold",
      every: 15,
      given: stream("webhook", 10, [[(threshold / 100) * under, forSeconds + 1800]]),
      expect: silence(forSeconds + 1800),
    },
    {
      name: "stays silent when four of four fail: too few to be a share",
      every: 15,
      given: {
        [ended("webhook", "failed")]: gauge(15, [0, 600], [4, 900]),
        [ended("webhook", "offered")]: gauge(15, [9, 1500]),
      },
      expect: silence(1500),
    },
  ],
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
      given: {
        [attempts("websocket")]: counter(15, [1, forSeconds + 2400]),
        [ended("websocket", "offered")]: counter(15, [1, 600], [0, forSeconds + 900], [1, 900]),
      },
      expect: windowEdges(15, 600 + 300 + forSeconds, 1500 + forSeconds + 15),
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

export const deliveryAlerts: readonly Alert[] = [failing, stalled];
