import type { Team } from "../alert/alert.ts";
import type { DesiredPagerduty, EscalationPolicy, EscalationRule, Service } from "../render/pagerduty.ts";
import type { LivePagerduty, LivePolicy, LiveService } from "./pagerduty-state.ts";

/** One thing that is as it should be, or is to be made so. Nothing is ever deleted. */
export type Step =
  | {
      readonly do: "keep" | "create" | "update";
      readonly what: "escalation policy";
      readonly name: string;
      readonly changes: readonly Change[];
      readonly want: EscalationPolicy;
      readonly id?: string;
    }
  | {
      readonly do: "keep" | "create" | "update";
      readonly what: "service";
      readonly name: string;
      readonly changes: readonly Change[];
      readonly want: Service;
      readonly id?: string;
    }
  | {
      readonly do: "keep" | "create";
      readonly what: "integration";
      readonly name: string;
      readonly changes: readonly [];
      readonly want: Service;
      readonly id?: string;
    };

export interface Change {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export interface PagerdutyPlan {
  readonly steps: readonly Step[];
  /** Teams that nobody is named for in monitoring.yaml. */
  readonly missing: readonly Team[];
  /** Names that are there more than once: which one is meant is not for us to guess. */
  readonly ambiguous: readonly string[];
}

/** What has to be done so that PagerDuty is as monitoring.yaml says: policies first, because services name them. */
export const planPagerduty = (desired: DesiredPagerduty, live: LivePagerduty): PagerdutyPlan => {
  const policyIds = new Map(live.policies.map(({ name, id }) => [name, id]));
  return {
    steps: [
      ...desired.escalation_policies.map((want) => policyStep(want, live.policies.find(named(want.name)))),
      ...desired.services.flatMap((want) => {
        const found = live.services.find(named(want.name));
        return [serviceStep(want, found, policyIds.get(want.escalation_policy)), integrationStep(want, found)];
      }),
    ],
    missing: desired.missing,
    ambiguous: [
      ...desired.escalation_policies.map(({ name }) => [name, live.policies] as const),
      ...desired.services.map(({ name }) => [name, live.services] as const),
    ]
      .filter(([name, all]) => all.filter(named(name)).length > 1)
      .map(([name]) => name),
  };
};

const named = (name: string) => (each: { readonly name: string }) => each.name === name;

const policyStep = (want: EscalationPolicy, live: LivePolicy | undefined): Step => {
  const about = { what: "escalation policy", name: want.name, want } as const;
  if (live === undefined) return { do: "create", changes: [], ...about };
  const changes = differences([
    ["num_loops", String(live.num_loops), String(want.num_loops)],
    ["escalation_rules", rulesInWords(live.escalation_rules), rulesInWords(want.escalation_rules)],
  ]);
  return { do: changes.length === 0 ? "keep" : "update", changes, id: live.id, ...about };
};

const serviceStep = (want: Service, live: LiveService | undefined, policyId: string | undefined): Step => {
  const about = { what: "service", name: want.name, want } as const;
  if (live === undefined) return { do: "create", changes: [], ...about };
  const changes = differences([
    ["auto_resolve_timeout", String(live.auto_resolve_timeout), String(want.auto_resolve_timeout)],
    ["escalation_policy", live.escalation_policy.id, policyId ?? want.escalation_policy],
  ]);
  return { do: changes.length === 0 ? "keep" : "update", changes, id: live.id, ...about };
};

const integrationStep = (want: Service, live: LiveService | undefined): Step => {
  const { integration } = want;
  const found = live?.integrations.find(
    ({ type, summary }) => type.startsWith(integration.type) && summary === integration.name,
  );
  return {
    do: found === undefined ? "create" : "keep",
    what: "integration",
    name: `${want.name} / ${integration.name}`,
    changes: [],
    want,
    ...(found === undefined ? {} : { id: found.id }),
  };
};

const differences = (all: readonly (readonly [field: string, from: string, to: string])[]): readonly Change[] =>
  all.filter(([, from, to]) => from !== to).map(([field, from, to]) => ({ field, from, to }));

const rulesInWords = (rules: readonly EscalationRule[]): string =>
  rules
    .map(
      ({ escalation_delay_in_minutes, targets }) =>
        `${targets.map(({ type, id }) => `${type.replace("_reference", "")} ${id}`).join(" + ")} for ${escalation_delay_in_minutes} min`,
    )
    .join(", then ");
