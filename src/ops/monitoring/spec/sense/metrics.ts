import { signals } from "../../../../domain/signal.ts";
import { gauges } from "../../record.ts";
import type { Finding } from "../check.ts";
import { nearest } from "../nearest.ts";
import type { Look } from "./look.ts";

/** What can be asked for by name: signals, and the gauges that are recorded from them. */
const known = (): ReadonlyMap<string, Known> =>
  new Map<string, Known>([
    ...Object.values(signals).map(({ name, type, labels }): [string, Known] => [
      name,
      { type, labels: Object.keys(labels) },
    ]),
    ...gauges((nominal) => nominal).map(({ record }): [string, Known] => [
      record,
      { type: "gauge", labels: ["status"] },
    ]),
    ["uptime", { type: "gauge", labels: [] }],
  ]);
interface Known {
  readonly type: string;
  readonly labels: readonly string[];
}

const unknownMetric = (name: string, path: Finding["path"], key = false): Finding => {
  const meant = nearest(name, [...known().keys()]);
  return {
    path,
    ...(key ? { key: true as const } : {}),
    message: `the bridge shows no metric ${JSON.stringify(name.slice(0, 60))}`,
    fix: meant === undefined ? "Its metrics are listed in docs/metrics.md." : `Did you mean ${JSON.stringify(meant)}?`,
  };
};

export const metrics: Look = ({ prometheus }) =>
  Object.entries(prometheus.metrics).flatMap(([name, { type, labels = [] }]) => {
    const path = ["prometheus", "metrics", name];
    const metric = known().get(name);
    if (metric === undefined) return [unknownMetric(name, path, true)];
    if (metric.type !== type)
      return [{ path: [...path, "type"], message: `${name} is a ${metric.type}`, fix: `Write ${metric.type}.` }];
    return labels
      .filter((label) => !metric.labels.includes(label) && !isAgent(label))
      .map((label) => ({
        path: [...path, "labels"],
        message: `${name} has no label ${JSON.stringify(label)}`,
        fix: metric.labels.length === 0 ? "It has none." : `It has ${metric.labels.join(", ")}.`,
      }));
  });

const isAgent = (label: string): boolean => ["agent_id", "from_agent", "to_agent"].includes(label);

export const agentLabels: Look = ({ prometheus }) =>
  Object.entries(prometheus.metrics).flatMap(([name, { labels = [] }]) =>
    labels.filter(isAgent).map((label) => ({
      path: ["prometheus", "metrics", name, "labels"],
      message: `${label} is not a label of ${name}`,
      fix: "Agents are in exemplars, spans and logs: 500 of them would make 998,000 series. Leave it out.",
    })),
  );

export const ownBuckets: Look = ({ prometheus }) =>
  Object.entries(prometheus.metrics).flatMap(([name, { buckets }]) =>
    buckets === undefined
      ? []
      : [
          {
            path: ["prometheus", "metrics", name, "buckets"],
            message: "buckets are the bridge's own",
            fix: "They are not taken from here: the limits that are promised have to be among them. Leave them out.",
          },
        ],
  );

export const dashboards: Look = ({ grafana }) =>
  grafana.dashboards.flatMap(({ panels }, dashboard) =>
    panels.flatMap(({ metric, metrics: several = [] }, panel) => {
      const path = ["grafana", "dashboards", dashboard, "panels", panel];
      const one = metric === undefined ? [] : [[metric, [...path, "metric"]] as const];
      const all = [...one, ...several.map((each, index) => [each, [...path, "metrics", index]] as const)];
      if (all.length === 0)
        return [{ path, message: "shows nothing", fix: "Write metric: and a name, or metrics: and several." }];
      return all.filter(([name]) => !known().has(name)).map(([name, at]) => unknownMetric(name, at));
    }),
  );
