import { type CallPorts, call } from "../apply/call.ts";
import type { Rendered } from "../render/rendered.ts";
import { variableOf } from "../render/secret.ts";
import type { Spec } from "../spec/schema.ts";
import { type Compared, type Difference, unread } from "./compared.ts";
import { differencesOf } from "./tree.ts";

export interface Env {
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const grafanaHeaders = ({ grafana }: Spec, { env }: Env): Readonly<Record<string, string>> => {
  const key = grafana.api_key === undefined ? undefined : env[variableOf(grafana.api_key)];
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
};

/** Every dashboard of ours: there by its uid, with our panels and expressions. */
export const compareGrafana = async (spec: Spec, files: Rendered, ports: CallPorts & Env): Promise<Compared> => {
  const own = [...files].filter(([path]) => path.startsWith("grafana/dashboards/"));
  const differences: Difference[] = [];
  for (const [, text] of own) {
    const wanted = JSON.parse(text) as { readonly uid: string };
    const asked = `GET /api/dashboards/uid/${wanted.uid}`;
    const url = `${spec.grafana.endpoint}/api/dashboards/uid/${wanted.uid}`;
    const headers = grafanaHeaders(spec, ports);
    const called = await call(ports, { method: "GET", url, headers, isRepeatable: true, attempts: 2 });
    if (called.ok) {
      const { dashboard } = called.body as { readonly dashboard: unknown };
      differences.push(...differencesOf(wanted, dashboard, wanted.uid));
    } else if (called.status === 404 && isGrafana(called.reason)) {
      differences.push({ path: wanted.uid, wanted: "a dashboard", running: "absent" });
    } else return unread(asked, called);
  }
  return { ok: true, asked: "GET /api/dashboards/uid/…", answered: `${own.length} dashboards compared`, differences };
};

/** Somebody else's 404 says nothing about dashboards. */
const isGrafana = (reason: string): boolean => /dashboard not found/i.test(reason);
