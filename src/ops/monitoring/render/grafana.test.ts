import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { groupingsOf, selectorsOf } from "../../../../test/ops/promql.ts";
import { type Signal, signals } from "../../../domain/signal.ts";
import { dashboards as uids } from "../alert/alert.ts";
import { alerts } from "../alert/catalogue.ts";
import { foreign } from "../foreign.ts";
import { promisesOf } from "../promise.ts";
import { recordings } from "../record.ts";
import { readSpec } from "../spec.ts";
import { renderGrafana } from "./grafana.ts";

const specOf = (text: string) => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.spec;
};

interface PanelJson {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
  readonly options: { readonly content?: string };
}
interface DashboardJson {
  readonly uid: string;
  readonly panels: readonly PanelJson[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboardsOf = (text: string): readonly DashboardJson[] =>
  [...renderGrafana(specOf(text))].filter(([path]) => path.endsWith(".json")).map(([, json]) => JSON.parse(json));
const sourcesOf = (text: string) =>
  (
    parse(renderGrafana(specOf(text)).get("grafana/provisioning/datasources/lighthouse.yml") ?? "") as {
      datasources: { uid: string; type: string; url: string; secureJsonData?: object }[];
    }
  ).datasources;

/** Labels by metric: what the bridge shows, what rules record, what others show. */
const known = (() => {
  const spec = specOf("");
  const labels = new Map<string, readonly string[]>();
  for (const signal of Object.values<Signal>(signals)) {
    const own = [...Object.keys(signal.labels), "job", "instance"];
    if (signal.type !== "histogram") labels.set(signal.name, own);
    else for (const suffix of ["bucket", "count", "sum"]) labels.set(`${signal.name}_${suffix}`, [...own, "le"]);
  }
  for (const group of recordings(promisesOf(spec), (span) => span))
    for (const { record } of group.rules) labels.set(record, ["slo", "status"]);
  for (const [name, each] of Object.entries(foreign)) labels.set(name, each.labels);
  return labels.set("ALERTS", ["alertname", "alertstate", "severity", "team"]);
})();

const ownDashboard = `
grafana:
  dashboards:
    - name: Mine
      uid: mine
      panels:
        - { title: By status, type: timeseries, metric: elicitation_requests_total }
        - { title: Spread, type: heatmap, metric: elicitation_response_time_seconds }
        - { title: Several, type: stat, metrics: [uptime, lighthouse_ready], threshold: 1 }
`;

describe("the dashboards", () => {
  const all = dashboardsOf(ownDashboard);

  it("are those that alerts point at, and those of the file", () => {
    expect(all.map(({ uid }) => uid)).toEqual([...uids, "mine"]);
  });

  it("ask only for metrics that somebody shows, by labels that they have", () => {
    const wrong = all.flatMap(({ uid, panels, annotations }) =>
      [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list].flatMap(({ expr }) => {
        // What Grafana fills in: any length of time will do for the grammar.
        const promql = expr.replaceAll("$__rate_interval", "1m");
        const asked = selectorsOf(promql);
        const has = new Set(asked.flatMap(({ metric }) => known.get(metric) ?? []));
        return [
          ...asked.filter(({ metric }) => !known.has(metric)).map(({ metric }) => `${uid}: ${metric}`),
          ...asked.flatMap(({ metric, matchers }) =>
            matchers.map(({ label }) => label).filter((label) => !known.get(metric)?.includes(label)),
          ),
          ...groupingsOf(promql).filter((label) => !has.has(label)),
        ];
      }),
    );
    expect(wrong).toEqual([]);
    expect(all.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets)).length).toBeGreaterThan(60);
  });

  it("name only a data source that is provisioned beside them", () => {
    const provisioned = sourcesOf(ownDashboard).map(({ uid }) => uid);
    const named = all.flatMap(({ panels }) => panels.flatMap(({ datasource }) => datasource?.uid ?? []));
    expect(new Set(named)).toEqual(new Set(["lighthouse-prometheus"]));
    expect(provisioned).toContain("lighthouse-prometheus");
  });

  it("have panels that neither overlap nor leave the 24 columns", () => {
    for (const { panels } of all) {
      const cells = new Set<string>();
      for (const { gridPos } of panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(cells.has(`${x},${y}`)).toBe(false);
            cells.add(`${x},${y}`);
          }
      }
    }
  });

  it("link the runbook of every alert that points at them", () => {
    for (const { name, dashboard, needs } of alerts) {
      if (needs !== undefined) continue;
      const text = all.find(({ uid }) => uid === dashboard)?.panels.find(({ type }) => type === "text");
      expect(text?.options.content, name).toContain(`/${name}.md)`);
    }
  });
});

describe("the data sources", () => {
  it("are those of the products that are switched on", () => {
    expect(sourcesOf("").map(({ type }) => type)).toEqual(["prometheus", "alertmanager"]);
    const all = sourcesOf(`tracing: { jaeger: {} }\nlogging: { elasticsearch: { api_key: '\${ELASTIC}' } }`);
    expect(all.map(({ type }) => type)).toEqual(["prometheus", "alertmanager", "jaeger", "elasticsearch"]);
  });

  it("hold a secret by the name of its variable, which Grafana fills in", () => {
    const [, , logs] = sourcesOf(`logging: { elasticsearch: { api_key: '\${ELASTIC}' } }`);
    expect(logs?.secureJsonData).toEqual({ httpHeaderValue1: `ApiKey \${ELASTIC}` });
  });
});

it("nothing in Grafana alerts anybody: Alertmanager does", () => {
  const files = [...renderGrafana(specOf(ownDashboard)).keys()];
  expect(files.filter((path) => path.includes("alerting"))).toEqual([]);
});

it("Grafana that is switched off has no files", () => {
  expect(renderGrafana(specOf("grafana: { enabled: false }")).size).toBe(0);
});
