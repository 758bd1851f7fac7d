import type { KnownBlock } from "@slack/types";
import type { Spec } from "../spec/schema.ts";

export type NotificationName = Spec["alerting"]["slack"]["notifications"][number]["name"];

/** What a message can say, by the name of its value. Everything is text; what is not given is left out. */
export type NotificationValues = Readonly<Record<string, string>>;

/** A body for an incoming webhook, or for chat.postMessage when it names a channel. */
export interface SlackMessage {
  readonly channel?: string;
  /** What a phone's lock screen shows. */
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** Slack's limits for Block Kit, in characters; it refuses the whole message when one is broken. */
export const slackLimits = { header: 150, section: 3000, field: 2000, fields: 10, text: 4000, button: 75 } as const;

interface Form {
  readonly title: string;
  readonly sentence: string;
  /** Values that stand in a table of their own, with their labels. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The four messages that are not alerts, in the words used when a file brings none of its own. */
const forms: Readonly<Record<NotificationName, Form>> = {
  "Deployment Started": {
    title: ":rocket: Deployment started",
    sentence: "{{.version}} goes out to {{.percentage}} % of the agents.",
    fields: { Version: "version", Share: "percentage", Plan: "plan", By: "by" },
  },
  "Rollback Triggered": {
    title: ":rewind: Rollback triggered",
    sentence: "{{.version}} is withdrawn: {{.reason}}",
    fields: { Version: "version", Reason: "reason", Measured: "measured", By: "by" },
  },
  "Performance Target Met": {
    title: ":dart: Performance target met",
    sentence: "{{.target}} is kept: {{.measured}}, promised {{.promised}}.",
    fields: { Target: "target", Measured: "measured", Promised: "promised", Window: "window" },
  },
  "Security Violation": {
    title: ":rotating_light: Security violation",
    sentence: "{{.agent}} was refused: {{.violation}} ({{.severity}}).",
    fields: { Violation: "violation", Severity: "severity", Agent: "agent", Subject: "subject" },
  },
};

/** The names of values that each message knows, for the checks of a file's own words. */
export const valuesOf = (name: NotificationName): readonly string[] => [
  ...new Set([...Object.values(forms[name].fields), "environment", "time", "url"]),
];

/** One message in Block Kit, within every documented limit whatever the values are. */
export const slackMessage = (
  { environment, alerting: { slack } }: Spec,
  name: NotificationName,
  values: NotificationValues,
): SlackMessage => {
  const form = forms[name];
  const said = slack.notifications.findLast((each) => each.name === name);
  const all = { environment, ...values };
  const sentence = filled(said?.template ?? form.sentence, all);
  const fields = Object.entries(form.fields).flatMap(([label, value]) =>
    all[value as keyof typeof all] === undefined
      ? []
      : [mrkdwn(`*${label}*\n${escaped(all[value as keyof typeof all])}`, slackLimits.field)],
  );
  const channel = slack.channels[said?.channel ?? "default"];
  return {
    // A webhook posts where it was made for, and would silently ignore this.
    ...(slack.bot_token === undefined ? {} : { channel }),
    text: cut(`${form.title} ${sentence}`, slackLimits.text),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(form.title, slackLimits.header), emoji: true } },
      { type: "section", text: mrkdwn(sentence, slackLimits.section) },
      ...(fields.length === 0 ? [] : [{ type: "section" as const, fields: fields.slice(0, slackLimits.fields) }]),
      ...(values["url"] === undefined ? [] : [{ type: "actions" as const, elements: [button(values["url"])] }]),
      {
        type: "context",
        elements: [
          mrkdwn(escaped([`Lighthouse ${environment}`, values["time"]].filter(Boolean).join(" · ")), slackLimits.field),
        ],
      },
    ],
  };
};

const mrkdwn = (text: string, limit: number) => ({ type: "mrkdwn" as const, text: cut(text, limit) });

const button = (url: string) => ({
  type: "button" as const,
  text: { type: "plain_text" as const, text: "Look" },
  url,
});

/** `{{.name}}` as in the templates of Alertmanager beside it. A name that nothing fills in stays as it is. */
const filled = (template: string, values: NotificationValues): string =>
  template.replaceAll(/\{\{\s*\.([a-z_]+)\s*\}\}/g, (whole, name: string) =>
    values[name] === undefined ? whole : escaped(values[name]),
  );

/** Slack's three control characters. Unescaped, an agent's name could call `<!channel>`. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const cut = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`);
