import { type Team, teams } from "../alert/alert.ts";
import type { Spec } from "../spec/schema.ts";
import { template } from "./alertmanager-template.ts";
import type { Renderer } from "./rendered.ts";
import { secretFile } from "./secret.ts";
import { yamlFile } from "./text.ts";

/** alertmanager/: who hears of which alert, what is muted by what, and the words that people read. */
export const renderAlertmanager: Renderer = (spec) => {
  if (!spec.prometheus.enabled) return new Map();
  return new Map([
    ["alertmanager/alertmanager.yml", yamlFile(configuration(spec))],
    ["alertmanager/templates/lighthouse.tmpl", template],
  ]);
};

const configuration = (spec: Spec) => ({
  global: { resolve_timeout: "5m" },
  templates: ["templates/*.tmpl"],
  route: route(spec),
  inhibit_rules: inhibitRules,
  receivers: receivers(spec),
});

/**
 * A group is one incident: what belongs to one concern at one severity. The severity is part of it because PagerDuty's
 * event carries a single one. Critical security and `immediate` wait for nobody.
 */
const route = ({ alerting: { alertmanager, watchdog_url } }: Spec) => ({
  receiver: "on-call",
  group_by: ["concern", "severity", "environment"],
  group_wait: alertmanager.group_wait,
  group_interval: alertmanager.group_interval,
  repeat_interval: alertmanager.repeat_interval,
  routes: [
    { matchers: ['test="true"'], receiver: "drill", group_by: ["alertname", "type", "drill_id"], group_wait: "0s" },
    ...(watchdog_url === undefined
      ? []
      : [{ matchers: ['alertname="Watchdog"'], receiver: "watchdog", group_wait: "0s", repeat_interval: "1m" }]),
    { matchers: ['severity="info"'], receiver: "nobody" },
    ...teams.map((team) => ({
      matchers: [`team="${team}"`],
      receiver: team,
      ...(team === "immediate" ? { group_wait: "0s" } : {}),
      routes: [
        {
          matchers: ['component="security"', 'severity="critical"'],
          group_by: ["alertname", "type", "environment"],
          group_wait: "0s",
        },
      ],
    })),
  ],
});

/** Labels that tell two alerts of one concern apart; one that neither has counts as equal. */
const same = ["concern", "environment", "instance", "type", "via", "reason", "exporter", "integration"];

const inhibitRules = [
  // Everything else that is wrong follows from it. Security is never muted: an attack may be what took the bridge down.
  {
    source_matchers: ['alertname="AllBridgesDown"'],
    target_matchers: [
      'alertname!~"BridgeDown|AllBridgesDown"',
      'component=~"bridge|elicitation|delivery|log|telemetry"',
    ],
    equal: ["environment"],
  },
  // One bridge of several mutes what is said about itself only.
  {
    source_matchers: ['alertname="BridgeDown"', 'instance=~".+"'],
    target_matchers: ['alertname!="BridgeDown"', 'component=~"bridge|log|telemetry"'],
    equal: ["environment", "instance"],
  },
  { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: same },
];

type Audience = Team | "drill";

const receivers = (spec: Spec) => [
  ...([...teams, "drill"] as const).map((name) => ({
    name,
    ...present("pagerduty_configs", pagerduty(spec, name)),
    ...present("slack_configs", slack(spec, name)),
  })),
  ...(spec.alerting.watchdog_url === undefined
    ? []
    : [{ name: "watchdog", webhook_configs: [{ url: spec.alerting.watchdog_url, send_resolved: false }] }]),
  { name: "nobody" },
];

const present = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: [value] });

const first = "{{ with index .Alerts 0 }}";

const pagerduty = (spec: Spec, audience: Audience) => {
  const { enabled, url, routing_key, routing_keys } = spec.alerting.pagerduty;
  // A drill without a key of its own pages nobody: it must not look like an incident.
  const key = routing_keys[audience] ?? (audience === "drill" ? undefined : routing_key);
  if (!enabled || key === undefined) return undefined;
  return {
    // The file and not the key: Alertmanager expands no variables, and a rendered file is read by many.
    routing_key_file: secretFile(spec, key),
    url,
    send_resolved: true,
    severity: `{{ if .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}`,
    description: '{{ template "lighthouse.title" . }}',
    client: `Lighthouse ${spec.environment}`,
    client_url: spec.alerting.alertmanager.endpoint,
    class: `${first}{{ .Labels.alertname }}{{ end }}`,
    component: `${first}{{ .Labels.component }}{{ end }}`,
    group: `${first}{{ .Labels.concern }}{{ end }}`,
    links: [
      { href: `${first}{{ .Annotations.runbook_url }}{{ end }}`, text: "Runbook" },
      { href: `${first}{{ .Annotations.dashboard_url }}{{ end }}`, text: "Dashboard" },
    ],
    details: {
      what: '{{ template "lighthouse.text" . }}',
      team: "{{ .CommonLabels.team }}",
      environment: "{{ .CommonLabels.environment }}",
      firing: "{{ .Alerts.Firing | len }}",
      resolved: "{{ .Alerts.Resolved | len }}",
      drill: "{{ .CommonLabels.drill_id }}",
    },
  };
};

const channelOf: Readonly<Record<Audience, "default" | "security" | "performance">> = {
  "performance-team": "performance",
  "security-team": "security",
  "on-call": "default",
  immediate: "default",
  drill: "default",
};

const slack = (spec: Spec, audience: Audience) => {
  const { enabled, webhook_url, webhook_urls, bot_token, api_url, channels } = spec.alerting.slack;
  if (!enabled) return undefined;
  const purpose = channelOf[audience];
  const own = audience === "drill" ? webhook_urls.drill : purpose === "default" ? undefined : webhook_urls[purpose];
  return {
    ...(bot_token === undefined
      ? { api_url_file: secretFile(spec, own ?? webhook_url) }
      : {
          api_url,
          http_config: { authorization: { type: "Bearer", credentials_file: secretFile(spec, bot_token) } },
        }),
    channel: channels[purpose],
    send_resolved: true,
    color: `{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}`,
    title: '{{ template "lighthouse.title" . }}',
    title_link: `${first}{{ .Annotations.dashboard_url }}{{ end }}`,
    text: '{{ template "lighthouse.text" . }}',
    fallback: '{{ template "lighthouse.title" . }}',
    actions: [
      { type: "button", text: "Runbook", url: `${first}{{ .Annotations.runbook_url }}{{ end }}` },
      { type: "button", text: "Dashboard", url: `${first}{{ .Annotations.dashboard_url }}{{ end }}` },
    ],
  };
};
