import { parse, stringify } from "yaml";
import type { Spec } from "../spec/schema.ts";
import { readSpec } from "../spec.ts";

export interface DrillPlaces {
  readonly drillId: string;
  readonly bridge: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly secrets: string;
  /** Where what is meant for PagerDuty goes. */
  readonly pagerduty: string;
}

/** Variables, and so files, that hold what the drill's own receiver is reached by. */
export const drillKey = "LIGHTHOUSE_DRILL_KEY";
export const drillHook = "LIGHTHOUSE_DRILL_HOOK";

/** Five minutes become five seconds. The rules are the same text otherwise, from the same renderer. */
const timeScale = 1 / 60;

/**
 * The monitoring.yaml of a drill: the file's own rules, thresholds and environment, on servers of the drill's own, sixty
 * times as fast, with `test="true"` on everything, so that Alertmanager routes it to the drill's receiver alone.
 */
export const drillSpec = (text: string, places: DrillPlaces): Spec => {
  const given = (parse(text) ?? {}) as Dict;
  const alerting = dict(given["alerting"]);
  const prometheus = dict(given["prometheus"]);
  const read = readSpec(
    stringify({
      environment: given["environment"] ?? "production",
      sla: given["sla"] ?? {},
      prometheus: {
        endpoint: places.prometheus,
        scrape_interval: "500ms",
        evaluation_interval: "500ms",
        targets: [places.bridge],
        external_labels: { ...dict(prometheus["external_labels"]), test: "true", drill_id: places.drillId },
      },
      grafana: { ...dict(given["grafana"]) },
      alerting: {
        ...(alerting["runbooks"] === undefined ? {} : { runbooks: alerting["runbooks"] }),
        rules: dict(alerting["rules"]),
        alertmanager: { endpoint: places.alertmanager, group_wait: "0s", group_interval: "1s" },
        secrets_dir: places.secrets,
        time_scale: timeScale,
        pagerduty: {
          url: places.pagerduty,
          routing_key: `\${${drillKey}}`,
          routing_keys: { drill: `\${${drillKey}}` },
          alerts: dict(alerting["pagerduty"])["alerts"] ?? [],
        },
        slack: { webhook_url: `\${${drillHook}}` },
      },
    }),
  );
  if (!read.ok) throw new Error(`the drill's own file is wrong: ${JSON.stringify(read.problems)}`);
  return read.spec;
};

type Dict = Readonly<Record<string, unknown>>;
const dict = (value: unknown): Dict => (typeof value === "object" && value !== null ? (value as Dict) : {});
