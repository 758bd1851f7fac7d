import type { Team } from "../alert/alert.ts";
import { alerts } from "../alert/catalogue.ts";
import { type EffectiveAlert, effectiveAlerts } from "../alert/effective.ts";
import type { Spec } from "../spec/schema.ts";
import { runbooks } from "./catalogue.ts";
import { rollbackSteps } from "./rollback.ts";
import type { Runbook, Step } from "./runbook.ts";

/** The sections of every runbook, in order. People who are woken up look for the same things in the same places. */
export const sections = [
  "Meaning",
  "Impact",
  "Diagnosis",
  "Mitigation",
  "Escalation",
  "Verify",
  "Rollback",
  "Try this alert",
] as const;

/** docs/runbooks: a page for every alert, one for the emergency rollback, and a list of them. By file name. */
export const renderRunbooks = (spec: Spec): ReadonlyMap<string, string> => {
  const everything = {
    ...spec,
    health_checks: { ...spec.health_checks, prober: spec.health_checks.prober ?? "localhost:9115" },
  };
  const pages = effectiveAlerts(everything).map((alert): [string, string] => [
    `${alert.name}.md`,
    page(alert, runbookOf(alert.name)),
  ]);
  return new Map([["README.md", list], ...pages, ["EmergencyRollback.md", rollback]]);
};

const runbookOf = (name: string): Runbook => {
  const runbook = runbooks[name];
  if (runbook === undefined) throw new Error(`the alert ${name} has no runbook`);
  return runbook;
};

const made = "<!-- Written by src/ops/monitoring/runbook; edit there. -->";

const page = (alert: EffectiveAlert, { meaning, impact, diagnosis, mitigation, rollback: back }: Runbook): string => {
  const body: Readonly<Record<(typeof sections)[number], string>> = {
    Meaning: `${meaning}\n\n${fenced("promql", alert.expr)}\n\n${condition(alert)}`,
    Impact: impact,
    Diagnosis: numbered(diagnosis),
    Mitigation: numbered(mitigation),
    Escalation: escalation(alert),
    Verify: verify(alert),
    Rollback: back,
    "Try this alert": tryIt(alert),
  };
  const text = sections.map((section) => `## ${section}\n\n${body[section]}`).join("\n\n");
  return `# ${alert.name}: ${alert.title}\n\n${made}\n\n${places}\n\n${text}\n`;
};

const places =
  "Commands take places from the environment: `LIGHTHOUSE_URL`, `LIGHTHOUSE_DATA`, `PROMETHEUS_URL`, `ALERTMANAGER_URL`, `MONITORING_DIR` (what `lighthouse monitoring render` wrote), and where they are needed `AGENT` and `BACKUP_FILE`.";

const condition = ({ threshold, unit, for: held, severity, team }: EffectiveAlert): string => {
  const limit = unit === undefined ? "" : ` Threshold: ${threshold} ${unit}.`;
  return `Severity ${severity}, team ${team}${held === "0s" ? ", at once" : `, after ${held}`}.${limit} Values are the defaults; monitoring.yaml may say others.`;
};

const numbered = (steps: readonly Step[]): string =>
  steps
    .map(({ say, run }, index) => {
      const mark = `${index + 1}. `;
      const indent = " ".repeat(mark.length);
      return `${mark}${say}${run === undefined ? "" : `\n\n${fenced("sh", run).replaceAll(/^/gm, indent)}\n`}`;
    })
    .join("\n")
    .trimEnd();

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

const after: Readonly<Record<Team, string>> = {
  "performance-team": "The performance team. After 15 minutes without an acknowledgement, whoever is on call.",
  "on-call": "Whoever is on call. After 15 minutes without an acknowledgement the second in line, after 30 their lead.",
  "security-team":
    "The security team, at once. After 5 minutes without an acknowledgement, whoever is on call as well.",
  immediate: "Everybody who is named in the policy, at the same moment.",
};

const escalation = ({ severity, team }: EffectiveAlert): string => {
  if (severity === "info") return "Nobody is called.";
  const level =
    severity === "critical"
      ? "It is an incident from the start."
      : "It is an incident when it lasts for an hour, or users notice.";
  return `${after[team]} ${level} Who is behind each name is in PagerDuty.`;
};

const verify = ({ name }: EffectiveAlert): string =>
  `It is over when this returns nothing, and PagerDuty has resolved the incident by itself:\n\n${fenced("sh", `promtool query instant "$PROMETHEUS_URL" 'ALERTS{alertname="${name}", alertstate="firing"}'`)}`;

const tryIt = ({ name, severity, team, component, concern }: EffectiveAlert): string => {
  const labels = `${name} severity=${severity} team=${team} component=${component} concern=${concern}`;
  return [
    "The rule, in a world of its own: it fires in time, keeps quiet when it should, and resolves.",
    fenced("sh", `promtool test rules "$MONITORING_DIR/prometheus/tests/${name}.yml"`),
    "The way to people, marked as a drill, so that it goes to the drill's receivers and to nobody else:",
    fenced(
      "sh",
      `amtool --alertmanager.url="$ALERTMANAGER_URL" alert add ${labels} test=true drill_id=by-hand --end="$(date -u -d '+1 minute' +%Y-%m-%dT%H:%M:%SZ)" --annotation=summary='This is a drill.'`,
    ),
  ].join("\n\n");
};

const rollback = `# EmergencyRollback: seven steps, under five minutes

${made}

${places}

Begin it when a rollout is the cause, or may be, and: more than 5 % of elicitations fail, P99 is over a second, less than
95 % are delivered, anything was let through that should have been refused, or an answer was lost. Holding the rollout is
not enough then. One command takes all seven steps, checks the condition of each before the next begins, and times them:

${fenced("sh", 'lighthouse rollback --reason "answers are slow"')}

Killed half-way, it goes on with \`lighthouse rollback --resume\`. The same for agents that exist for the rehearsal alone,
which are put back afterwards:

${fenced("sh", 'lighthouse rollback --rehearse --reason "the weekly rehearsal"')}

What each step does, and how to see it by hand:

${rollbackSteps.map(({ title, steps }, index) => `## ${index + 1}. ${title}\n\n${numbered(steps)}`).join("\n\n")}
`;

const list = `# Runbooks

${made}

One page for every alert, and [EmergencyRollback](EmergencyRollback.md). Each has the same sections: ${sections.join(", ")}.
Every command in them is run by a test against a live bridge.

| Alert | In words | Severity | Team |
|---|---|---|---|
${alerts.map(({ name, title, severity, team }) => `| [${name}](${name}.md) | ${title} | ${severity} | ${team} |`).join("\n")}
`;
