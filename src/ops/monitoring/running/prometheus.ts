import { parse } from "yaml";
import { type Called, type CallPorts, call } from "../apply/call.ts";
import type { Rendered } from "../render/rendered.ts";
import type { Spec } from "../spec/schema.ts";
import { type Compared, type Difference, shown, unread } from "./compared.ts";
import { differencesOf, secondsOf } from "./tree.ts";

/** What the running Prometheus says of itself, over its HTTP API. */
export const prometheusOf = ({ prometheus }: Pick<Spec, "prometheus">, ports: CallPorts) => {
  const get = (path: string): Promise<Called> =>
    call(ports, { method: "GET", url: `${prometheus.endpoint}${path}`, headers: {}, isRepeatable: true, attempts: 2 });
  return {
    get,
    /** The value of the first series that an expression returns now; undefined when it returns none. */
    value: async (expr: string): Promise<number | undefined> => {
      const called = await get(`/api/v1/query?query=${encodeURIComponent(expr)}`);
      if (!called.ok) return undefined;
      const { data } = called.body as {
        readonly data: { readonly result: readonly { readonly value: [number, string] }[] };
      };
      const text = data.result[0]?.value[1];
      return text === undefined ? undefined : Number(text);
    },
  };
};

export const comparePrometheusConfig = async (spec: Spec, files: Rendered, ports: CallPorts): Promise<Compared> => {
  const asked = "GET /api/v1/status/config";
  const called = await prometheusOf(spec, ports).get("/api/v1/status/config");
  if (!called.ok) return unread(asked, called);
  const running = parse((called.body as { readonly data: { readonly yaml: string } }).data.yaml) as unknown;
  const wanted = parse(files.get("prometheus/prometheus.yml") ?? "") as unknown;
  const differences = differencesOf(wanted, running, "");
  return { ok: true, asked, answered: "the configuration that is loaded", differences };
};

interface LoadedRule {
  readonly name: string;
  readonly type: "alerting" | "recording";
  readonly query: string;
  readonly duration?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError?: string;
}
interface LoadedGroup {
  readonly name: string;
  readonly interval: number;
  readonly rules: readonly LoadedRule[];
}
/** A rule as it was rendered. */
export interface OwnRule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ComparedRules {
  readonly compared: Compared;
  /** Rules of ours that run and are not well, in words: an error, or never evaluated. */
  readonly unwell: readonly string[];
}

/** Groups that take their turn more seldom than this, in seconds, may not have had it yet; the others must have. */
const slowGroupSeconds = 60;

/** Every rule of ours: there, with our expression as Prometheus itself parses it, and evaluated without an error. */
export const comparePrometheusRules = async (spec: Spec, files: Rendered, ports: CallPorts): Promise<ComparedRules> => {
  const asked = "GET /api/v1/rules";
  const api = prometheusOf(spec, ports);
  const called = await api.get("/api/v1/rules");
  if (!called.ok) return { compared: unread(asked, called), unwell: [] };
  const loaded = (called.body as { readonly data: { readonly groups: readonly LoadedGroup[] } }).data.groups;
  const differences: Difference[] = [];
  const unwell: string[] = [];
  let count = 0;
  let notYet = 0;
  for (const { name, rules } of ownGroups(files)) {
    const there = loaded.find((group) => group.name === name);
    for (const [index, rule] of rules.entries()) {
      count += 1;
      // By place: two recordings of one name differ in their labels only.
      const found = there?.rules[index];
      const title = rule.alert ?? rule.record ?? "";
      const path = `groups/${name}/${title}`;
      if (found === undefined || found.name !== title) {
        differences.push({ path, wanted: "a rule", running: found === undefined ? "absent" : found.name });
        continue;
      }
      differences.push(...(await ruleDifferences(rule, found, path, api.get)));
      if (found.health === "ok") continue;
      if (found.health === "unknown" && (there?.interval ?? 0) > slowGroupSeconds) notYet += 1;
      else unwell.push(`${title}: ${found.lastError ?? `health ${found.health}`}`);
    }
    for (const extra of there?.rules.slice(rules.length) ?? [])
      differences.push({ path: `groups/${name}/${extra.name}`, wanted: "absent", running: "a rule" });
  }
  const foreign = loaded.length - ownGroups(files).filter(({ name }) => loaded.some((g) => g.name === name)).length;
  const waiting = notYet === 0 ? "" : `, ${notYet} of them not evaluated yet`;
  const answered = `${loaded.length} groups, ${foreign} of them not ours; ${count} rules compared${waiting}`;
  return { compared: { ok: true, asked, answered, differences }, unwell };
};

export interface OwnGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly OwnRule[];
}

/** The groups of rules that were rendered, in their files' order. */
export const ownGroups = (files: Rendered): readonly OwnGroup[] =>
  [...files]
    .filter(([path]) => path.startsWith("prometheus/rules/"))
    .flatMap(([, text]) => (parse(text) as { readonly groups: readonly OwnGroup[] }).groups);

const ruleDifferences = async (
  rule: OwnRule,
  found: LoadedRule,
  path: string,
  get: (path: string) => Promise<Called>,
): Promise<readonly Difference[]> => [
  ...(await exprDifferences(rule.expr, found.query, `${path}/expr`, get)),
  ...((secondsOf(rule.for ?? "0s") ?? 0) === (found.duration ?? 0)
    ? []
    : [{ path: `${path}/for`, wanted: rule.for ?? "0s", running: `${found.duration ?? 0}s` }]),
  ...differencesOf(rule.labels ?? {}, found.labels ?? {}, `${path}/labels`),
  ...differencesOf(rule.annotations ?? {}, found.annotations ?? {}, `${path}/annotations`),
];

/** It writes expressions in its own style; two texts are one expression when its formatter makes them equal. */
const exprDifferences = async (
  wanted: string,
  running: string,
  path: string,
  get: (path: string) => Promise<Called>,
): Promise<readonly Difference[]> => {
  if (squeezed(wanted) === squeezed(running)) return [];
  const [ours, theirs] = await Promise.all([wanted, running].map((expr) => formatted(expr, get)));
  return ours !== undefined && ours === theirs ? [] : [{ path, wanted: shown(wanted), running: shown(running) }];
};

/** An expression without its white space, in which Prometheus has a style of its own. */
export const squeezed = (expr: string): string => expr.replaceAll(/\s+/g, "");

const formatted = async (expr: string, get: (path: string) => Promise<Called>): Promise<string | undefined> => {
  const called = await get(`/api/v1/format_query?query=${encodeURIComponent(expr)}`);
  return called.ok ? (called.body as { readonly data: string }).data : undefined;
};
