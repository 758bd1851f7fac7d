import type { CallPorts } from "./apply/call.ts";
import { planOfPagerduty } from "./apply/pagerduty.ts";
import type { Step } from "./apply/pagerduty-plan.ts";
import type { Rendered } from "./render/rendered.ts";
import { variableOf } from "./render/secret.ts";
import { renderAll } from "./render.ts";
import { compareAlertmanager } from "./running/alertmanager.ts";
import type { Compared, Difference } from "./running/compared.ts";
import { compareElasticsearch } from "./running/elasticsearch.ts";
import { compareGrafana, type Env } from "./running/grafana.ts";
import { comparePrometheusConfig, comparePrometheusRules } from "./running/prometheus.ts";
import type { Spec } from "./spec/schema.ts";

/** Files as they are: paths below the folder, with their text. */
export type OnDisk = Rendered;

/** One place that is held against what is rendered. `off`: monitoring.yaml does not want it. */
export interface Diffed {
  readonly place: string;
  readonly state: "same" | "differs" | "not run" | "off";
  /** What was asked and what came back, or why it was not run. */
  readonly says: string;
  readonly differences: readonly Difference[];
}

export interface DiffPorts extends CallPorts, Env {
  readonly onDiffed?: (diffed: Diffed, done: number, total: number) => void;
}

/** What `apply` would change: on disk, and in what runs. Changes nothing. */
export const diff = async (spec: Spec, onDisk: OnDisk, ports: DiffPorts): Promise<readonly Diffed[]> => {
  const files = renderAll(spec);
  const { prometheus, grafana, alerting, logging } = spec;
  const looks: readonly (() => Promise<Diffed>)[] = [
    async () => diffDisk(files, onDisk),
    () => place("Prometheus, configuration", prometheus.enabled, () => comparePrometheusConfig(spec, files, ports)),
    () =>
      place("Prometheus, rules", prometheus.enabled, async () => {
        const { compared } = await comparePrometheusRules(spec, files, ports);
        return compared;
      }),
    () => place("Alertmanager", prometheus.enabled, () => compareAlertmanager(spec, files, ports)),
    () => place("Grafana", grafana.enabled, () => compareGrafana(spec, files, ports)),
    () => place("Elasticsearch", logging.elasticsearch.enabled, () => compareElasticsearch(spec, files, ports)),
    () => place("PagerDuty", alerting.pagerduty.enabled, () => comparePagerduty(spec, ports)),
  ];
  const all: Diffed[] = [];
  for (const look of looks) {
    if (ports.signal?.aborted === true) break;
    const diffed = await look();
    all.push(diffed);
    ports.onDiffed?.(diffed, all.length, looks.length);
  }
  return all;
};

/** Files of the folder that nobody renders are named: a rule file that is left over would still be loaded. */
export const diffDisk = (files: Rendered, onDisk: OnDisk): Diffed => {
  const differences: readonly Difference[] = [
    ...[...files].flatMap(([path, text]) => {
      const there = onDisk.get(path);
      if (there === text) return [];
      return [{ path, wanted: bytes(text), running: there === undefined ? "absent" : bytes(there) }];
    }),
    ...[...onDisk].flatMap(([path, text]) =>
      files.has(path) ? [] : [{ path, wanted: "absent", running: bytes(text) }],
    ),
  ];
  const says = `${files.size} files rendered, ${onDisk.size} on disk`;
  return { place: "files", state: differences.length === 0 ? "same" : "differs", says, differences };
};

const bytes = (text: string): string => `${Buffer.byteLength(text)} bytes`;

const place = async (name: string, isWanted: boolean, look: () => Promise<Compared>): Promise<Diffed> => {
  if (!isWanted) return { place: name, state: "off", says: "monitoring.yaml does not want it", differences: [] };
  const compared = await look();
  if (!compared.ok) return { place: name, state: "not run", says: compared.reason, differences: [] };
  const { answered: says, differences } = compared;
  return { place: name, state: differences.length === 0 ? "same" : "differs", says, differences };
};

const comparePagerduty = async (spec: Spec, ports: DiffPorts): Promise<Compared> => {
  const asked = "GET /escalation_policies and /services";
  const made = pagerdutyPorts(spec, ports);
  if (!made.ok) return { ok: false, asked, reason: made.reason, isUnreachable: true };
  const plan = await planOfPagerduty(spec, made.ports);
  if (!plan.ok) return { ok: false, asked, reason: plan.reason, isUnreachable: plan.isKnown };
  const { steps, ambiguous, missing } = plan.value;
  return {
    ok: true,
    asked,
    answered: `${steps.length} things compared${missing.length === 0 ? "" : `; nobody is named for ${missing.join(", ")}`}`,
    differences: [
      ...steps.flatMap(inDifferences),
      ...ambiguous.map((name) => ({ path: name, wanted: "one", running: "several of that name" })),
    ],
  };
};

const inDifferences = (step: Step): readonly Difference[] => {
  const path = `${step.what} ${step.name}`;
  switch (step.do) {
    case "keep":
      return [];
    case "create":
      return [{ path, wanted: "there", running: "absent" }];
    case "update":
      return step.changes.map(({ field, from, to }) => ({ path: `${path}: ${field}`, wanted: to, running: from }));
  }
};

/** PagerDuty's REST API; the address for tests and for the service in the EU. */
export const pagerdutyPorts = (spec: Spec, { env, onDiffed: _, ...ports }: DiffPorts) => {
  const { api_key } = spec.alerting.pagerduty;
  if (api_key === undefined)
    return { ok: false, reason: "alerting.pagerduty.api_key is not given; events do not need it, apply does" } as const;
  const variable = variableOf(api_key);
  const apiKey = env[variable];
  if (apiKey === undefined || apiKey === "")
    return { ok: false, reason: `the environment has no ${variable}` } as const;
  return {
    ok: true,
    ports: { ...ports, url: env["PAGERDUTY_API_URL"] ?? "https://api.pagerduty.com", apiKey },
  } as const;
};
