import { type CallPorts, call } from "./apply/call.ts";
import { postToSlack } from "./apply/slack.ts";
import { variableOf } from "./render/secret.ts";
import type { NotificationName } from "./render/slack-message.ts";
import type { Spec } from "./spec/schema.ts";

/** What people hear of beside alerts. Everything in it is for eyes: no secret, no agent's content. */
export type NotifyEvent = {
  /** Milliseconds since 1970; said in the message where it is given. */
  readonly at?: number;
  /** Where to look: the rollout's page, the dashboard, the incident's report. */
  readonly url?: string;
} & (
  | {
      readonly kind: "deployment_started";
      readonly version: string;
      /** Share of agents, in percent. */
      readonly percentage: number;
      readonly plan?: string;
      readonly by?: string;
    }
  | {
      readonly kind: "rollback_triggered";
      readonly version: string;
      readonly reason: string;
      readonly measured?: string;
      readonly by?: string;
    }
  | {
      readonly kind: "performance_target_met";
      readonly target: string;
      readonly measured: string;
      readonly promised: string;
      readonly window?: string;
    }
  | {
      readonly kind: "security_violation";
      readonly violation: string;
      readonly severity: string;
      readonly agent?: string;
      readonly subject?: string;
    }
);

export interface NotifyPorts extends CallPorts {
  readonly spec: Spec;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `off`: monitoring.yaml does not want it, or the product has no such kind of message; `why` says which. */
export type Notified =
  | { readonly channel: "slack" | "pagerduty"; readonly state: "sent" }
  | { readonly channel: "slack" | "pagerduty"; readonly state: "off" | "failed"; readonly why: string };

/**
 * Tells people of something that is not an alert: a message in Slack's Block Kit, and for deployments and rollbacks a
 * change event of PagerDuty, which stands beside incidents and wakes nobody. Never rejects: who announces a rollback
 * must not be stopped by a channel that is down. Without a scheduler nothing is tried twice.
 */
export const notify = (ports: NotifyPorts, event: NotifyEvent): Promise<readonly Notified[]> =>
  Promise.all([inSlack(ports, event), inPagerduty(ports, event)]);

const names: Readonly<Record<NotifyEvent["kind"], NotificationName>> = {
  deployment_started: "Deployment Started",
  rollback_triggered: "Rollback Triggered",
  performance_target_met: "Performance Target Met",
  security_violation: "Security Violation",
};

const inSlack = async (ports: NotifyPorts, event: NotifyEvent): Promise<Notified> => {
  const channel = "slack";
  const { enabled, notifications } = ports.spec.alerting.slack;
  const name = names[event.kind];
  if (!enabled) return { channel, state: "off", why: "alerting.slack is not enabled" };
  if (!notifications.some((each) => each.name === name))
    return { channel, state: "off", why: `alerting.slack.notifications does not name ${name}` };
  const posted = await postToSlack(ports.spec, name, wordsOf(event), { ...ports, secret: (key) => ports.env[key] });
  return posted.ok ? { channel, state: "sent" } : { channel, state: "failed", why: posted.reason };
};

const wordsOf = ({ kind: _, at, ...values }: NotifyEvent): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  ),
  ...(at === undefined ? {} : { time: isoTime(at) }),
});

const isoTime = (at: number): string => new Date(at).toISOString();

const inPagerduty = async (ports: NotifyPorts, event: NotifyEvent): Promise<Notified> => {
  const channel = "pagerduty";
  const { spec, env } = ports;
  const { enabled, url, routing_key, routing_keys } = spec.alerting.pagerduty;
  if (!enabled) return { channel, state: "off", why: "alerting.pagerduty is not enabled" };
  if (event.kind === "performance_target_met" || event.kind === "security_violation")
    return { channel, state: "off", why: "only deployments and rollbacks are changes; violations page as alerts" };
  const variable = variableOf(routing_keys["on-call"] ?? routing_key);
  const key = env[variable];
  if (key === undefined || key === "") return { channel, state: "failed", why: `the environment has no ${variable}` };
  const called = await call(ports, {
    method: "POST",
    url: changeAddress(url),
    headers: {},
    body: changeEvent(spec, event, key),
    isRepeatable: false,
  });
  return called.ok ? { channel, state: "sent" } : { channel, state: "failed", why: called.reason };
};

/** Changes are taken beside events: `/v2/enqueue` and `/v2/change/enqueue` of one host. */
export const changeAddress = (eventsUrl: string): string => eventsUrl.replace(/\/enqueue$/, "/change/enqueue");

/** PagerDuty cuts nothing off and refuses what is longer, in characters. */
const SUMMARY_CHARS_MAX = 1_024;

type Change = Extract<NotifyEvent, { readonly kind: "deployment_started" | "rollback_triggered" }>;

const changeEvent = ({ environment }: Spec, event: Change, routing_key: string) => {
  const { at, url, kind, ...details } = event;
  const summary =
    event.kind === "deployment_started"
      ? `Lighthouse ${environment}: ${event.version} goes out to ${event.percentage} % of the agents`
      : `Lighthouse ${environment}: ${event.version} is withdrawn: ${event.reason}`;
  return {
    routing_key,
    payload: {
      summary: summary.slice(0, SUMMARY_CHARS_MAX),
      source: `lighthouse-${environment}`,
      ...(at === undefined ? {} : { timestamp: isoTime(at) }),
      custom_details: { kind, environment, ...details },
    },
    ...(url === undefined ? {} : { links: [{ href: url, text: "Look" }] }),
  };
};
