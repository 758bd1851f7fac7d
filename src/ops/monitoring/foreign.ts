/**
 * Series that rules and dashboards read and that the bridge does not define itself, with the labels they may be asked
 * for. Everything else has to be in `domain/signal.ts`, or a test says so.
 */
export const foreign: Readonly<Record<string, { readonly from: string; readonly labels: readonly string[] }>> = {
  ALERTS: { from: "Prometheus, for every alert", labels: ["alertname", "alertstate"] },
  up: { from: "Prometheus, for every target", labels: ["job", "instance"] },
  process_start_time_seconds: { from: "prom-client's default metrics", labels: ["job", "instance"] },
  process_resident_memory_bytes: { from: "prom-client's default metrics", labels: ["job", "instance"] },
  process_cpu_seconds_total: { from: "prom-client's default metrics", labels: ["job", "instance"] },
  nodejs_eventloop_lag_p99_seconds: { from: "prom-client's default metrics", labels: ["job", "instance"] },
  probe_success: { from: "blackbox exporter", labels: ["job", "instance", "check"] },
  probe_ssl_earliest_cert_expiry: { from: "blackbox exporter", labels: ["job", "instance", "check"] },
  alertmanager_notifications_total: { from: "Alertmanager", labels: ["job", "instance", "integration"] },
  alertmanager_notifications_failed_total: { from: "Alertmanager", labels: ["job", "instance", "integration"] },
  alertmanager_config_last_reload_successful: { from: "Alertmanager", labels: ["job", "instance"] },
  prometheus_config_last_reload_successful: { from: "Prometheus", labels: ["job", "instance"] },
  prometheus_notifications_alertmanagers_discovered: { from: "Prometheus", labels: ["job", "instance"] },
  prometheus_rule_evaluation_failures_total: { from: "Prometheus", labels: ["job", "instance", "rule_group"] },
};
