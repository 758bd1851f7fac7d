import { type CallPorts, call } from "../apply/call.ts";
import type { Spec } from "../spec/schema.ts";

export interface LiveRunbook {
  /** The page with the addresses of monitoring.yaml in its commands, and below each query what it returns now. */
  readonly markdown: string;
  /** `not run` when Prometheus could not be asked; `why` says so. */
  readonly state: "firing" | "pending" | "quiet" | "not run";
  readonly why?: string;
}

/** Lines shown for one query. */
const seriesMax = 8;

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A runbook as somebody reads it who was just called: every query in it is asked, and answered below it. */
export const liveRunbook = async (
  alert: string,
  markdown: string,
  spec: Spec,
  ports: CallPorts,
): Promise<LiveRunbook> => {
  const addressed = markdown
    .replaceAll("$PROMETHEUS_URL", spec.prometheus.endpoint)
    .replaceAll("$ALERTMANAGER_URL", spec.alerting.alertmanager.endpoint);
  const ask = async (expr: string): Promise<readonly Sample[] | string> => {
    const url = `${spec.prometheus.endpoint}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const called = await call(ports, { method: "GET", url, headers: {}, isRepeatable: true, attempts: 1 });
    return called.ok
      ? (called.body as { readonly data: { readonly result: readonly Sample[] } }).data.result
      : called.reason;
  };
  const now = await ask(`ALERTS{alertname="${alert}"}`);
  if (typeof now === "string") return { markdown: addressed, state: "not run", why: now };
  const lines: string[] = [];
  let answers: readonly string[] = [];
  for (const line of addressed.split("\n")) {
    lines.push(line);
    const [, indent = "", expr] = /^( *)promtool query instant "[^"]*" '([^']+)'$/.exec(line) ?? [];
    if (expr !== undefined) answers = [...answers, ...inWords(await ask(expr)).map((each) => `${indent}→ ${each}`)];
    if (!/^ *```$/.test(line) || answers.length === 0) continue;
    lines.push("", ...answers);
    answers = [];
  }
  const states = now.map(({ metric }) => metric["alertstate"]);
  return {
    markdown: lines.join("\n"),
    state: states.includes("firing") ? "firing" : states.includes("pending") ? "pending" : "quiet",
  };
};

const inWords = (answer: readonly Sample[] | string): readonly string[] => {
  if (typeof answer === "string") return [answer];
  if (answer.length === 0) return ["nothing now"];
  const shown = answer.slice(0, seriesMax).map(({ metric, value: [, value] }) => `${labelsOf(metric)}${short(value)}`);
  return answer.length > seriesMax ? [...shown, `and ${answer.length - seriesMax} more`] : shown;
};

const labelsOf = ({ __name__: name = "", ...labels }: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const text = `${name}${pairs.length === 0 ? "" : `{${pairs.join(", ")}}`}`;
  return text === "" ? "" : `${text} `;
};

/** Four digits say all that a person needs at night. */
const short = (value: string): string => {
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(4))) : value;
};
