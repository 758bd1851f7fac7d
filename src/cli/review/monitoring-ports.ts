import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { Json } from "../../domain/json.ts";
import { variableOf } from "../../ops/monitoring/render/secret.ts";
import { renderAll } from "../../ops/monitoring/render.ts";
import { renderRunbooks, sections } from "../../ops/monitoring/runbook/markdown.ts";
import { inSeconds, type SecretRef, secretPattern } from "../../ops/monitoring/spec/parts.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Monitored } from "../../review/probe/monitoring-port.ts";
import type { Drift } from "../../review/probe/rendered-files.ts";
import type { RunbookFound } from "../../review/probe/runbooks.ts";
import type { SecretFound } from "../../review/probe/secrets.ts";

const PATIENCE_MS = 10_000;

/** What probes ask Prometheus themselves. */
export const monitoredOf = ({ prometheus }: Spec, signal: AbortSignal): Monitored => ({
  prometheus: prometheus.endpoint,
  job: "lighthouse-bridge",
  scrapeMs: inSeconds(prometheus.scrape_interval) * 1000,
  get: async (url) => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
    if (!response.ok) throw new Error(`${new URL(url).origin} answered ${response.status}`);
    return (await response.json()) as Json;
  },
});

/** Of the kinds that are rendered: what the products keep beside them for themselves, such as samples, is nobody's drift. */
export const driftOf = (spec: Spec, folder: string) => async (): Promise<Drift> => {
  const expected = Object.fromEntries([...renderAll(spec)].map(([path, text]) => [path, digest(text)]));
  const kinds = new Set(Object.keys(expected).map(extname));
  const folders = new Set(Object.keys(expected).map((path) => path.split("/", 1)[0] as string));
  const found: Record<string, string> = {};
  for (const top of [...folders].sort()) {
    if (!existsSync(join(folder, top))) continue;
    for (const path of filesBelow(folder, top).filter((one) => kinds.has(extname(one))))
      found[path] = digest(readFileSync(join(folder, path)));
  }
  return { expected, found };
};

const filesBelow = (folder: string, top: string): readonly string[] => {
  if (statSync(join(folder, top)).isFile()) return [top];
  return (readdirSync(join(folder, top), { recursive: true }) as string[])
    .map((path) => `${top}/${path}`)
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
};

const digest = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The runbooks as they are published: those in a folder, if there is one, else those that this build renders. */
export const runbooksOf = (spec: Spec, folder: string | undefined) => async (): Promise<readonly RunbookFound[]> => {
  const rendered = renderRunbooks(spec);
  const names = [...rendered.keys()].filter((name) => name !== "README.md");
  return names.map((name) => {
    const path = folder === undefined ? undefined : join(folder, name);
    const text = path === undefined ? rendered.get(name) : existsSync(path) ? readFileSync(path, "utf8") : undefined;
    return runbookFound(name.replace(/\.md$/, ""), text);
  });
};

/** The rollback is one list of steps; every other runbook has the same sections. */
const runbookFound = (alert: string, text: string | undefined): RunbookFound => ({
  alert,
  digest: text === undefined ? null : digest(text),
  missing:
    alert === "EmergencyRollback" && text !== undefined
      ? 0
      : sections.filter((section) => text?.includes(`\n## ${section}\n`) !== true).length,
  steps: (text?.match(/^\d+\. /gm) ?? []).length,
  commands: (text?.match(/^ *```sh$/gm) ?? []).length,
});

const placeholder = /^(change.?me|x{3,}|todo|example|secret|password|your[-_ ].*|<.*>|\.{3})$/i;

/** Every reference to a secret in a section that is switched on, and whether there is something behind it. */
export const secretsOf =
  (spec: Spec, env: Readonly<Record<string, string | undefined>>, folder: string) =>
  async (): Promise<readonly SecretFound[]> =>
    referencesIn(spec, "").map(({ pointer, reference }) => {
      const variable = variableOf(reference);
      const value = secretValue(variable, env, folder);
      return {
        pointer,
        variable,
        set: value !== "",
        length: value.length === 0 ? "none" : value.length < 8 ? "short" : value.length < 32 ? "medium" : "long",
        placeholder: placeholder.test(value.trim()),
      };
    });

/** Of every secret that is named and set: what must not stand in any evidence. */
export const secretValues = (
  spec: Spec,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): readonly string[] =>
  referencesIn(spec, "")
    .map(({ reference }) => secretValue(variableOf(reference), env, folder))
    .filter((value) => value !== "");

/** From the environment, or from the file that Alertmanager reads; empty: it is not set. */
export const secretValue = (
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): string => env[variable] ?? inFile(join(folder, variable)) ?? "";

const inFile = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8").trim() : undefined);

interface Reference {
  readonly pointer: string;
  readonly reference: SecretRef;
}

const isReference = new RegExp(secretPattern);

const referencesIn = (value: unknown, pointer: string): readonly Reference[] => {
  if (typeof value === "string") return isReference.test(value) ? [{ pointer, reference: value as SecretRef }] : [];
  if (typeof value !== "object" || value === null) return [];
  // What is switched off needs no secret.
  if ((value as { readonly enabled?: unknown }).enabled === false) return [];
  return Object.entries(value).flatMap(([name, each]) => referencesIn(each, `${pointer}/${name}`));
};
