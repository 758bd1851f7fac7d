import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as text from "@grafana/grafana-foundation-sdk/text";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

/**
 * Grafana's own types, as JSON. Its Foundation SDK also builds dashboards, but that is 11 MB of CommonJS before its first
 * stable release, and defaults that change with its versions would change our files. So the types check what we write,
 * while it is compiled, and nothing of the package is there when it runs.
 */

/** A type of the SDK as what stands in a file: its enums are their values. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends readonly (infer E)[]
      ? readonly Plain<E>[]
      : { readonly [K in keyof T as T[K] extends (...given: never) => unknown ? never : K]: Plain<T[K]> };

export type Dashboard = Plain<Omit<dashboard.Dashboard, "panels" | "graphTooltip" | "templating">> & {
  /** 2 shares crosshair and tooltip among the panels. */
  readonly graphTooltip: 0 | 1 | 2;
  readonly templating: { readonly list: readonly never[] };
  readonly panels: readonly Panel[];
};

export type Query = Plain<prometheus.Dataquery> & { readonly refId: string; readonly datasource: DataSourceRef };
export type DataSourceRef = { readonly type: string; readonly uid: string };
/** Grafana reads a title and an address from the link of a value; its schema wants all that a dashboard's link has. */
export type Link = Plain<dashboard.DashboardLink>;
type GridPos = Plain<dashboard.GridPos>;
type FieldConfig = Plain<Omit<dashboard.FieldConfig, "custom" | "mappings">>;

interface OfType<T extends string, O, C> {
  readonly id: number;
  readonly type: T;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPos;
  readonly datasource?: DataSourceRef;
  readonly targets?: readonly Query[];
  readonly options: O;
  readonly fieldConfig: {
    readonly defaults: FieldConfig & { readonly custom?: C };
    readonly overrides: readonly never[];
  };
}

export type Panel =
  | OfType<"timeseries", Plain<timeseries.Options>, Plain<timeseries.FieldConfig>>
  | OfType<"stat", Plain<stat.Options>, never>
  | OfType<"gauge", Plain<gauge.Options>, never>
  | OfType<"heatmap", Plain<heatmap.Options>, never>
  | OfType<"table", Plain<table.Options>, Plain<table.FieldConfig>>
  | OfType<"text", Plain<text.Options>, never>;

export type PanelKind = Panel["type"];
export type PanelOf<K extends PanelKind> = Extract<Panel, { readonly type: K }>;
