import type { Runbook } from "./runbook.ts";
import { agents, ask, byArm, events, firing, health, ifItBegan, nothing } from "./steps.ts";

const slow: Runbook = {
  meaning:
    "P99 of the bridge's own time for one elicitation is over its limit: ask received to offered, plus answer received to result handed over, both made durable. An agent's thinking is not in it.",
  impact:
    "One elicitation in a hundred is slower than promised. The agents notice if they wait for each other in chains.",
  diagnosis: [
    ask("Now, in milliseconds, beside the middle.", '{__name__=~"p(50|99)_latency_milliseconds"}'),
    ask(
      "Which of the two legs.",
      "histogram_quantile(0.99, sum by (le, leg) (rate(lighthouse_bridge_overhead_seconds_bucket[5m])))",
    ),
    ask(
      "How much of it is the log: every ask and every answer waits for one append.",
      "histogram_quantile(0.99, sum by (le) (rate(lighthouse_log_append_seconds_bucket[5m])))",
    ),
    ask("The disk by itself, in seconds.", "lighthouse_log_sync_probe_seconds"),
    ask("The event loop, in seconds.", 'nodejs_eventloop_lag_p99_seconds{job="lighthouse-bridge"}'),
    byArm("Whether only one arm of a rollout is slow.", "rate(lighthouse_bridge_overhead_seconds_sum[5m])"),
    firing,
  ],
  mitigation: [
    { say: "The disk is slow: find what else writes there, or move the data folder." },
    { say: "The event loop is slow: [BridgeEventLoopLagHigh](BridgeEventLoopLagHigh.md)." },
    { say: "One arm of a rollout is slow: lower its percentage. Over 500 ms for five minutes: roll back." },
    { say: "Load grew: lower the limits of those who ask most, until there is more machine." },
  ],
  rollback: ifItBegan,
};

export const elicitationRunbooks: Readonly<Record<string, Runbook>> = {
  ElicitationP99LatencyHigh: slow,
  ElicitationP99LatencyCritical: slow,
  ElicitationErrorRateHigh: {
    meaning:
      "More elicitations than promised end in a fault of the bridge. What was declined, cancelled, expired or refused at the door is not in it.",
    impact:
      "Askers get an error instead of an answer. Whoever repeats an ask with its idempotency key makes no second question.",
    diagnosis: [
      ask("The share, in percent.", "error_rate"),
      ask("How elicitations end, per second.", "sum by (status) (rate(elicitation_requests_total[5m]))"),
      byArm("Whether only one arm of a rollout fails.", 'rate(elicitation_requests_total{status="error"}[5m])'),
      ask("Whether the log refuses.", "sum by (reason) (increase(lighthouse_log_append_failures_total[15m]))"),
      health,
      events("What was being done.", "elicitation.answer_refused", "security.violation"),
    ],
    mitigation: [
      { say: "The log refuses: [LogAppendFailing](LogAppendFailing.md)." },
      { say: "A limit is in the way: [RateLimitViolationsHigh](RateLimitViolationsHigh.md)." },
      { say: "Faults without a cause outside: the log lines at level error have each one's text and trace id." },
      { say: "Over 5 %, or one arm only: roll back." },
    ],
    rollback: ifItBegan,
  },
  ElicitationsOverdue: {
    meaning: "Questions are open past their deadline. Expiry is the bridge's own work, so it is not doing it.",
    impact: "Askers wait for an end that was promised. Fallbacks do not begin.",
    diagnosis: [
      ask("How many.", "sum(lighthouse_elicitations_overdue)"),
      ask("Whether the event loop stands still.", 'nodejs_eventloop_lag_p99_seconds{job="lighthouse-bridge"}'),
      ask("Whether expiries are recorded at all.", 'sum(rate(elicitation_requests_total{status="expired"}[15m]))'),
      { say: "Compare the clocks of the machine and of the bridge.", run: "lighthouse doctor" },
    ],
    mitigation: [{ say: "Restart the bridge: what fell due is recorded at the start, with its true deadline." }],
    rollback: ifItBegan,
  },
  ElicitationsQueued: {
    meaning: "Many questions were asked and not yet offered to anybody.",
    impact: "Their askers wait. Nothing is lost; each is offered when its target comes, or expires at its deadline.",
    diagnosis: [
      ask("By stage.", "sum by (stage) (lighthouse_elicitations_open)"),
      agents,
      ask("Connections by transport.", "sum by (transport) (lighthouse_connections)"),
      ask("Deliveries that fail, by way.", 'sum by (via) (rate(lighthouse_deliveries_total{result="failed"}[5m]))'),
    ],
    mitigation: [
      { say: "Targets are away: start them, or ask by expertise, so that the bridge picks one who is there." },
      { say: "Targets are there and nothing reaches them: [DeliveryStalled](DeliveryStalled.md)." },
    ],
    rollback: ifItBegan,
  },
  ElicitationsExpiring: {
    meaning: "A large share of questions reach their deadline without an answer.",
    impact: "Askers get no answer, or that of a fallback.",
    diagnosis: [
      ask("How elicitations end, per second.", "sum by (status) (rate(elicitation_requests_total[15m]))"),
      ask(
        "How long answers take, of those that come.",
        "histogram_quantile(0.9, sum by (le) (rate(elicitation_response_time_seconds_bucket[15m])))",
      ),
      agents,
      events("Whose questions expire.", "elicitation.expired"),
    ],
    mitigation: [
      { say: "Offered and never claimed: the agents are connected and do not work. Look at them." },
      { say: "Never offered: they are away. See [ElicitationsQueued](ElicitationsQueued.md)." },
      { say: "Claimed and late: the deadlines are shorter than the work; whoever asks has to allow more." },
    ],
    rollback: ifItBegan,
  },
  AnswersRefusedHigh: {
    meaning:
      "The bridge refuses many answers: they do not fit their schema, are not signed as they should be, come too late, or from the wrong agent.",
    impact: "The questions stay open, and their askers wait. The answering agents were told what to mend.",
    diagnosis: [
      ask("By the check that they failed.", "sum by (reason) (increase(lighthouse_answers_refused_total[15m]))"),
      events("Whose, and to which question.", "elicitation.answer_refused"),
    ],
    mitigation: [
      {
        say: "`schema`: an agent does not understand a question; give its author the refusals, they have JSON pointers.",
      },
      { say: "`deadline`: agents are too slow, or questions too impatient." },
      { say: "`signature`, `key`, `addressee`, `replay`: [SecurityViolationCritical](SecurityViolationCritical.md)." },
    ],
    rollback: nothing,
  },
};
