import { signals } from "../../../domain/signal.ts";
import { increase, rate, select } from "../promql.ts";
import { besideIdle, counter, gauge, type Phase, series } from "../proof/series.ts";
import { enoughProofs, type Share, shareProofs } from "../proof/share.ts";
import { edges, over, silence } from "../proof/stories.ts";
import type { Alert } from "./alert.ts";

type Outcome = "accepted" | "error" | "expired" | "rejected";
const ended = (status: Outcome, arm: "stable" | "canary" = "stable") =>
  series(signals.elicitationsEnded, { status, arm });

/** `perSecond` elicitations, a share of them with one outcome, before, during and after. */
const mixed = (outcome: Outcome, perSecond: number, shares: readonly Phase[]) => ({
  [ended("accepted")]: counter(15, ...shares.map(([share, seconds]) => [perSecond * (1 - share), seconds] as const)),
  [ended(outcome)]: counter(15, ...shares.map(([share, seconds]) => [perSecond * share, seconds] as const)),
});

const errorRateHigh: Alert = {
  name: "ElicitationErrorRateHigh",
  title: "Error Rate High",
  component: "elicitation",
  severity: "warning",
  team: "on-call",
  threshold: 1,
  bounds: [0.05, 40],
  unit: "%",
  for: "2m",
  concern: "elicitation-success",
  // A share, over all series together: per series and per second it is silent at 50 % of a slow stream, and pages at
  // 0.02 % of a fast one. One failure in the night is not a rate: two within ten minutes are.
  expr: ({ threshold, span }) =>
    `error_rate > ${threshold} and ${increase(select(signals.elicitationsEnded, { status: "error" }), span("10m"))} >= 2`,
  summary: "The bridge fails elicitations.",
  description: '{{ $value | printf "%.2f" }} % of elicitations end in a fault of the bridge.',
  dashboard: "lighthouse-overview",
  proofs: ({ threshold, forSeconds }) => {
    const share: Share = {
      bad: ended("error"),
      good: ended("accepted"),
      threshold: threshold / 100,
      windowSeconds: 300,
      forSeconds,
    };
    return [
      ...shareProofs(share),
      ...enoughProofs(share, 2, 600),
      {
        name: "fires at 50 % errors of a slow stream, one request a minute (the ancestor's rule was silent)",
        every: 15,
        given: mixed("error", 1 / 60, [
          [0, 600],
          [0.5, 1800 + forSeconds],
        ]),
        expect: [
          { at: 600, firing: 0 },
          { at: 1800 + forSeconds, firing: 1 },
        ],
      },
      {
        name: "stays silent at 0.02 % errors of a fast stream (the ancestor's rule paged)",
        every: 15,
        given: mixed("error", 100, [[0.0002, 3600]]),
        expect: silence(3600),
      },
      {
        name: "stays silent at one failure in a quiet night",
        every: 15,
        given: {
          [ended("error")]: gauge(15, [0, 600], [1, 1200]),
          [ended("accepted")]: gauge(15, [7, 600], [12, 1200]),
        },
        expect: silence(1800),
      },
      {
        name: "sees faults through a flood of refused asks, in either arm",
        every: 15,
        given: {
          [ended("rejected")]: counter(15, [1000, 1800 + forSeconds]),
          [ended("accepted")]: counter(15, [1, 1800 + forSeconds]),
          [ended("error", "canary")]: counter(15, [2, 1800 + forSeconds]),
        },
        expect: [{ at: 900 + forSeconds, firing: 1 }],
      },
    ];
  },
};

const overdue = series(signals.elicitationsOverdue, {});

const elicitationsOverdue: Alert = {
  name: "ElicitationsOverdue",
  title: "Elicitations Do Not Expire",
  component: "elicitation",
  severity: "critical",
  team: "on-call",
  for: "2m",
  concern: "elicitation-expiry",
  expr: () => `sum(${select(signals.elicitationsOverdue)}) > 0`,
  summary: "Questions are open past their deadline.",
  description: "{{ $value }} elicitations should have expired. Whoever asked still waits for an end that was promised.",
  dashboard: "lighthouse-overview",
  proofs: ({ forSeconds }) => [
    {
      name: "fires when one stays open past its deadline, and resolves when it ended",
      every: 15,
      given: besideIdle({ [overdue]: gauge(15, [0, 600], [1, 600], [0, 600]) }),
      expect: edges(15, 600 + forSeconds, 1200),
    },
  ],
};

