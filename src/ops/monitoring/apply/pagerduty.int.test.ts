import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiKey, type FakePagerduty, fakePagerduty } from "../../../../test/ops/fake-pagerduty.ts";
import { impatient } from "../../../../test/ops/fake-server.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import { applyPagerduty, planOfPagerduty } from "./pagerduty.ts";
import type { PagerdutyPlan } from "./pagerduty-plan.ts";

const file = (onCall = "PONCALL", resolve = "30m") => `
environment: staging
alerting:
  pagerduty:
    api_key: \${PAGERDUTY_API_KEY}
    auto_resolve: ${resolve}
    escalation_policies:
      on-call: [{ type: schedule, id: ${onCall} }, { type: user, id: PUSER01 }]
      immediate: [{ type: user, id: PUSER01 }, { type: user, id: PUSER02 }]
`;

let there: FakePagerduty;
beforeEach(async () => {
  there = await fakePagerduty();
});
afterEach(() => there.close());

const portsFor = (key = apiKey) => {
  const { scheduler, waits } = impatient();
  return { fetch, scheduler, url: there.url, apiKey: key, waits };
};
const planned = async (text = file(), ports = portsFor()): Promise<PagerdutyPlan> => {
  const plan = await planOfPagerduty(specFrom(text), ports);
  if (!plan.ok) throw new Error(plan.reason);
  return plan.value;
};
const toDo = (plan: PagerdutyPlan): readonly string[] =>
  plan.steps.filter((step) => step.do !== "keep").map((step) => `${step.do} ${step.what} ${step.name}`);

const applied = async (plan: PagerdutyPlan, ports = portsFor()) => {
  const keys: [string, string][] = [];
  const done = await applyPagerduty(plan, ports, {
    onKey: async (service, key) => void keys.push([service, key]),
  });
  return { done, keys, failed: done.filter(({ outcome }) => !outcome.ok) };
};

describe("an account in which nothing of it is there", () => {
  it("gets a policy, a service and an integration for every team that somebody is named for", async () => {
    const plan = await planned();
    expect(toDo(plan)).toEqual([
      "create escalation policy Lighthouse staging: on-call",
      "create escalation policy Lighthouse staging: immediate",
      "create service lighthouse-prod: on-call",
      "create integration lighthouse-prod: on-call / Lighthouse alerts",
      "create service lighthouse-prod: immediate",
      "create integration lighthouse-prod: immediate / Lighthouse alerts",
    ]);
    expect(plan.missing).toEqual(["performance-team", "security-team"]);
    const { failed, keys } = await applied(plan);
    expect(failed).toEqual([]);
    expect(there.mistakes).toEqual([]);
    expect(keys.map(([service]) => service)).toEqual(["lighthouse-prod: on-call", "lighthouse-prod: immediate"]);
    expect(there.policies[1]).toMatchObject({
      escalation_rules: [{ targets: [{ id: "PUSER01" }, { id: "PUSER02" }] }],
    });
  });

  it("and nothing more when it is run again", async () => {
    await applied(await planned());
    const calls = there.seen.length;
    const again = await planned();
    expect(toDo(again)).toEqual([]);
    await applied(again);
    expect(there.seen.slice(calls).map(({ method }) => method)).toEqual(["GET", "GET"]);
  });
});

