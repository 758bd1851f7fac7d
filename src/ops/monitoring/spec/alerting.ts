import Type from "typebox";
import { severities, teams } from "../alert/alert.ts";
import { alertNames } from "../alert/catalogue.ts";
import { choice, duration, entry, flag, list, optIn, secret, section, text, url } from "./parts.ts";

const limit = Type.Number({ description: "The threshold, in the alert's own unit.", exclusiveMinimum: 0 });
const severity = choice("How bad it is.", severities);
const team = choice("Who is called; the name of a PagerDuty escalation policy.", teams);
const hold = Type.Unsafe<`${number}${"s" | "m" | "h"}`>({
  type: "string",
  pattern: "^[0-9]+(s|m|h)$",
  description: "How long the condition must hold before the alert fires.",
});

const override = entry("Changes to one alert of the catalogue.", {
  enabled: flag("false leaves the alert out.", true),
  threshold: Type.Optional(limit),
  for: Type.Optional(hold),
  severity: Type.Optional(severity),
  team: Type.Optional(team),
});

const routingKey = (name: string) => secret(`Events API v2 integration key for ${name}.`);
const target = entry("Somebody to call.", {
  type: choice("A person or a schedule.", ["user", "schedule"]),
  id: text("PagerDuty's id of it, such as PABC123.", undefined, "^[A-Z0-9]{5,20}$"),
});

const pagerduty = optIn("Who is woken up.", {
  url: url("Where events are sent.", "https://events.pagerduty.com/v2/enqueue"),
  routing_key: secret(
    "Events API v2 integration key for every team that has none of its own.",
    "PAGERDUTY_ROUTING_KEY",
  ),
  routing_keys: section("Integration keys by team; they decide which escalation policy is started.", {
    "performance-team": Type.Optional(routingKey("the performance team")),
    "on-call": Type.Optional(routingKey("whoever is on call")),
    "security-team": Type.Optional(routingKey("the security team")),
    immediate: Type.Optional(routingKey("everybody at once")),
    drill: Type.Optional(routingKey("drills: alerts labelled test=true go here and nowhere else")),
  }),
  api_key: Type.Optional(secret("REST API key, for creating services and escalation policies. Events do not need it.")),
  service_id: text("Name of the PagerDuty service; one per team is created beneath it.", "lighthouse-prod"),
  auto_resolve: duration("After which an incident that nobody resolves is resolved.", "30m"),
  escalation_policies: section("Who is called, per team; for apply.", {
    "performance-team": Type.Optional(list("Targets, in order.", target)),
    "on-call": Type.Optional(list("Targets, in order.", target)),
    "security-team": Type.Optional(list("Targets, in order.", target)),
    immediate: Type.Optional(list("Targets, all at once.", target)),
  }),
  alerts: list(
    "Thresholds, severities and escalations by the alert's title; the same as `rules`, in the older words.",
    entry("Changes to one alert.", {
      name: text("Title of the alert, such as P99 Latency High, or its name in the catalogue."),
      threshold: Type.Optional(limit),
      severity: Type.Optional(severity),
      escalation_policy: Type.Optional(team),
    }),
  ),
});

const slack = optIn("Who reads along.", {
  webhook_url: secret(
    "Incoming webhook. It posts to the one channel it was made for, whatever is named below.",
    "SLACK_WEBHOOK_URL",
  ),
  webhook_urls: section("One incoming webhook per channel: how to reach several without a bot.", {
    security: Type.Optional(secret("Incoming webhook of the security channel.")),
    performance: Type.Optional(secret("Incoming webhook of the performance channel.")),
    drill: Type.Optional(secret("Incoming webhook of the channel for drills.")),
  }),
  bot_token: Type.Optional(secret("Bot token (chat:write). With it one app can post to every channel below.")),
  api_url: url("Where a bot posts.", "https://slack.com/api/chat.postMessage"),
  channels: section("Channels by purpose.", {
    default: text("Everything without a channel of its own.", "#lighthouse-alerts", "^[#@C]\\S+$"),
    security: text("Security violations.", "#security-alerts", "^[#@C]\\S+$"),
    performance: text("Latency.", "#performance-alerts", "^[#@C]\\S+$"),
  }),
  notifications: list(
    "Messages that are not alerts: a deployment started, a rollback, a target met, a violation.",
    entry("One kind of message.", {
      name: choice("What happened.", [
        "Deployment Started",
        "Rollback Triggered",
        "Performance Target Met",
        "Security Violation",
      ]),
      channel: choice("Where it is said.", ["default", "security", "performance"], "default"),
      template: Type.Optional(text("Your own words; {{.name}} is filled in from the event.")),
    }),
    [
      { name: "Deployment Started", channel: "default" },
      { name: "Rollback Triggered", channel: "default" },
      { name: "Performance Target Met", channel: "performance" },
      { name: "Security Violation", channel: "security" },
    ],
  ),
});

const alertmanager = section("Who groups, silences and sends.", {
  endpoint: url("Where Alertmanager answers.", "http://localhost:9093"),
  group_wait: duration("How long the first alert of a group waits for others. Critical security never waits.", "10s"),
  group_interval: duration("How long an announced group waits before it tells about changes.", "1m"),
  repeat_interval: duration("After which a group that still fires is told again.", "4h"),
});

export const alerting = section(
  "What is wrong, and who hears of it. Prometheus owns the alerts, Alertmanager sends them.",
  {
    alertmanager,
    secrets_dir: text(
      "Folder of secret files on the machine of Alertmanager, one per variable, named like it.",
      "/etc/lighthouse/secrets",
      "^/\\S+$",
    ),
    runbooks: url("Where runbooks are read; the alert's name and .md are added.", "http://localhost:8765/runbooks"),
    watchdog_url: Type.Optional(
      url(
        "Dead man's switch: an address that is called while alerting is alive, and that tells somebody when it is not.",
      ),
    ),
    time_scale: Type.Number({
      description: "Every window and waiting time of the rules is multiplied by this. Below 1 for drills only.",
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
    }),
    rules: Type.Object(Object.fromEntries(alertNames.map((name) => [name, Type.Optional(override)])), {
      description: "Changes to alerts of the catalogue, by name.",
      additionalProperties: false,
      default: {},
    }),
    pagerduty,
    slack,
  },
);
