import { signals } from "../../../../domain/signal.ts";
import type { Finding } from "../check.ts";
import type { Look } from "./look.ts";

/** 14.4 times the budget must stay below everything, or the page of a burn rate could never fire. */
const largestBudgetPercent = 5;

export const promises: Look = ({ sla }) =>
  sla.targets.flatMap(({ metric, target, unit }, index) => {
    const path = ["sla", "targets", index];
    const wanted = metric === "p99_latency_milliseconds" ? "ms" : "%";
    const wrong = (key: string, message: string, fix: string): readonly Finding[] => [
      { path: [...path, key], message, fix },
    ];
    if (unit !== wanted) return wrong("unit", `${metric} is measured in ${wanted}`, `Write ${wanted}.`);
    if (metric === "p99_latency_milliseconds") return boundary(target, [...path, "target"]);
    const budget = metric === "error_rate" ? target : 100 - target;
    if (budget <= 0)
      return wrong("target", "leaves no room for any failure", "No system keeps 100 %. Write less, such as 99.95.");
    return budget <= largestBudgetPercent
      ? []
      : wrong(
          "target",
          `allows ${Number(budget.toFixed(6))} % to fail`,
          `Promise at least ${100 - largestBudgetPercent} % success.`,
        );
  });

const boundary = (ms: number, path: Finding["path"]): readonly Finding[] => {
  const bounds = signals.bridgeOverhead.buckets.map((bound) => bound * 1000);
  if (bounds.includes(ms)) return [];
  return [
    {
      path,
      message: `${ms} ms is not a boundary of the histogram`,
      fix: `What is within a limit can only be counted at one of ${bounds.join(", ")}.`,
    },
  ];
};