const open = (stage: "asked" | "offered" | "claimed") => series(signals.elicitationsOpen, { stage });

const elicitationsQueued: Alert = {
  name: "ElicitationsQueued",
  title: "Questions Pile Up",
  component: "elicitation",
  severity: "warning",
  team: "on-call",
  threshold: 1000,
  bounds: [1, 1e9],
  unit: "count",
  for: "10m",
  concern: "elicitation-queue",
  expr: ({ threshold }) => `sum(${select(signals.elicitationsOpen, { stage: "asked" })}) > ${threshold}`,
  summary: "Questions wait to be offered.",
  description: "{{ $value }} questions have not been offered to anybody: agents are away, or delivery is stuck.",
  dashboard: "lighthouse-delivery",
  proofs: ({ threshold, forSeconds }) => [
    {
      name: "fires when too many wait, and resolves when they were offered",
      every: 15,
      given: besideIdle({
        [open("asked")]: gauge(15, [0, 600], [threshold * over, forSeconds + 600], [0, 600]),
        [open("offered")]: gauge(15, [0, 600 + forSeconds + 600], [threshold * over, 600]),
      }),
      expect: edges(15, 600 + forSeconds, 1200 + forSeconds),
    },
    {
      name: "stays silent at the threshold itself",
      every: 15,
      given: { [open("asked")]: gauge(15, [threshold, forSeconds + 900]) },
      expect: silence(forSeconds + 900),
    },
  ],
};

const elicitationsExpiring: Alert = {
  name: "ElicitationsExpiring",
  title: "Questions Expire Unanswered",
  component: "elicitation",
  severity: "warning",
  team: "on-call",
  threshold: 10,
  bounds: [0.1, 90],
  unit: "%",
  for: "5m",
  concern: "elicitation-expiry",
  expr: ({ threshold, span }) => {
    const expired = select(signals.elicitationsEnded, { status: "expired" });
    const all = rate(select(signals.elicitationsEnded, { status: "!rejected" }), span("15m"));
    return `100 * ${rate(expired, span("15m"))} / ${all} > ${threshold} and ${increase(expired, span("15m"))} >= 5`;
  },
  summary: "Many questions get no answer in time.",
  description: '{{ $value | printf "%.1f" }} % of elicitations expired within a quarter of an hour.',
  dashboard: "lighthouse-overview",
  proofs: ({ threshold, forSeconds }) => {
    const share: Share = {
      bad: ended("expired"),
      good: ended("accepted"),
      threshold: threshold / 100,
      windowSeconds: 900,
      forSeconds,
    };
    return [...shareProofs(share), ...enoughProofs(share, 5)];
  },
};

const refused = series(signals.answersRefused, { reason: "schema" });
const answered = series(signals.responseTime, { response_type: "accepted" }, "_count");

const answersRefused: Alert = {
  name: "AnswersRefusedHigh",
  title: "Many Answers Refused",
  component: "elicitation",
  severity: "warning",
  team: "on-call",
  threshold: 20,
  bounds: [0.1, 90],
  unit: "%",
  for: "10m",
  concern: "answers-refused",
  expr: ({ threshold, span }) => {
    const no = rate(select(signals.answersRefused), span("15m"));
    const yes = rate(select(signals.responseTime, {}, "_count"), span("15m"));
    const enough = `${increase(select(signals.answersRefused), span("15m"))} >= 10`;
    return `100 * ${no} / (${no} + ${yes}) > ${threshold} and ${enough}`;
  },
  summary: "The bridge refuses many answers.",
  description:
    '{{ $value | printf "%.1f" }} % of answers were refused. The questions stay open, and their askers wait.',
  dashboard: "lighthouse-overview",
  proofs: ({ threshold, forSeconds }) => {
    const share: Share = { bad: refused, good: answered, threshold: threshold / 100, windowSeconds: 900, forSeconds };
    return [...shareProofs(share), ...enoughProofs(share, 10)];
  },
};

export const elicitationAlerts: readonly Alert[] = [
  errorRateHigh,
  elicitationsOverdue,
  elicitationsQueued,
  elicitationsExpiring,
  answersRefused,
];
