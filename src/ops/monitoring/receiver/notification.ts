import type { Notification } from "../drill.ts";
import { eventProblems } from "./pagerduty.ts";
import { messageProblems } from "./slack.ts";

/** What Alertmanager sent to PagerDuty, as a drill sees it: which alert, in which state, and what would be refused. */
export const pagerdutyNotification = (body: Readonly<Record<string, unknown>>): Notification => {
  const payload = (body["payload"] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    channel: "pagerduty",
    alert: String(payload["class"] ?? ""),
    state: body["event_action"] === "resolve" ? "resolved" : "firing",
    problems: eventProblems(body),
  };
};

/** The same of a message to Slack. Its first line names the alert. */
export const slackNotification = (body: Readonly<Record<string, unknown>>): Notification => {
  const [attachment] = (body["attachments"] ?? []) as readonly Readonly<Record<string, string>>[];
  return {
    channel: "slack",
    alert: /^(\S+) \((?:firing|resolved)\)/.exec(attachment?.["text"] ?? "")?.[1] ?? "",
    state: attachment?.["title"]?.includes("RESOLVED") ? "resolved" : "firing",
    problems: messageProblems(body),
  };
};
