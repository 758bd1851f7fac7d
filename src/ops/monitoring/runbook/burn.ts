import type { Runbook, Step } from "./runbook.ts";
import { ask, byArm, firing, ifItBegan } from "./steps.ts";

interface Subject {
  readonly slo: string;
  readonly what: string;
  readonly impact: string;
  readonly looks: readonly Step[];
  readonly next: Step;
}

const subjects: Readonly<Record<string, Subject>> = {
  ElicitationError: {
    slo: "elicitation-success",
    what: "elicitations that do not end in a fault of the bridge",
    impact: "Askers get errors instead of answers.",
    looks: [
      ask("How elicitations end, per second.", "sum by (status) (rate(elicitation_requests_total[5m]))"),
      byArm("Whether only one arm of a rollout fails.", 'rate(elicitation_requests_total{status="error"}[5m])'),
    ],
    next: { say: "Go on with [ElicitationErrorRateHigh](ElicitationErrorRateHigh.md)." },
  },
  BridgeLatency: {
    slo: "overhead-latency",
    what: "steps that take the bridge no longer than it promises",
    impact: "Elicitations are slower than promised.",
    looks: [
      ask("P99 now, in milliseconds.", "p99_latency_milliseconds"),
      byArm("Whether only one arm of a rollout is slow.", "rate(lighthouse_bridge_overhead_seconds_sum[5m])"),
    ],
    next: { say: "Go on with [ElicitationP99LatencyHigh](ElicitationP99LatencyHigh.md)." },
  },
  Delivery: {
    slo: "message-delivery",
    what: "deliveries that succeed",
    impact: "Questions and results reach people and agents late.",
    looks: [ask("By way and result, per second.", "sum by (via, result) (rate(lighthouse_deliveries_total[5m]))")],
    next: { say: "Go on with [DeliveryFailing](DeliveryFailing.md)." },
  },
  Availability: {
    slo: "availability",
    what: "time during which a bridge is up and ready",
    impact: "Agents cannot ask or answer now and then.",
    looks: [
      ask("Whether it is there now.", "lighthouse:available"),
      ask("How often it went in the last six hours.", "resets(lighthouse:available[6h])"),
    ],
    next: { say: "Go on with [BridgeDown](BridgeDown.md), or [BridgeNotReady](BridgeNotReady.md)." },
  },
};

const burning = ({ slo, what, impact, looks, next }: Subject, meaning: string): Runbook => ({
  meaning: `The promise is about ${what}. ${meaning}`,
  impact,
  diagnosis: [
    ask("How much of the month's budget is left; 1 is all of it.", `slo:error_budget:remaining_ratio{slo="${slo}"}`),
    ask(
      "The share that was bad, within five minutes and within an hour.",
      `{__name__=~"slo:sli_error:ratio_rate(5m|1h)", slo="${slo}"}`,
    ),
    ...looks,
    firing,
  ],
  mitigation: [
    next,
    { say: "While the budget is low, put off what is risky: deployments, steps of a rollout, tests under load." },
  ],
  rollback: ifItBegan,
});

export const burnRunbooks: Readonly<Record<string, Runbook>> = Object.fromEntries(
  Object.entries(subjects).flatMap(([name, subject]) => [
    [
      `${name}BudgetBurnPage`,
      burning(
        subject,
        "What the promise allows in a month is being used up so fast that it would be gone in days: 14.4 times too fast for an hour, or 6 times for six hours, and it is still going on.",
      ),
    ],
    [
      `${name}BudgetBurnTicket`,
      burning(
        subject,
        "What the promise allows in a month is being used up faster than it comes in, for a day or for three. It can wait for the morning, not for next week.",
      ),
    ],
    ...(subject.slo === "availability"
      ? []
      : [
          [
            `${name}LowTraffic`,
            burning(
              subject,
              "There is so little traffic that a rate says nothing; but of the few events in six hours, most were bad.",
            ),
          ] as const,
        ]),
  ]),
);
