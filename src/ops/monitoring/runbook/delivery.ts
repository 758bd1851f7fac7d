import type { Runbook } from "./runbook.ts";
import { agents, ask, byArm, events, ifItBegan } from "./steps.ts";

export const deliveryRunbooks: Readonly<Record<string, Runbook>> = {
  DeliveryFailing: {
    meaning: "Attempts to hand over questions or results by one way fail more often than chance explains.",
    impact: "Targets hear of questions later, when they come by themselves. What was not delivered stays queued.",
    diagnosis: [
      ask("By way and result, per second.", "sum by (via, result) (rate(lighthouse_deliveries_total[5m]))"),
      byArm("Whether only one arm of a rollout fails.", 'rate(lighthouse_deliveries_total{result="failed"}[5m])'),
      agents,
    ],
    mitigation: [
      { say: "`webhook`, `hook`: the other side refuses or is away; its answer is in the log lines." },
      { say: "`websocket`, `sse`: connections break. Look at the proxy between, and its limits on idle connections." },
    ],
    rollback: ifItBegan,
  },
  DeliveryStalled: {
    meaning: "Deliveries begin, and none of them ends, neither well nor badly.",
    impact: "Nothing reaches anybody who is connected. Whoever polls still gets their questions.",
    diagnosis: [
      ask("Begun, per second, by way.", "sum by (via) (rate(lighthouse_delivery_attempts_total[5m]))"),
      ask("Ended, per second, by way.", "sum by (via) (rate(lighthouse_deliveries_total[5m]))"),
      ask("The event loop.", 'nodejs_eventloop_lag_p99_seconds{job="lighthouse-bridge"}'),
      events("The last that were offered.", "elicitation.offered"),
    ],
    mitigation: [{ say: "Restart the bridge: everything that is open is offered again." }],
    rollback: ifItBegan,
  },
  DeadLetters: {
    meaning: "A mailbox handed out a question as often as it may, and nobody acknowledged it.",
    impact: "The asker waits until the deadline. Other questions to the same target are likely to end the same way.",
    diagnosis: [
      { say: "Which ones, from whom and to whom.", run: "lighthouse mailbox dead list" },
      events("How it went.", "elicitation.dead_lettered"),
      agents,
    ],
    mitigation: [
      { say: "The target takes questions and crashes on one of them: look at its own log, around the times above." },
      {
        say: "When it is mended, hand them out again.",
        run: 'lighthouse mailbox dead requeue --all --reason "mended"',
      },
      { say: "Nobody wants them any more: `lighthouse mailbox dead discard`, with a reason." },
    ],
    rollback: ifItBegan,
  },
  RolloutStandsStill: {
    meaning: "A rollout has stood between none and all of the agents for half a day.",
    impact: "Two ways of delivery are kept alive, and nobody decides for one.",
    diagnosis: [
      { say: "Its step, what was seen, the verdict, and who leads it.", run: "lighthouse rollout status" },
      { say: "What it did, and when it last did anything.", run: "lighthouse rollout history" },
      byArm("Whether the arms differ.", 'rate(elicitation_requests_total{status="error"}[5m])'),
    ],
    mitigation: [
      {
        say: "It is paused: go on (`lighthouse rollout resume`), or end it (`lighthouse rollout abort`), with the reason.",
      },
      { say: "Nobody leads it: start the leader again (`lighthouse rollout run`); it goes on where it stopped." },
      { say: "It is blind: what it measures is missing. Look at Prometheus first; it holds on purpose." },
    ],
    rollback:
      "If nobody can say why it stands: go to [EmergencyRollback](EmergencyRollback.md). All the way back is safe.",
  },
};
