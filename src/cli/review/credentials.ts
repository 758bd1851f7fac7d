import { signedHeaders } from "../../bridge/telemetry/export/sigv4.ts";
import { teams } from "../../ops/monitoring/alert/alert.ts";
import { variableOf } from "../../ops/monitoring/render/secret.ts";
import type { SecretRef } from "../../ops/monitoring/spec/parts.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { ChannelKey, CredentialTried, ProviderName, Reply } from "../../review/probe/credentials.ts";
import { without } from "../../review/probe/exchange.ts";
import { realClock } from "../world.ts";

/** The providers of which monitoring.yaml names a credential in a section that is switched on. */
export const providersIn = ({ alerting, exporters, grafana, logging }: Spec): readonly ProviderName[] => {
  const { pagerduty, slack } = alerting;
  const on: Readonly<Record<ProviderName, boolean>> = {
    "pagerduty-api": pagerduty.enabled && pagerduty.api_key !== undefined,
    "pagerduty-events": pagerduty.enabled,
    "slack-bot": slack.enabled && slack.bot_token !== undefined,
    "slack-webhook": slack.enabled && slack.bot_token === undefined,
    datadog: exporters.datadog.enabled,
    newrelic: exporters.newrelic.enabled,
    aws: exporters.cloudwatch.enabled,
    grafana: grafana.enabled && grafana.api_key !== undefined,
    elasticsearch: logging.elasticsearch.enabled && logging.elasticsearch.api_key !== undefined,
  };
  return (Object.keys(on) as ProviderName[]).filter((name) => on[name]);
};

/** With which credential Alertmanager reaches whom. */
export const channelKeysIn = ({ alerting: { pagerduty, slack } }: Spec): readonly ChannelKey[] => {
  const audiences = [...teams, "drill"] as const;
  const purposes = { "security-team": "security", "performance-team": "performance", drill: "drill" } as const;
  const ways = audiences.flatMap((team) => {
    const key = pagerduty.routing_keys[team] ?? (team === "drill" ? undefined : pagerduty.routing_key);
    const purpose = team in purposes ? purposes[team as keyof typeof purposes] : undefined;
    // As renderAlertmanager has it.
    const hook = (purpose === undefined ? undefined : slack.webhook_urls[purpose]) ?? slack.webhook_url;
    return [
      ...(pagerduty.enabled && key !== undefined ? [{ team, channel: "pagerduty" as const, key }] : []),
      ...(slack.enabled && slack.bot_token === undefined ? [{ team, channel: "slack" as const, key: hook }] : []),
    ];
  });
  const found = new Map<string, ChannelKey>();
  for (const { team, channel, key } of ways) {
    const variable = variableOf(key);
    const known = found.get(`${channel} ${variable}`);
    found.set(`${channel} ${variable}`, { variable, channel, teams: [...(known?.teams ?? []), team] });
  }
  return [...found.values()];
};

interface Trying {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What a variable stands for, in the environment or in its file. */
  readonly secretOf: (variable: string) => string;
}

/** A call that changes nothing at a provider, and how it is made with a credential. */
interface Harmless {
  readonly variable: string;
  readonly credential: string;
  /** One of the same length and alphabet that is nobody's. */
  readonly other: string;
  readonly request: (credential: string) => { readonly url: string; readonly init: RequestInit };
}

export const tryCredentialOf =
  (spec: Spec, trying: Trying) =>
  async (provider: ProviderName): Promise<readonly CredentialTried[]> => {
    const harmless = harmlessOf(provider, spec, trying);
    if (harmless === undefined || harmless.credential === "") return [];
    const { variable, credential, other, request } = harmless;
    const { url, init } = request(credential);
    const answer = await replyTo(request(credential), credential, trying);
    const control = await replyTo(request(other), other, trying);
    return [{ variable, asked: `${init.method ?? "GET"} ${url}`, answer, control }];
  };

