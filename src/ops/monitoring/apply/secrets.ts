import { teams } from "../alert/alert.ts";
import { variableOf } from "../render/secret.ts";
import type { SecretRef } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import type { Place } from "./place.ts";

export interface SecretsPut {
  /** Names of variables, never values. */
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** Neither in the environment nor in the folder: whoever reads that file will fail. */
  readonly missing: readonly string[];
}

/** What Prometheus and Alertmanager read from files, because they expand no variables. */
export const secretsOf = (spec: Spec): readonly string[] => {
  const { pagerduty, slack } = spec.alerting;
  const references: readonly (SecretRef | undefined)[] = [
    spec.prometheus.token,
    ...(pagerduty.enabled
      ? [...teams.map((team) => pagerduty.routing_keys[team] ?? pagerduty.routing_key), pagerduty.routing_keys.drill]
      : []),
    ...(slack.enabled
      ? slack.bot_token === undefined
        ? [slack.webhook_url, slack.webhook_urls.security, slack.webhook_urls.performance, slack.webhook_urls.drill]
        : [slack.bot_token]
      : []),
  ];
  return [...new Set(references.filter((each) => each !== undefined).map(variableOf))];
};

/** Puts each secret that the environment has into its file; one that only the folder has stays. */
export const putSecrets = (
  spec: Spec,
  env: Readonly<Record<string, string | undefined>>,
  folder: Place,
): SecretsPut => {
  const written: string[] = [];
  const unchanged: string[] = [];
  const missing: string[] = [];
  for (const name of secretsOf(spec)) {
    const value = env[name];
    const there = folder.read(name);
    if (value === undefined || value === "") (there === undefined ? missing : unchanged).push(name);
    else if (value === there) unchanged.push(name);
    else {
      folder.write(name, value);
      written.push(name);
    }
  }
  return { written, unchanged, missing };
};

/** Where a key that PagerDuty just made is kept, by the name of its service. */
export const keyVariable = (spec: Spec, service: string): { readonly name: string; readonly isOwn: boolean } => {
  const team = teams.find((each) => service.endsWith(`: ${each}`));
  const own = team === undefined ? undefined : spec.alerting.pagerduty.routing_keys[team];
  return own === undefined
    ? { name: `PAGERDUTY_ROUTING_KEY_${(team ?? "OTHER").replaceAll("-", "_").toUpperCase()}`, isOwn: false }
    : { name: variableOf(own), isOwn: true };
};
