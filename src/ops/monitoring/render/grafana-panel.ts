import type { DataSourceRef, Link, Panel, PanelKind, PanelOf, Query } from "./grafana-model.ts";

/** A panel as a catalogue says it: what it shows and how large it is. Everything else is the same for all. */
export interface PanelSpec {
  readonly title: string;
  readonly kind: PanelKind;
  readonly queries?: readonly QuerySpec[];
  /** One of Grafana's units: `s`, `ms`, `percent`, `percentunit`, `bytes`, `short`, `ops`, `bool_on_off`. */
  readonly unit?: string;
  readonly description?: string;
  /** Columns of 24, and rows of about 30 pixels. */
  readonly width: number;
  readonly height: number;
  /** Values from which it turns orange and red. */
  readonly limits?: Limits;
  /** Values below which it turns orange and red, where less is worse. */
  readonly floor?: Limits;
  readonly min?: number;
  readonly max?: number;
  /** Markdown, of a text. */
  readonly text?: string;
  readonly links?: readonly Link[];
}

interface Limits {
  readonly warning?: number;
  readonly critical?: number;
}

export interface QuerySpec {
  readonly expr: string;
  readonly legend?: string;
  /** Shows the traces that a histogram's buckets name. */
  readonly exemplars?: boolean;
}

export const prometheusSource: DataSourceRef = { type: "prometheus", uid: "lighthouse-prometheus" };

/** Panels in reading order, put into rows of 24 columns. */
export const layOut = (panels: readonly PanelSpec[]): readonly Panel[] => {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return panels.map((spec, index) => {
    if (x + spec.width > 24) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const gridPos = { h: spec.height, w: spec.width, x, y };
    x += spec.width;
    rowHeight = Math.max(rowHeight, spec.height);
    return panel(spec, index + 1, gridPos);
  });
};

const panel = (spec: PanelSpec, id: number, gridPos: Panel["gridPos"]): Panel => {
  const common = {
    id,
    title: spec.title,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    gridPos,
    ...(spec.kind === "text" ? {} : { datasource: prometheusSource, targets: targets(spec) }),
  };
  const defaults = {
    ...(spec.unit === undefined ? {} : { unit: spec.unit }),
    ...(spec.min === undefined ? {} : { min: spec.min }),
    ...(spec.max === undefined ? {} : { max: spec.max }),
    ...(spec.links === undefined ? {} : { links: spec.links }),
    thresholds: { mode: "absolute", steps: steps(spec) },
  } as const;
  switch (spec.kind) {
    case "timeseries":
      return { ...common, type: "timeseries", options: lines, fieldConfig: field({ ...defaults, custom: line(spec) }) };
    case "stat":
      return { ...common, type: "stat", options: number, fieldConfig: field({ ...defaults, color: byThreshold }) };
    case "gauge":
      return { ...common, type: "gauge", options: dial, fieldConfig: field({ ...defaults, color: byThreshold }) };
    case "heatmap":
      return { ...common, type: "heatmap", options: heat(spec.unit), fieldConfig: field(defaults) };
    case "table":
      return { ...common, type: "table", options: rows, fieldConfig: field({ ...defaults, custom: cell }) };
    case "text":
      return {
        ...common,
        type: "text",
        options: { mode: "markdown", content: spec.text ?? "" },
        fieldConfig: field({}),
      };
  }
};

const field = <D>(defaults: D) => ({ defaults, overrides: [] });

const refIds = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const targets = ({ kind, queries = [] }: PanelSpec): readonly Query[] =>
  queries.map(({ expr, legend, exemplars }, index) => {
    const isInstant = kind === "table" || kind === "stat" || kind === "gauge";
    return {
      refId: refIds[index % refIds.length] as string,
      datasource: prometheusSource,
      expr,
      editorMode: "code",
      instant: isInstant,
      range: !isInstant,
      format: kind === "table" ? "table" : kind === "heatmap" ? "heatmap" : "time_series",
      legendFormat: legend ?? "__auto",
      ...(exemplars === true ? { exemplar: true } : {}),
    };
  });

const steps = ({ limits = {}, floor }: PanelSpec) => {
  if (floor !== undefined) {
    const { critical = Number.NEGATIVE_INFINITY, warning = critical } = floor;
    return [
      { value: null, color: "red" },
      ...(warning > critical ? [{ value: critical, color: "orange" }] : []),
      { value: warning, color: "green" },
    ];
  }
  const { warning, critical } = limits;
  return [
    { value: null, color: "green" },
    ...(warning === undefined ? [] : [{ value: warning, color: "orange" }]),
    ...(critical === undefined ? [] : [{ value: critical, color: "red" }]),
  ];
};

const byThreshold = { mode: "thresholds" } as const;

const line = ({
  limits,
  floor,
}: PanelSpec): NonNullable<PanelOf<"timeseries">["fieldConfig"]["defaults"]["custom"]> => ({
  drawStyle: "line",
  lineWidth: 1,
  fillOpacity: 10,
  showPoints: "never",
  spanNulls: false,
  ...(limits === undefined && floor === undefined ? {} : { thresholdsStyle: { mode: "line" } }),
});

const lines: PanelOf<"timeseries">["options"] = {
  legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
  tooltip: { mode: "multi", sort: "desc" },
};

const last = { calcs: ["lastNotNull"], values: false, fields: "" };

const number: PanelOf<"stat">["options"] = {
  graphMode: "area",
  colorMode: "background",
  justifyMode: "auto",
  textMode: "auto",
  wideLayout: true,
  showPercentChange: false,
  percentChangeColorMode: "standard",
  orientation: "auto",
  reduceOptions: last,
};

const dial: PanelOf<"gauge">["options"] = {
  showThresholdLabels: false,
  showThresholdMarkers: true,
  sizing: "auto",
  minVizWidth: 75,
  minVizHeight: 75,
  orientation: "auto",
  reduceOptions: last,
};

const heat = (unit = "short"): PanelOf<"heatmap">["options"] => ({
  calculate: false,
  cellGap: 1,
  color: { mode: "scheme", scheme: "Oranges", fill: "dark-orange", exponent: 0.5, steps: 64, reverse: false },
  exemplars: { color: "rgba(255,0,255,0.7)" },
  filterValues: { le: 1e-9 },
  legend: { show: true },
  rowsFrame: { layout: "auto" },
  showValue: "never",
  tooltip: { mode: "single", showColorScale: false, yHistogram: true },
  yAxis: { axisPlacement: "left", reverse: false, unit },
});

const rows: PanelOf<"table">["options"] = { frameIndex: 0, showHeader: true };
const cell = { align: "auto", inspect: false, cellOptions: { type: "auto" } } as const;
