import type { Alert } from "../alert/alert.ts";
import { type EffectiveAlert, effectiveAlerts } from "../alert/effective.ts";
import { promisesOf } from "../promise.ts";
import type { Spec } from "../spec/schema.ts";
import { catalogue, type Described } from "./grafana-catalogue.ts";
import type { Dashboard, Link } from "./grafana-model.ts";
import { layOut, type PanelSpec, prometheusSource } from "./grafana-panel.ts";
import { queriesFor } from "./grafana-query.ts";
import { dataSources } from "./grafana-sources.ts";
import type { Renderer } from "./rendered.ts";
import { jsonFile, yamlFile } from "./text.ts";

/**
 * grafana/: data sources, and dashboards with the runbooks of their alerts. No contact points and no policies:
 * Prometheus and Alertmanager own the alerts.
 */
export const renderGrafana: Renderer = (spec) => {
  if (!spec.grafana.enabled) return new Map();
  const alerts = spec.prometheus.enabled ? effectiveAlerts(spec) : [];
  const described = [...catalogue(promisesOf(spec)), ...ownDashboards(spec)];
  return new Map([
    ["grafana/provisioning/datasources/lighthouse.yml", yamlFile(dataSources(spec))],
    ["grafana/provisioning/dashboards/lighthouse.yml", yamlFile(provider)],
    ...described.map((each): [string, string] => [
      `grafana/dashboards/${each.uid}.json`,
      jsonFile(dashboard(each, alerts, spec)),
    ]),
  ]);
};

/** Where the dashboards' folder is mounted, in the compose file and on a machine of its own. */
export const dashboardsPath = "/etc/grafana/lighthouse/dashboards";

const provider = {
  apiVersion: 1,
  providers: [
    {
      name: "lighthouse",
      orgId: 1,
      folder: "Lighthouse",
      folderUid: "lighthouse",
      type: "file",
      disableDeletion: true,
      allowUiUpdates: false,
      updateIntervalSeconds: 30,
      options: { path: dashboardsPath, foldersFromFilesStructure: false },
    },
  ],
};

type AnyDashboard = Omit<Described, "uid"> & { readonly uid: string };

const dashboard = ({ uid, title, panels }: AnyDashboard, alerts: readonly EffectiveAlert[], spec: Spec): Dashboard => {
  const own = alerts.filter((alert) => alert.dashboard === uid);
  return {
    uid,
    title,
    tags: ["lighthouse", spec.environment],
    timezone: "browser",
    editable: false,
    graphTooltip: 2,
    schemaVersion: 41,
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: { list: [] },
    annotations: own.length === 0 ? { list: [] } : { list: [firing(own)] },
    links: [{ ...link, title: "Lighthouse", type: "dashboards", tags: ["lighthouse"], asDropdown: true }],
    panels: layOut(own.length === 0 ? panels : [...panels, ...alertPanels(own, spec)]),
  };
};

const link = {
  type: "link",
  icon: "external link",
  tooltip: "",
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: true,
} as const satisfies Omit<Link, "title">;

const named = (alerts: readonly Alert["name"][]): string =>
  `ALERTS{alertstate="firing", alertname=~"${alerts.join("|")}"}`;
const namesOf = (alerts: readonly EffectiveAlert[]): readonly string[] => alerts.map(({ name }) => name);

/** A mark in every panel while one of the dashboard's alerts fires. */
const firing = (alerts: readonly EffectiveAlert[]) => ({
  name: "Alerts",
  datasource: prometheusSource,
  enable: true,
  hide: false,
  iconColor: "red",
  expr: named(namesOf(alerts)),
  titleFormat: "{{alertname}}",
  step: "60s",
});

const alertPanels = (alerts: readonly EffectiveAlert[], { alerting }: Spec): readonly PanelSpec[] => [
  {
    title: "Firing now",
    description: "A click on a row opens its runbook.",
    kind: "table",
    queries: [{ expr: named(namesOf(alerts)) }],
    links: [
      { ...link, title: "Runbook", url: `${alerting.runbooks}/\${__data.fields.alertname}.md`, targetBlank: true },
    ],
    width: 12,
    height: 8,
  },
  {
    title: "Runbooks",
    kind: "text",
    text: alerts
      .map(
        ({ title, severity, team, annotations }) => `- [${title}](${annotations["runbook_url"]}): ${severity}, ${team}`,
      )
      .join("\n"),
    width: 12,
    height: 8,
  },
];

/** Dashboards of the file's own, in its words. */
const ownDashboards = ({ grafana }: Spec): readonly AnyDashboard[] =>
  grafana.dashboards.map(({ name, uid, panels }) => ({
    uid,
    title: name,
    panels: panels.map(
      ({ title, type, metric, metrics = [], threshold }): PanelSpec => ({
        title,
        kind: type,
        queries: [...(metric === undefined ? [] : [metric]), ...metrics].flatMap((each) =>
          queriesFor(each, type === "heatmap"),
        ),
        ...(threshold === undefined ? {} : { limits: { critical: threshold } }),
        width: 12,
        height: 8,
      }),
    ),
  }));
