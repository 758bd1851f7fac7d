import { parse } from "yaml";
import { type CallPorts, call } from "../apply/call.ts";
import type { Rendered } from "../render/rendered.ts";
import type { Spec } from "../spec/schema.ts";
import { type Compared, unread } from "./compared.ts";
import { differencesOf } from "./tree.ts";

/** Its configuration, route for route. It does not tell the text of its templates: only that they were loaded. */
export const compareAlertmanager = async (spec: Spec, files: Rendered, ports: CallPorts): Promise<Compared> => {
  const asked = "GET /api/v2/status";
  const url = `${spec.alerting.alertmanager.endpoint}/api/v2/status`;
  const called = await call(ports, { method: "GET", url, headers: {}, isRepeatable: true, attempts: 2 });
  if (!called.ok) return unread(asked, called);
  const { config } = called.body as { readonly config: { readonly original: string } };
  const wanted = parse(files.get("alertmanager/alertmanager.yml") ?? "") as unknown;
  const differences = differencesOf(wanted, parse(config.original), "");
  return { ok: true, asked, answered: "the configuration that is loaded (not its templates)", differences };
};
