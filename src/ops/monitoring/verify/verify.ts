import type { Rendered } from "../render/rendered.ts";
import { renderAll } from "../render.ts";
import { compareAlertmanager } from "../running/alertmanager.ts";
import { type Compared, inWords } from "../running/compared.ts";
import { compareElasticsearch } from "../running/elasticsearch.ts";
import { compareGrafana } from "../running/grafana.ts";
import { comparePrometheusConfig, comparePrometheusRules } from "../running/prometheus.ts";
import type { Spec } from "../spec/schema.ts";
import { type Checked, evidenceLinesMax, type Finding } from "./checked.ts";
import { findLine } from "./elasticsearch.ts";
import { findSpan } from "./jaeger.ts";
import type { VerifyPorts } from "./ports.ts";
import { provoke, type Trail } from "./provoke.ts";
import { knowsAlertmanager, seesValue, targetsUp } from "./scraped.ts";

export interface Verification {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly checks: readonly Checked[];
  readonly passed: number;
  readonly failed: number;
  /** Wanted and not asked. What monitoring.yaml switches off is counted nowhere. */
  readonly notRun: number;
}

/**
 * Asks the running systems whether they do what monitoring.yaml says: each check with what was asked and what came
 * back. Changes nothing anywhere; it makes one read at the bridge, under a trace of its own, and follows it.
 */
export const verify = async (spec: Spec, ports: VerifyPorts): Promise<Verification> => {
  const startedAt = ports.clock.now();
  const files = renderAll(spec);
  const trail = await provoke(spec, ports);
  const planned = checksOf(spec, files, trail, ports);
  const checks: Checked[] = [];
  for (const plan of planned) {
    if (ports.signal?.aborted === true) break;
    const began = ports.clock.monotonic();
    const { state, asked, answered, ...more } = plan.isWanted
      ? await plan.find()
      : ({
          state: "not run",
          asked: "nothing",
          answered: "monitoring.yaml does not want it",
        } as const satisfies Finding);
    const details = "details" in more ? (more.details ?? []) : [];
    const checked: Checked = {
      check: plan.check,
      says: plan.says,
      endpoint: plan.endpoint,
      state,
      isWanted: plan.isWanted,
      evidence: {
        asked,
        answered,
        details: clipped(details),
        at: ports.clock.now(),
        tookMs: Math.round(ports.clock.monotonic() - began),
      },
    };
    checks.push(checked);
    ports.onChecked?.(checked, checks.length, planned.length);
  }
  const count = (state: Checked["state"]): number =>
    checks.filter((each) => each.isWanted && each.state === state).length;
  return { startedAt, checks, passed: count("pass"), failed: count("fail"), notRun: count("not run") };
};

interface Planned {
  readonly check: string;
  readonly says: string;
  readonly endpoint: string;
  readonly isWanted: boolean;
  readonly find: () => Promise<Finding>;
}

const checksOf = (spec: Spec, files: Rendered, trail: Trail, ports: VerifyPorts): readonly Planned[] => {
  const { prometheus, alerting, grafana, logging, tracing } = spec;
  const onPrometheus = { endpoint: prometheus.endpoint, isWanted: prometheus.enabled };
  return [
    {
      check: "prometheus.target",
      says: "every bridge is up and was scraped just now",
      ...onPrometheus,
      find: () => targetsUp(spec, ports),
    },
    {
      check: "prometheus.value",
      says: "a value that was just changed at the bridge is seen by Prometheus",
      ...onPrometheus,
      find: () => seesValue(spec, trail, ports),
    },
    {
      check: "prometheus.config",
      says: "it runs the scrape configuration that is rendered",
      ...onPrometheus,
      find: async () => fromCompared(await comparePrometheusConfig(spec, files, ports)),
    },
    {
      check: "prometheus.rules",
      says: "every rule of ours is loaded as rendered, and evaluated without an error",
      ...onPrometheus,
      find: async () => {
        const { compared, unwell } = await comparePrometheusRules(spec, files, ports);
        return fromCompared(compared, unwell);
      },
    },
    {
      check: "prometheus.alertmanager",
      says: "Prometheus knows an Alertmanager to send to",
      ...onPrometheus,
      find: () => knowsAlertmanager(spec, ports),
    },
    {
      check: "alertmanager.config",
      says: "it runs the routes, receivers and inhibitions that are rendered",
      endpoint: alerting.alertmanager.endpoint,
      isWanted: prometheus.enabled,
      find: async () => fromCompared(await compareAlertmanager(spec, files, ports)),
    },
    {
      check: "grafana.dashboards",
      says: "every dashboard is there with our panels",
      endpoint: grafana.endpoint,
      isWanted: grafana.enabled,
      find: async () => fromCompared(await compareGrafana(spec, files, ports)),
    },
    {
      check: "elasticsearch.template",
      says: "the index template is there as rendered, and the index that is written to was made by it",
      endpoint: logging.elasticsearch.endpoint,
      isWanted: logging.elasticsearch.enabled,
      find: async () => fromCompared(await compareElasticsearch(spec, files, ports)),
    },
    {
      check: "elasticsearch.line",
      says: "a log line that the bridge just wrote is found",
      endpoint: logging.elasticsearch.endpoint,
      isWanted: logging.elasticsearch.enabled,
      find: () => findLine(spec, trail, ports),
    },
    {
      check: "jaeger.span",
      says: "the span of a call that was just made is found",
      endpoint: tracing.jaeger.ui,
      isWanted: tracing.jaeger.enabled,
      find: () => findSpan(spec, trail, ports),
    },
  ];
};

const fromCompared = (compared: Compared, unwell: readonly string[] = []): Finding => {
  const { asked } = compared;
  if (!compared.ok) return { state: compared.isUnreachable ? "not run" : "fail", asked, answered: compared.reason };
  const { answered, differences } = compared;
  if (differences.length === 0 && unwell.length === 0) return { state: "pass", asked, answered };
  const details = [...differences.map(inWords), ...unwell];
  return { state: "fail", asked, answered: `${answered}: ${details.length} not as rendered`, details };
};

const clipped = (lines: readonly string[]): readonly string[] =>
  lines.length <= evidenceLinesMax
    ? lines
    : [...lines.slice(0, evidenceLinesMax - 1), `and ${lines.length - evidenceLinesMax + 1} more`];
