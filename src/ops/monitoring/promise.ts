import { type Promises, rounded } from "./slo.ts";
import type { Spec } from "./spec/schema.ts";

/** 99 of 100 within the limit: what "P99 below 300 ms" says. */
const latencyBudget = 0.01;

/** What a monitoring.yaml promises. What it does not mention keeps its default. */
export const promisesOf = ({ sla }: Pick<Spec, "sla">): Promises => {
  const target = (metric: Spec["sla"]["targets"][number]["metric"], byDefault: number): number =>
    sla.targets.findLast((each) => each.metric === metric)?.target ?? byDefault;
  return {
    latencySeconds: target("p99_latency_milliseconds", 300) / 1000,
    budget: {
      "elicitation-success": rounded(target("error_rate", 0.1) / 100),
      "overhead-latency": latencyBudget,
      "message-delivery": rounded(1 - target("delivery_rate", 99.5) / 100),
      availability: rounded(1 - target("uptime", 99.95) / 100),
    },
  };
};
