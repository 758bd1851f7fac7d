import type { Alert } from "../../alert/alert.ts";
import { alerts } from "../../alert/catalogue.ts";
import type { Finding } from "../check.ts";
import { nearest } from "../nearest.ts";
import type { Spec } from "../schema.ts";
import type { Look } from "./look.ts";

type Path = Finding["path"];

/** What is changed about alerts, by the exact word, and in the older ones. */
export const changedAlerts: Look = ({ alerting }) => [
  ...Object.entries(alerting.rules).flatMap(([name, rule]) => {
    const alert = alerts.find((each) => each.name === name);
    const path = ["alerting", "rules", name];
    if (alert === undefined || rule === undefined) return [];
    return [...thresholdFindings(alert, rule.threshold, path), ...holdFindings(alert, rule.for, path)];
  }),
  ...alerting.pagerduty.alerts.flatMap((older, index) =>
    olderFindings(older, ["alerting", "pagerduty", "alerts", index]),
  ),
];

const olderFindings = (
  { name, threshold }: Spec["alerting"]["pagerduty"]["alerts"][number],
  path: Path,
): readonly Finding[] => {
  const alert = alerts.find((each) => each.title === name || each.name === name);
  return alert === undefined ? [unknownAlert(name, path)] : thresholdFindings(alert, threshold, path);
};

const unknownAlert = (name: string, path: Path): Finding => {
  const meant =
    nearest(
      name,
      alerts.map(({ title }) => title),
    ) ??
    nearest(
      name,
      alerts.map((alert) => alert.name),
    );
  return {
    path: [...path, "name"],
    message: `no alert is called ${JSON.stringify(name.slice(0, 60))}`,
    fix: meant === undefined ? "Their names are the files of docs/runbooks." : `Did you mean ${JSON.stringify(meant)}?`,
  };
};

const thresholdFindings = ({ bounds, unit }: Alert, threshold: number | undefined, path: Path): readonly Finding[] => {
  if (threshold === undefined) return [];
  const at = [...path, "threshold"];
  if (bounds === undefined)
    return [
      {
        path: at,
        message: "this alert has no threshold",
        fix: "It fires on a fact and not on a measure. Leave the line out.",
      },
    ];
  const [least, most] = bounds;
  if (threshold < least || threshold > most)
    return [
      { path: at, message: `${threshold} ${unit} is out of reach`, fix: `Write a number from ${least} to ${most}.` },
    ];
  // What is counted comes in whole numbers; between two of them nothing ever changes.
  return unit === "count" && !Number.isInteger(threshold)
    ? [{ path: at, message: `${threshold} is not a whole number`, fix: "Write a whole number." }]
    : [];
};

const holdFindings = (alert: Alert, held: string | undefined, path: Path): readonly Finding[] =>
  held === undefined || alert.for !== "0s"
    ? []
    : [
        {
          path: [...path, "for"],
          message: "this alert fires at once",
          fix: "It looks back over a window already; waiting on top of it would let short incidents pass. Leave the line out.",
        },
      ];
