import type { Renderer } from "./rendered.ts";
import { yamlFile } from "./text.ts";

export const renderPrometheus: Renderer = ({ prometheus, alerting }) => {
  if (!prometheus.enabled) return new Map();
  return new Map([
    [
      "prometheus/prometheus.yml",
      yamlFile({
        global: { scrape_interval: prometheus.scrape_interval, evaluation_interval: prometheus.evaluation_interval },
        rule_files: ["rules/*.yml"],
        alerting: {
          alertmanagers: [{ static_configs: [{ targets: [new URL(alerting.alertmanager.endpoint).host] }] }],
        },
        scrape_configs: [
          {
            job_name: "lighthouse-bridge",
            metrics_path: prometheus.metrics_path,
            scheme: prometheus.scheme,
            static_configs: [{ targets: prometheus.targets }],
          },
        ],
      }),
    ],
  ]);
};
