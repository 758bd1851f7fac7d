import { desiredPagerduty } from "../render/pagerduty.ts";
import type { Spec } from "../spec/schema.ts";
import { type PagerdutyPlan, planPagerduty, type Step } from "./pagerduty-plan.ts";
import { type Answer, type PagerdutyApi, type PagerdutyPorts, pagerdutyApi } from "./pagerduty-state.ts";

/** Asks PagerDuty what is there, and says what would have to be done. Changes nothing. */
export const planOfPagerduty = async (spec: Spec, ports: PagerdutyPorts): Promise<Answer<PagerdutyPlan>> => {
  const api = pagerdutyApi(ports);
  const policies = await api.policies(`Lighthouse ${spec.environment}:`);
  if (!policies.ok) return explained(policies);
  const services = await api.services(`${spec.alerting.pagerduty.service_id}:`);
  if (!services.ok) return explained(services);
  const live = { policies: policies.value, services: services.value };
  return { ok: true, value: planPagerduty(desiredPagerduty(spec), live) };
};

export interface AppliedStep {
  readonly step: Step;
  readonly outcome: { readonly ok: true; readonly id: string } | { readonly ok: false; readonly reason: string };
}

export interface ApplyListener {
  readonly onStep?: (done: AppliedStep) => void;
  /** A new integration's key: a secret, for a file and for nothing else. `service` is the name of its service. */
  readonly onKey: (service: string, key: string) => Promise<void>;
}

/**
 * Does what the plan says, one step after the other, and stops at the first that fails: what was done stays done, and
 * the next plan begins from there. A create whose outcome is unknown is looked up before it is believed to have failed.
 */
export const applyPagerduty = async (
  plan: PagerdutyPlan,
  ports: PagerdutyPorts,
  listener: ApplyListener,
): Promise<readonly AppliedStep[]> => {
  const done: AppliedStep[] = [];
  if (plan.ambiguous.length > 0) return done;
  const api = pagerdutyApi(ports);
  const ids = new Map<string, string>();
  for (const step of plan.steps) {
    const outcome = step.do === "keep" ? kept(step) : await perform(api, step, ids, listener);
    if (outcome.ok) ids.set(step.name, outcome.id);
    const applied = { step, outcome };
    done.push(applied);
    listener.onStep?.(applied);
    if (!outcome.ok) break;
  }
  return done;
};

type Outcome = AppliedStep["outcome"];

const kept = ({ id = "" }: Step): Outcome => ({ ok: true, id });

const perform = async (
  api: PagerdutyApi,
  step: Step,
  ids: ReadonlyMap<string, string>,
  listener: ApplyListener,
): Promise<Outcome> => {
  switch (step.what) {
    case "escalation policy": {
      if (step.id !== undefined) return outcomeOf(await api.updatePolicy(step.id, step.want), step.id);
      const created = await api.createPolicy(step.want);
      if (created.ok) return { ok: true, id: created.value.escalation_policy.id };
      return found(created, await lookedUp(created, () => api.policies(step.name)), step.name);
    }
    case "service": {
      const policy = ids.get(step.want.escalation_policy);
      if (policy === undefined) return { ok: false, reason: `${step.want.escalation_policy} is not there` };
      if (step.id !== undefined) return outcomeOf(await api.updateService(step.id, step.want, policy), step.id);
      const created = await api.createService(step.want, policy);
      if (created.ok) return { ok: true, id: created.value.service.id };
      return found(created, await lookedUp(created, () => api.services(step.name)), step.name);
    }
    case "integration": {
      const service = ids.get(step.want.name);
      if (service === undefined) return { ok: false, reason: `${step.want.name} is not there` };
      const created = await api.createIntegration(service, step.want.integration);
      // A second integration does no harm, and a lost key does: so an unknown outcome is a failure here.
      if (!created.ok) return outcomeOf(created, "");
      const { id, integration_key } = created.value.integration;
      if (integration_key === undefined) {
        return { ok: false, reason: `${step.name} was made, and PagerDuty did not say its key: copy it from its page` };
      }
      await listener.onKey(step.want.name, integration_key);
      return { ok: true, id };
    }
  }
};

type Failed = Extract<Answer<unknown>, { readonly ok: false }>;
type Named = { readonly id: string; readonly name: string };

const lookedUp = async (failed: Failed, look: () => Promise<Answer<readonly Named[]>>) =>
  failed.isKnown ? undefined : look();

/** After an unknown outcome: it may be there after all. */
const found = (failed: Failed, looked: Answer<readonly Named[]> | undefined, name: string): Outcome => {
  const there = looked?.ok === true ? looked.value.find((each) => each.name === name) : undefined;
  return there === undefined ? outcomeOf(failed, "") : { ok: true, id: there.id };
};

const outcomeOf = (answer: Answer<unknown>, id: string): Outcome =>
  answer.ok ? { ok: true, id } : { ok: false, reason: explained(answer).reason };

/** What to do about the statuses that a person can do something about. */
const explained = <F extends Failed>(failed: F): F => {
  const advice =
    failed.status === 401
      ? ". The API key is wrong or was revoked."
      : failed.status === 403
        ? ". The API key may read only: it needs write access."
        : failed.status === 429
          ? ". Too many requests; run it again in a minute, it goes on where it stopped."
          : "";
  return { ...failed, reason: `${failed.reason}${advice}` };
};
