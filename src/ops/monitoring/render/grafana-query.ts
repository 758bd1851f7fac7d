import { type Signal, signals } from "../../../domain/signal.ts";
import { increase, rate } from "../promql.ts";
import { gauges } from "../record.ts";
import type { Duration } from "../spec/parts.ts";
import type { QuerySpec } from "./grafana-panel.ts";

/** Grafana's own window: wide enough for four scrapes, and as wide as one pixel. */
export const interval = "$__rate_interval" as Duration;

/** How one metric, named by a person, is best asked for in one kind of panel. */
export const queriesFor = (name: string, isHeatmap: boolean): readonly QuerySpec[] => {
  const signal = Object.values<Signal>(signals).find((each) => each.name === name);
  if (signal !== undefined) return signalQueries(signal, isHeatmap);
  const recorded = ["uptime", ...gauges((nominal) => nominal).map(({ record }) => record)];
  // `spec/sense` refused everything else, with the line.
  if (!recorded.includes(name)) throw new Error(`a panel asks for ${name}, which nobody shows`);
  return [{ expr: name }];
};

const signalQueries = (signal: Signal, isHeatmap: boolean): readonly QuerySpec[] => {
  const by = Object.keys(signal.labels);
  const legend = by.map((label) => `{{${label}}}`).join(" ");
  switch (signal.type) {
    case "counter":
      return [{ expr: rate(signal.name, interval, by.join(", ")), ...(legend === "" ? {} : { legend }) }];
    case "gauge":
      return [{ expr: signal.name, legend: `${legend} {{instance}}`.trim() }];
    case "histogram": {
      const buckets = `${signal.name}_bucket`;
      return isHeatmap
        ? [{ expr: increase(buckets, interval, "le"), legend: "{{le}}" }]
        : quantiles(buckets, [0.5, 0.95, 0.99]);
    }
  }
};

/** Quantiles of a histogram's buckets, one line each. */
export const quantiles = (buckets: string, which: readonly number[], by = ""): readonly QuerySpec[] =>
  which.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${rate(buckets, interval, by === "" ? "le" : `le, ${by}`)})`,
    legend: `${by === "" ? "" : `{{${by}}} `}p${quantile * 100}`,
    exemplars: true,
  }));
