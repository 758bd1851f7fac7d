import type { Json } from "../../domain/json.ts";
import type { Measure } from "../policy.ts";
import type { Rows } from "../recompute/how.ts";
import type { Answer } from "./monitoring-port.ts";

/**
 * What is made of a product's own answers. The shapes are those of the file `answers.json`: each answer as it came, and
 * under `wanted` what monitoring.yaml renders to, so that whoever has the file comes to the same without the product.
 */
export const ANSWERS = "answers.json";

/** A rule as it has to be loaded. */
export interface WantedRule {
  readonly name: string;
  /** The expression as it was rendered, and as this Prometheus writes it. */
  readonly spellings: readonly string[];
  /** Slow groups may not have had their turn yet. */
  readonly healths: readonly string[];
  /** Of an alert, in seconds; absent of a recording. */
  readonly duration?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Two texts of one expression: as they are, without white space, or as the product's own formatter writes them. */
export interface Spelling {
  readonly expr: string;
  readonly query: string;
  readonly by: "every letter" | "white space" | "GET /api/v1/format_query";
  readonly ours: string;
  readonly theirs: string;
}

/** A place of a configuration. `as`: why it is the same although it is written otherwise; null: it is not. */
export interface ConfiguredPlace {
  readonly path: string;
  readonly wanted: Json;
  readonly running: Json;
  readonly as: "written" | "hidden" | "default" | "length" | "path" | null;
}

export interface PrometheusAnswers {
  readonly wanted: {
    readonly targets: readonly { readonly instance: string }[];
    readonly alertmanagers: readonly { readonly host: string }[];
    readonly alerts: readonly WantedRule[];
    readonly recordings: readonly WantedRule[];
  };
  readonly targets: Answer | null;
  readonly rules: Answer | null;
  readonly spelled: readonly Spelling[];
  readonly alertmanagers: Answer | null;
  readonly config: Answer | null;
  /** Read out of the answer above. */
  readonly configured: readonly ConfiguredPlace[];
}

export interface AlertmanagerAnswers {
  readonly status: Answer | null;
  readonly configured: readonly ConfiguredPlace[];
}

export interface GrafanaAnswers {
  readonly wanted: { readonly dashboards: readonly { readonly uid: string }[] };
  readonly dashboards: readonly Answer[];
  readonly configured: readonly ConfiguredPlace[];
}

export interface ElasticsearchAnswers {
  readonly template: Answer | null;
  readonly mapping: Answer | null;
  readonly configured: readonly ConfiguredPlace[];
  readonly search: Answer | null;
  readonly found: readonly Json[];
}

export interface JaegerAnswers {
  readonly trace: Answer | null;
  readonly found: readonly Json[];
}

const rows = (each: string, then?: string): Rows => ({
  file: ANSWERS,
  each,
  ...(then === undefined ? {} : { then }),
});
const loaded = rows("/rules/body/data/groups", "/rules");

const matched = (name: string, unit: string, wanted: Rows, among: Rows, ...that: Matching): Measure => ({
  name,
  unit: `share of the ${unit}`,
  how: { kind: "matched", rows: wanted, among, that },
  tolerance: { min: 1 },
});
type Matching = Extract<Measure["how"], { kind: "matched" }>["that"];

const atLeastOne = (name: string, unit: string, of: Rows): Measure => ({
  name,
  unit,
  how: { kind: "count", rows: of },
  tolerance: { min: 1 },
});

/** A list that may be empty, of which one has to be there. */
const found = (name: string, unit: string): Measure => ({
  name,
  unit,
  how: { kind: "value", file: ANSWERS, of: { length: { at: "/found" } } },
  tolerance: { min: 1 },
});

/** None of these, and some to look at. */
const asConfigured: readonly Measure[] = [
  {
    name: "configured-otherwise",
    unit: "places",
    how: {
      kind: "count",
      rows: rows("/configured"),
      that: [
        [{ at: "/wanted" }, "ne", { at: "/running" }],
        [{ at: "/as" }, "eq", { is: null }],
      ],
    },
    tolerance: { max: 0 },
  },
  atLeastOne("configured-places", "places", rows("/configured")),
];

const sameRule: Matching = [
  [{ at: "/0/name" }, "eq", { at: "/1/name" }],
  [{ at: "/1/query" }, "in", { at: "/0/spellings" }],
  [{ at: "/1/health" }, "in", { at: "/0/healths" }],
];

/** By product. Every one of them has to hold, beside what `lighthouse monitoring verify` said. */
export const answerMeasures = {
  prometheus: [
    matched(
      "targets-up",
      "bridges",
      rows("/wanted/targets"),
      rows("/targets/body/data/activeTargets"),
      [{ at: "/0/instance" }, "eq", { at: "/1/labels/instance" }],
      [{ at: "/1/health" }, "eq", { is: "up" }],
      [{ at: "/1/lastError" }, "eq", { is: "" }],
    ),
    matched(
      "alerts-loaded",
      "alerts",
      rows("/wanted/alerts"),
      loaded,
      ...sameRule,
      [{ at: "/0/duration" }, "eq", { at: "/1/duration" }],
      [{ at: "/0/labels" }, "eq", { at: "/1/labels" }],
      [{ at: "/0/annotations" }, "eq", { at: "/1/annotations" }],
    ),
    matched("recordings-loaded", "recordings", rows("/wanted/recordings"), loaded, ...sameRule),
    {
      name: "spelled-otherwise",
      unit: "expressions",
      how: { kind: "count", rows: rows("/spelled"), that: [[{ at: "/ours" }, "ne", { at: "/theirs" }]] },
      tolerance: { max: 0 },
    },
    matched(
      "alertmanager-known",
      "Alertmanagers",
      rows("/wanted/alertmanagers"),
      rows("/alertmanagers/body/data/activeAlertmanagers"),
      [{ at: "/1/url" }, "has", { at: "/0/host" }],
    ),
    ...asConfigured,
  ],
  alertmanager: asConfigured,
  grafana: [
    matched("dashboards-there", "dashboards", rows("/wanted/dashboards"), rows("/dashboards"), [
      { at: "/0/uid" },
      "eq",
      { at: "/1/body/dashboard/uid" },
    ]),
    ...asConfigured,
  ],
  elasticsearch: [found("lines-found", "lines"), ...asConfigured],
  jaeger: [found("traces-found", "traces")],
} as const satisfies Readonly<Record<string, readonly Measure[]>>;
