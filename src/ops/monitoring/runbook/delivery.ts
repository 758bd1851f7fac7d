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
};
