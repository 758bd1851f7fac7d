import type { Runbook } from "./runbook.ts";
import { ask, firing, health, nothing } from "./steps.ts";

export const telemetryRunbooks: Readonly<Record<string, Runbook>> = {
  TelemetryExportFailing: {
    meaning: "Spans, logs or metrics that the bridge sends to a collector or a vendor are not taken.",
    impact: "Elicitations are not touched. Traces, logs or a vendor's graphs have holes.",
    diagnosis: [
      ask(
        "By exporter and result, per second.",
        "sum by (exporter, result) (rate(lighthouse_telemetry_exports_total[5m]))",
      ),
      {
        say: "The log lines at level warning have the other side's answer: 401 is a key, 413 a batch that is too large, 429 too much.",
      },
    ],
    mitigation: [
      { say: "A key: put the right one into its variable, and restart the bridge." },
      { say: "The collector is away: start it. Batches are kept for a while, and counted when they are given up." },
    ],
    rollback: nothing,
  },
  TelemetryDropped: {
    meaning: "Spans, log records or metric points were given up: their buffer was full, or they were refused for good.",
    impact: "They are lost. Elicitations are not touched.",
    diagnosis: [
      ask("How many, by exporter.", "sum by (exporter) (increase(lighthouse_telemetry_dropped_total[1h]))"),
      ask(
        "Whether exports fail now.",
        'sum by (exporter) (rate(lighthouse_telemetry_exports_total{result="failed"}[5m]))',
      ),
    ],
    mitigation: [{ say: "Follow [TelemetryExportFailing](TelemetryExportFailing.md). If none fail now, it is over." }],
    rollback: nothing,
  },
  LogShippingDropping: {
    meaning: "Log lines for one place were given up because it was away for longer than the buffer lasts.",
    impact: "They are missing there. On standard output they are all there.",
    diagnosis: [ask("How many, by place.", "sum by (sink) (increase(lighthouse_log_lines_dropped_total[1h]))"), health],
    mitigation: [
      { say: "Start the place again, or make `logging.logstash.buffer` in monitoring.yaml larger." },
      { say: "Take the missing lines from standard output, where the machine keeps it." },
    ],
    rollback: nothing,
  },
  Watchdog: {
    meaning: "Nothing is wrong. It fires always, so that somebody outside notices when it stops.",
    impact:
      "If you were called because it is missing: Prometheus or Alertmanager is down, or cannot get out. Nothing else will call you.",
    diagnosis: [
      { say: "Is Prometheus there?", run: 'curl -sS --fail-with-body "$PROMETHEUS_URL/-/ready"' },
      { say: "Is Alertmanager there?", run: 'curl -sS --fail-with-body "$ALERTMANAGER_URL/-/ready"' },
      firing,
    ],
    mitigation: [{ say: "Start what is down. Then look at the bridge by hand: nobody was watching it." }],
    rollback: nothing,
  },
  SignalsMissing: {
    meaning: "The bridge is up, and does not show a metric that alerts depend on.",
    impact: "Those alerts are blind.",
    diagnosis: [
      { say: "What it shows.", run: 'curl -sS "$LIGHTHOUSE_URL/metrics" | grep -c ^lighthouse_' },
      ask("Which version runs where.", "lighthouse_build_info"),
    ],
    mitigation: [
      { say: "An older or newer bridge than the rules were rendered for: render and apply them again." },
      { say: "The right one: restart it, and keep its output; this is a fault in it." },
    ],
    rollback: "If it began with a deployment of the bridge or of the rules, take that deployment back.",
  },
  AlertmanagerNotificationsFailing: {
    meaning: "Alertmanager cannot hand over notifications: PagerDuty or Slack refuses them or cannot be reached.",
    impact: "Somebody is not being told. Look for other alerts at once; you may have missed them.",
    diagnosis: [
      firing,
      ask("By way.", "sum by (integration) (rate(alertmanager_notifications_failed_total[15m]))"),
      { say: "Alertmanager's own output has the answer: 403 and `invalid_token` are a secret, 429 is too many." },
    ],
    mitigation: [
      { say: "A secret: put the right one into its file, in the folder of secrets. It is read at each notification." },
      { say: "They cannot be reached: the way out of the network." },
    ],
    rollback: "If it began with new settings of Alertmanager, apply the former monitoring.yaml.",
  },
  AlertmanagerUnknown: {
    meaning: "Prometheus has no Alertmanager to send alerts to.",
    impact: "Nobody is told anything. You see this on a dashboard, or because the Watchdog is missing.",
    diagnosis: [
      { say: "Whom Prometheus knows.", run: 'curl -sS "$PROMETHEUS_URL/api/v1/alertmanagers"' },
      { say: "Is Alertmanager there?", run: 'curl -sS --fail-with-body "$ALERTMANAGER_URL/-/ready"' },
    ],
    mitigation: [
      { say: "Write its address into `alerting.alertmanager.endpoint` of monitoring.yaml, render and apply." },
    ],
    rollback: "If it began with new settings of Prometheus, apply the former monitoring.yaml.",
  },
  ConfigReloadFailed: {
    meaning: "Prometheus or Alertmanager refused its settings at the last reload.",
    impact: "It goes on with those before. After a restart it would not come up at all.",
    diagnosis: [
      ask("Which.", "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0"),
      {
        say: "What is wrong with the rendered ones.",
        run: 'promtool check config "$MONITORING_DIR/prometheus/prometheus.yml"',
      },
      {
        say: "And with those of Alertmanager.",
        run: 'amtool check-config "$MONITORING_DIR/alertmanager/alertmanager.yml"',
      },
    ],
    mitigation: [{ say: "Both fine: somebody edited the files in place. Apply again." }],
    rollback: "Apply the former monitoring.yaml.",
  },
  RuleEvaluationFailing: {
    meaning: "Prometheus cannot evaluate a rule, most often because two series carry the same labels.",
    impact: "That rule's alert, or everything that reads its recording, is blind.",
    diagnosis: [
      ask("Which group.", "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[10m])) > 0"),
      { say: "Why: each rule has its last error here.", run: 'curl -sS "$PROMETHEUS_URL/api/v1/rules"' },
    ],
    mitigation: [
      { say: "The same bridge scraped twice, or two jobs with one name: take one away in monitoring.yaml." },
    ],
    rollback: "If it began with new rules, apply the former monitoring.yaml.",
  },
};