describe("an account in which something is different", () => {
  it("is changed where it differs, and the difference is said in words", async () => {
    await applied(await planned());
    const plan = await planned(file("POTHER1", "1h"));
    const changed = plan.steps.filter((step) => step.do === "update");
    expect(changed.map(({ name, changes }) => [name, changes])).toEqual([
      [
        "Lighthouse staging: on-call",
        [
          {
            field: "escalation_rules",
            from: "schedule PONCALL for 15 min, then user PUSER01 for 15 min",
            to: "schedule POTHER1 for 15 min, then user PUSER01 for 15 min",
          },
        ],
      ],
      ["lighthouse-prod: on-call", [{ field: "auto_resolve_timeout", from: "1800", to: "3600" }]],
      ["lighthouse-prod: immediate", [{ field: "auto_resolve_timeout", from: "1800", to: "3600" }]],
    ]);
    await applied(plan);
    expect(toDo(await planned(file("POTHER1", "1h")))).toEqual([]);
    expect(there.policies).toHaveLength(2);
  });

  it("is left alone where two things have one name: which is meant is not guessed", async () => {
    await applied(await planned());
    there.services.push({ ...there.services[0], id: "PTWICE1" });
    const plan = await planned(file("POTHER1"));
    expect(plan.ambiguous).toEqual(["lighthouse-prod: on-call"]);
    const { done } = await applied(plan);
    expect(done).toEqual([]);
  });

  it("is read page by page", async () => {
    await applied(await planned());
    for (let i = 0; i < 150; i++)
      there.services.unshift({
        id: `PX${i}`,
        name: `lighthouse-prod: other ${i}`,
        integrations: [],
        escalation_policy: { id: "" },
      });
    expect(toDo(await planned())).toEqual([]);
  });
});

describe("an API that does not do as it should", () => {
  it("with a wrong key: says which key, once, and never the key itself", async () => {
    const ports = portsFor("wrong-canary-key");
    const plan = await planOfPagerduty(specFrom(file()), ports);
    expect(plan).toMatchObject({ ok: false, status: 401, reason: expect.stringContaining("API key is wrong") });
    expect(JSON.stringify(plan)).not.toContain("canary");
    expect(there.seen).toHaveLength(1);
  });

  it("with 429: waits as long as it was told, and goes on", async () => {
    const plan = await planned();
    const ports = portsFor();
    there.instead({ status: 429, headers: { "retry-after": "7" } }, { status: 429, headers: { "retry-after": "2" } });
    expect((await applied(plan, ports)).failed).toEqual([]);
    expect(ports.waits).toEqual([7000, 2000]);
  });

  it("with 429 for longer than anybody waits: stops and says so", async () => {
    const ports = portsFor();
    there.instead({ status: 429, headers: { "retry-after": "3600" } });
    const plan = await planOfPagerduty(specFrom(file()), ports);
    expect(plan).toMatchObject({ ok: false, reason: expect.stringContaining("run it again") });
    expect(ports.waits).toEqual([]);
  });

  it("with 5xx on a read: tries again, and gives up after four times", async () => {
    const ports = portsFor();
    const broken = { status: 503, body: "upstream" };
    there.instead(broken, broken, broken, broken);
    expect(await planOfPagerduty(specFrom(file()), ports)).toMatchObject({ ok: false, status: 503 });
    expect(ports.waits).toEqual([500, 1000, 2000]);
  });

  it("that makes a policy and then answers 500, or nothing: finds what it made, and makes it once", async () => {
    const plan = await planned();
    there.instead({ status: 500, after: true });
    expect((await applied(plan)).failed).toEqual([]);
    expect(there.policies).toHaveLength(2);

    const plan2 = await planned(file().replace("staging", "production"));
    there.instead({ status: 0, hangUp: true, after: true });
    await applied(plan2);
    expect(there.policies).toHaveLength(4);
    expect(there.mistakes).toEqual([]);
  });

  it("that fails half-way: stops there, and the next run does the rest", async () => {
    const plan = await planned();
    const refused = {
      status: 400,
      body: { error: { message: "Invalid Input Provided", errors: ["no such schedule"] } },
    };
    // The second of two policies.
    there.instead({ status: 201, after: true, body: { escalation_policy: { id: "P000001" } } }, refused);
    const { done, failed } = await applied(plan);
    expect(done).toHaveLength(2);
    expect(failed.map(({ outcome }) => !outcome.ok && outcome.reason)).toEqual([
      expect.stringMatching(/400 to POST \/escalation_policies: Invalid Input Provided: no such schedule/),
    ]);
    const rest = await planned();
    expect(toDo(rest)).toHaveLength(5);
    expect((await applied(rest)).failed).toEqual([]);
    expect(toDo(await planned())).toEqual([]);
  });

  it("that nobody serves: says so in words", async () => {
    await there.close();
    expect(await planOfPagerduty(specFrom(file()), portsFor())).toMatchObject({
      ok: false,
      reason: `${new URL(there.url).host}: nobody listens there`,
    });
  });
});