const PATIENCE_MS = 10_000;
const BODY_CHARS_MAX = 2_000;

const replyTo = async (
  { url, init }: ReturnType<Harmless["request"]>,
  credential: string,
  { fetch, signal }: Trying,
): Promise<Reply> => {
  try {
    const timeUp = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch(url, { ...init, redirect: "error", signal: timeUp });
    const text = without((await response.text()).slice(0, BODY_CHARS_MAX), [credential]);
    return { status: response.status, body: read(text) };
  } catch (error) {
    return {
      status: 0,
      body: error instanceof Error && error.name === "TimeoutError" ? "no answer" : "nobody answered",
    };
  }
};

const read = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

const harmlessOf = (provider: ProviderName, spec: Spec, { env, secretOf }: Trying): Harmless | undefined => {
  const { alerting, exporters, grafana, logging } = spec;
  const named = (
    reference: SecretRef | undefined,
    request: (credential: string) => { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    method = "GET",
  ): Harmless | undefined => {
    if (reference === undefined) return undefined;
    const variable = variableOf(reference);
    const credential = secretOf(variable);
    return {
      variable,
      credential,
      other: otherThan(credential),
      request: (one) => {
        const { url, headers } = request(one);
        return { url, init: { method, headers } };
      },
    };
  };
  switch (provider) {
    case "pagerduty-api":
      return named(alerting.pagerduty.api_key, (key) => ({
        url: `${env["PAGERDUTY_API_URL"] ?? "https://api.pagerduty.com"}/abilities`,
        headers: { authorization: `Token token=${key}`, accept: "application/vnd.pagerduty+json;version=2" },
      }));
    case "slack-bot":
      return named(
        alerting.slack.bot_token,
        (token) => ({ url: alerting.slack.api_url.replace(/[^/]+$/, "auth.test"), headers: bearer(token) }),
        "POST",
      );
    case "datadog":
      return named(exporters.datadog.enabled ? exporters.datadog.api_key : undefined, (key) => ({
        url: `https://api.${exporters.datadog.site}/api/v1/validate`,
        headers: { "dd-api-key": key },
      }));
    case "grafana":
      return named(grafana.api_key, (token) => ({
        url: `${grafana.endpoint}/api/search?limit=1`,
        headers: bearer(token),
      }));
    case "elasticsearch":
      return named(logging.elasticsearch.api_key, (key) => ({
        url: `${logging.elasticsearch.endpoint}/_security/_authenticate`,
        headers: { authorization: `ApiKey ${key}` },
      }));
    case "aws":
      return callerIdentity(exporters.cloudwatch.region, env);
    case "pagerduty-events":
    case "slack-webhook":
    case "newrelic":
      return undefined;
  }
};

/** Another one of its kind, so that what is refused is the credential and not its form. */
const otherThan = (credential: string): string => {
  const flipped = [...credential].map((unit, i) =>
    i % 2 === 1 && /[a-z0-9]/i.test(unit) ? (unit === "0" ? "1" : "0") : unit,
  );
  return flipped.join("") === credential ? `${credential}0` : flipped.join("");
};

/** Whose credentials they are: needs no permission, and every identity may ask it. */
const callerIdentity = (region: string, env: Trying["env"]): Harmless => {
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: credential = "", AWS_SESSION_TOKEN } = env;
  const url = `https://sts.${region}.amazonaws.com/`;
  const body = "Action=GetCallerIdentity&Version=2011-06-15";
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  return {
    variable: "AWS_SECRET_ACCESS_KEY",
    credential: accessKeyId === "" ? "" : credential,
    other: otherThan(credential),
    request: (secretAccessKey) => {
      const toSign = { method: "POST", url: new URL(url), headers, body, region, service: "sts", at: realClock.now() };
      const keys = {
        accessKeyId,
        secretAccessKey,
        ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
      };
      return { url, init: { method: "POST", headers: signedHeaders(toSign, keys), body } };
    },
  };
};
