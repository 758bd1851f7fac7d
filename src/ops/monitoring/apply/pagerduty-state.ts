import type { EscalationPolicy, EscalationRule, Service } from "../render/pagerduty.ts";
import { type Called, type CallPorts, call } from "./call.ts";

/** PagerDuty's REST API, as far as it is needed: escalation policies, services, and their integrations. */

export interface PagerdutyPorts extends CallPorts {
  /** `https://api.pagerduty.com` */
  readonly url: string;
  readonly apiKey: string;
}

export interface LivePolicy {
  readonly id: string;
  readonly name: string;
  readonly num_loops: number;
  readonly escalation_rules: readonly EscalationRule[];
}
export interface LiveService {
  readonly id: string;
  readonly name: string;
  readonly auto_resolve_timeout: number | null;
  readonly escalation_policy: { readonly id: string };
  readonly integrations: readonly { readonly id: string; readonly type: string; readonly summary?: string }[];
}
export interface LivePagerduty {
  readonly policies: readonly LivePolicy[];
  readonly services: readonly LiveService[];
}

export type Answer<T> = { readonly ok: true; readonly value: T } | Extract<Called, { readonly ok: false }>;

export const pagerdutyApi = (ports: PagerdutyPorts) => {
  const headers = {
    authorization: `Token token=${ports.apiKey}`,
    accept: "application/vnd.pagerduty+json;version=2",
  };
  const send = async <T>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<Answer<T>> => {
    const isRepeatable = method !== "POST";
    const request = { method, url: `${ports.url}${path}`, headers, isRepeatable };
    const called = await call(ports, body === undefined ? request : { ...request, body });
    return called.ok ? { ok: true, value: called.body as T } : called;
  };

  /** Every page of a list whose names match. PagerDuty matches by rules of its own: the caller compares names. */
  const list = async <T>(path: string, member: string, query: string): Promise<Answer<readonly T[]>> => {
    const all: T[] = [];
    for (let offset = 0; offset < LISTED_MAX; offset += PAGE) {
      const page = await send<Readonly<Record<string, unknown>>>(
        "GET",
        `${path}?query=${encodeURIComponent(query)}&limit=${PAGE}&offset=${offset}${member === "services" ? "&include[]=integrations" : ""}`,
      );
      if (!page.ok) return page;
      all.push(...((page.value[member] as readonly T[] | undefined) ?? []));
      if (page.value["more"] !== true) break;
    }
    return { ok: true, value: all };
  };

  return {
    policies: (query: string) => list<LivePolicy>("/escalation_policies", "escalation_policies", query),
    services: (query: string) => list<LiveService>("/services", "services", query),
    createPolicy: (escalation_policy: EscalationPolicy) =>
      send<{ readonly escalation_policy: LivePolicy }>("POST", "/escalation_policies", { escalation_policy }),
    updatePolicy: (id: string, escalation_policy: EscalationPolicy) =>
      send("PUT", `/escalation_policies/${id}`, { escalation_policy }),
    createService: (service: Service, policyId: string) =>
      send<{ readonly service: LiveService }>("POST", "/services", { service: serviceBody(service, policyId) }),
    updateService: (id: string, service: Service, policyId: string) =>
      send("PUT", `/services/${id}`, { service: serviceBody(service, policyId) }),
    createIntegration: (serviceId: string, integration: Service["integration"]) =>
      send<{ readonly integration: { readonly id: string; readonly integration_key?: string } }>(
        "POST",
        `/services/${serviceId}/integrations`,
        { integration },
      ),
  };
};

export type PagerdutyApi = ReturnType<typeof pagerdutyApi>;

const PAGE = 100;
const LISTED_MAX = 1_000;

const serviceBody = ({ type, name, description, auto_resolve_timeout }: Service, policyId: string) => ({
  type,
  name,
  description,
  auto_resolve_timeout,
  escalation_policy: { id: policyId, type: "escalation_policy_reference" },
});
