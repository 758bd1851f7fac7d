import { signals } from "../../../../domain/signal.ts";
import { alerts } from "../../alert/catalogue.ts";
import type { Finding } from "../check.ts";
import { nearest } from "../nearest.ts";
import type { Look } from "./look.ts";

export const thresholds: Look = ({ alerting }) =>
  Object.entries(alerting.rules).flatMap(([name, rule]) => {
    const alert = alerts.find((each) => each.name === name);
    return rule?.threshold === undefined || alert?.threshold !== undefined
      ? []
      : [nothingToTune(["alerting", "rules", name])];
  });

const nothingToTune = (path: Finding["path"]): Finding => ({
  path: [...path, "threshold"],
  message: "this alert has no threshold",
  fix: "It fires on a fact and not on a measure. Leave the line out.",
});

export const olderAlerts: Look = ({ alerting }) =>
  alerting.pagerduty.alerts.flatMap(({ name, threshold }, index) => {
    const path = ["alerting", "pagerduty", "alerts", index];
    const alert = alerts.find((each) => each.title === name || each.name === name);
    if (alert !== undefined)
      return threshold === undefined || alert.threshold !== undefined ? [] : [nothingToTune(path)];
    const titles = alerts.map(({ title }) => title);
    const meant =
      nearest(name, titles) ??
      nearest(
        name,
        alerts.map((each) => each.name),
      );
    return [
      {
        path: [...path, "name"],
        message: `no alert is called ${JSON.stringify(name.slice(0, 60))}`,
        fix:
          meant === undefined
            ? "Their names are the files of docs/runbooks."
            : `Did you mean ${JSON.stringify(meant)}?`,
      },
    ];
  });

/** The highest finite boundary, in ms: a P99 above it cannot be told, so a threshold there would never be passed. */
const readable = (signals.bridgeOverhead.buckets.at(-1) ?? 0) * 1000;

export const latencyLimits: Look = ({ alerting }) => {
  const tooHigh = (threshold: number | undefined, path: Finding["path"]): readonly Finding[] =>
    threshold === undefined || threshold < readable / 2
      ? []
      : [{ path, message: `${threshold} ms cannot be measured`, fix: `Write less than ${readable / 2} ms.` }];
  return [
    ...alerts
      .filter(({ unit }) => unit === "ms")
      .flatMap(({ name }) => tooHigh(alerting.rules[name]?.threshold, ["alerting", "rules", name, "threshold"])),
    ...alerting.pagerduty.alerts.flatMap(({ name, threshold }, index) =>
      alerts.some((alert) => alert.unit === "ms" && (alert.title === name || alert.name === name))
        ? tooHigh(threshold, ["alerting", "pagerduty", "alerts", index, "threshold"])
        : [],
    ),
  ];
};
