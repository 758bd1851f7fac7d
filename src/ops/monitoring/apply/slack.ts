import { destinationOf } from "../render/slack.ts";
import { type NotificationName, type NotificationValues, slackMessage } from "../render/slack-message.ts";
import type { Spec } from "../spec/schema.ts";
import { type CallPorts, call } from "./call.ts";

export interface SlackPorts extends CallPorts {
  /** The value of an environment variable. */
  readonly secret: (name: string) => string | undefined;
}

export type Posted = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Posts one of the messages that are not alerts. Slack says `ok` to a webhook, and `{"ok": false}` with 200 to a bot. */
export const postToSlack = async (
  spec: Spec,
  name: NotificationName,
  values: NotificationValues,
  ports: SlackPorts,
): Promise<Posted> => {
  const { slack } = spec.alerting;
  const { secret } = destinationOf(spec, name);
  const value = ports.secret(secret);
  if (value === undefined) return { ok: false, reason: `the environment has no ${secret}` };
  const isBot = slack.bot_token !== undefined;
  if (!isBot && !/^https?:\/\//.test(value)) return { ok: false, reason: `${secret} is not the address of a webhook` };
  const called = await call(ports, {
    method: "POST",
    url: isBot ? slack.api_url : value,
    headers: isBot ? { authorization: `Bearer ${value}` } : {},
    body: slackMessage(spec, name, values),
    isRepeatable: false,
  });
  if (!called.ok) return { ok: false, reason: withoutPath(called.reason, isBot) };
  return accepted(called.body);
};

/** The path of a webhook is its secret. */
const withoutPath = (reason: string, isBot: boolean): string =>
  isBot ? reason : reason.replace(/ to POST \S+?(?=:|$)/, "");

const accepted = (body: unknown): Posted => {
  if (body === "ok") return { ok: true };
  const { ok, error } = (typeof body === "object" && body !== null ? body : {}) as {
    readonly ok?: unknown;
    readonly error?: unknown;
  };
  if (ok === true) return { ok: true };
  return {
    ok: false,
    reason: `Slack did not take it: ${typeof error === "string" ? error.slice(0, 100) : "no reason given"}`,
  };
};
