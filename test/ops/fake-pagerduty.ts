import { type FakeServer, fakeServer, type Incoming, type Outgoing } from "./fake-server.ts";

type Dict = Record<string, unknown>;

export const apiKey = "u+canary-pagerduty-api-key";

export interface FakePagerduty extends FakeServer {
  readonly policies: Dict[];
  readonly services: Dict[];
  /** Everything that a request had wrong, in words. */
  readonly mistakes: string[];
}

/** PagerDuty's REST API for policies, services and integrations, as its documentation describes their requests. */
export const fakePagerduty = async (): Promise<FakePagerduty> => {
  const policies: Dict[] = [];
  const services: Dict[] = [];
  const mistakes: string[] = [];
  let made = 0;
  const newId = (): string => `P${String(++made).padStart(6, "0")}`;

  const wrong = (what: string): Outgoing => {
    mistakes.push(what);
    return { status: 400, body: { error: { message: "Invalid Input Provided", code: 2001, errors: [what] } } };
  };

  const policyProblem = (policy: Dict | undefined): string | undefined => {
    if (policy?.["type"] !== "escalation_policy") return "type must be escalation_policy";
    if (typeof policy["name"] !== "string" || policy["name"] === "") return "Name cannot be empty";
    const rules = policy["escalation_rules"] as Dict[] | undefined;
    if (!Array.isArray(rules) || rules.length === 0) return "Escalation rules must not be empty";
    for (const rule of rules) {
      const { escalation_delay_in_minutes: delay, targets } = rule as {
        escalation_delay_in_minutes: unknown;
        targets: Dict[];
      };
      if (!Number.isInteger(delay) || (delay as number) < 1)
        return "escalation_delay_in_minutes must be a whole number";
      if (!Array.isArray(targets) || targets.length < 1 || targets.length > 10) return "1 to 10 targets";
      for (const { id, type } of targets) {
        if (typeof id !== "string") return "a target needs an id";
        if (type !== "user_reference" && type !== "schedule_reference") return "a target is a user or a schedule";
      }
    }
    return undefined;
  };
  const serviceProblem = (service: Dict | undefined): string | undefined => {
    if (service?.["type"] !== "service") return "type must be service";
    if (typeof service["name"] !== "string") return "Name cannot be empty";
    const policy = service["escalation_policy"] as Dict | undefined;
    if (policy?.["type"] !== "escalation_policy_reference") return "escalation_policy must be a reference";
    if (!policies.some(({ id }) => id === policy["id"])) return "Escalation policy not found";
    const timeout = service["auto_resolve_timeout"];
    return timeout === null || Number.isInteger(timeout) ? undefined : "auto_resolve_timeout is in seconds";
  };

  const listed = (all: readonly Dict[], member: string, { query }: Incoming): Outgoing => {
    const limit = Number(query.get("limit") ?? 25);
    const offset = Number(query.get("offset") ?? 0);
    const matching = all.filter(({ name }) => String(name).startsWith(query.get("query") ?? ""));
    const page = matching.slice(offset, offset + limit);
    return { status: 200, body: { [member]: page, limit, offset, more: offset + limit < matching.length } };
  };
  const put = (all: Dict[], id: string, member: string, value: Dict): Outgoing => {
    const there = all.find((each) => each["id"] === id);
    if (there === undefined) return { status: 404, body: { error: { message: "Not Found", code: 2100 } } };
    Object.assign(there, value);
    return { status: 200, body: { [member]: there } };
  };
  const make = (all: Dict[], member: string, value: Dict): Outgoing => {
    if (all.some(({ name }) => name === value["name"])) return wrong("Name has already been taken");
    const there = { ...value, id: newId(), ...(member === "service" ? { integrations: [] } : {}) };
    all.push(there);
    return { status: 201, body: { [member]: there } };
  };

  const serve = (request: Incoming): Outgoing => {
    const { method, path, headers, text } = request;
    if (headers.authorization !== `Token token=${apiKey}`) {
      return { status: 401, body: { error: { message: "Authentication failed", code: 2006 } } };
    }
    if (headers.accept !== "application/vnd.pagerduty+json;version=2") return wrong("no API version in Accept");
    const body = method === "GET" ? {} : (JSON.parse(text) as Record<string, Dict>);
    if (method !== "GET" && headers["content-type"] !== "application/json") return wrong("Content-Type");
    const [, collection, id, sub] = path.split("/");
    if (collection === "escalation_policies") {
      if (method === "GET") return listed(policies, "escalation_policies", request);
      const policy = body["escalation_policy"] as Dict;
      const problem = policyProblem(policy);
      if (problem !== undefined) return wrong(problem);
      return method === "PUT"
        ? put(policies, id ?? "", "escalation_policy", policy)
        : make(policies, "escalation_policy", policy);
    }
    if (collection === "services" && sub === "integrations" && method === "POST") {
      const service = services.find((each) => each["id"] === id);
      const integration = body["integration"] as Dict;
      if (service === undefined) return { status: 404, body: { error: { message: "Not Found", code: 2100 } } };
      if (integration["type"] !== "events_api_v2_inbound_integration") return wrong("unknown integration type");
      const there = {
        ...integration,
        id: newId(),
        summary: integration["name"],
        integration_key: `canary-key-${made}`,
      };
      (service["integrations"] as Dict[]).push({
        id: there["id"],
        type: `${integration["type"]}_reference`,
        summary: integration["name"],
      });
      return { status: 201, body: { integration: there } };
    }
    if (collection === "services") {
      if (method === "GET") return listed(services, "services", request);
      const service = body["service"] as Dict;
      const problem = serviceProblem(service);
      if (problem !== undefined) return wrong(problem);
      return method === "PUT" ? put(services, id ?? "", "service", service) : make(services, "service", service);
    }
    return { status: 404, body: { error: { message: "Not Found", code: 2100 } } };
  };

  return { ...(await fakeServer(serve)), policies, services, mistakes };
};
