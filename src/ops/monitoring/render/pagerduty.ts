import { type Team, teams } from "../alert/alert.ts";
import { inSeconds } from "../spec/parts.ts";
import type { Spec } from "../spec/schema.ts";
import type { Renderer } from "./rendered.ts";
import { variableOf } from "./secret.ts";
import { jsonFile } from "./text.ts";

/** pagerduty/: the services and escalation policies that should be there, in the words of PagerDuty's REST API. */
export const renderPagerduty: Renderer = (spec) =>
  spec.alerting.pagerduty.enabled
    ? new Map([["pagerduty/desired.json", jsonFile({ ...desiredPagerduty(spec), keys: keys(spec) })]])
    : new Map<string, string>();

export interface EscalationPolicy {
  readonly type: "escalation_policy";
  readonly name: string;
  readonly description: string;
  readonly num_loops: number;
  readonly escalation_rules: readonly EscalationRule[];
}
export interface EscalationRule {
  readonly escalation_delay_in_minutes: number;
  readonly targets: readonly { readonly id: string; readonly type: "user_reference" | "schedule_reference" }[];
}
export interface Service {
  readonly type: "service";
  readonly name: string;
  readonly description: string;
  /** Seconds. */
  readonly auto_resolve_timeout: number;
  /** By name here; its id is known only to PagerDuty. */
  readonly escalation_policy: string;
  readonly integration: { readonly type: "events_api_v2_inbound_integration"; readonly name: string };
}

export interface DesiredPagerduty {
  readonly escalation_policies: readonly EscalationPolicy[];
  readonly services: readonly Service[];
  /** Teams that nobody is named for: PagerDuty makes no policy without a person or a schedule. */
  readonly missing: readonly Team[];
}

/** How long somebody has to answer before the next one is called, in minutes. */
const patience: Readonly<Record<Team, number>> = {
  "performance-team": 30,
  "on-call": 15,
  "security-team": 5,
  immediate: 5,
};

export const integrationName = "Lighthouse alerts";

export const desiredPagerduty = ({ environment, alerting: { pagerduty } }: Spec): DesiredPagerduty => {
  const staffed = teams.filter((team) => (pagerduty.escalation_policies[team] ?? []).length > 0);
  return {
    escalation_policies: staffed.map((team) => ({
      type: "escalation_policy",
      name: policyName(environment, team),
      description: `Lighthouse ${environment}: alerts for ${team}. Kept by monitoring.yaml.`,
      num_loops: 2,
      escalation_rules: rules(team, pagerduty.escalation_policies[team] ?? []),
    })),
    services: staffed.map((team) => ({
      type: "service",
      name: `${pagerduty.service_id}: ${team}`,
      description: `Lighthouse ${environment}: alerts for ${team}. Kept by monitoring.yaml.`,
      auto_resolve_timeout: inSeconds(pagerduty.auto_resolve),
      escalation_policy: policyName(environment, team),
      integration: { type: "events_api_v2_inbound_integration", name: integrationName },
    })),
    missing: teams.filter((team) => !staffed.includes(team)),
  };
};

const policyName = (environment: string, team: Team): string => `Lighthouse ${environment}: ${team}`;

type Targets = NonNullable<Spec["alerting"]["pagerduty"]["escalation_policies"][Team]>;

/** One after the other; `immediate` calls all of them at once. */
const rules = (team: Team, targets: Targets): readonly EscalationRule[] => {
  const references = targets.map(({ type, id }) => ({ id, type: `${type}_reference` as const }));
  const escalation_delay_in_minutes = patience[team];
  return team === "immediate"
    ? [{ escalation_delay_in_minutes, targets: references }]
    : references.map((target) => ({ escalation_delay_in_minutes, targets: [target] }));
};

/** Which variable holds which team's integration key. */
const keys = ({ alerting: { pagerduty } }: Spec) =>
  Object.fromEntries(
    [...teams, "drill" as const].flatMap((team) => {
      const reference = pagerduty.routing_keys[team] ?? (team === "drill" ? undefined : pagerduty.routing_key);
      return reference === undefined ? [] : [[team, variableOf(reference)]];
    }),
  );
