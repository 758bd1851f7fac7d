import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer, impatient } from "../../../test/ops/fake-server.ts";
import { specFrom } from "../../../test/ops/tree.ts";
import { type NotifyEvent, notify } from "./notify.ts";
import { messageProblems } from "./receiver/slack.ts";

const hook = "/services/T000/B000/canary-webhook";
const key = "canary-routing-key-0123456789abcd";

let there: FakeServer;
beforeEach(async () => {
  there = await fakeServer(({ path }) => {
    if (path === hook) return { status: 200, headers: { "content-type": "text/plain" }, body: "ok" };
    return path === "/v2/change/enqueue"
      ? { status: 202, body: { status: "success", message: "Change event processed" } }
      : { status: 404, body: "no_such_thing" };
  });
});
afterEach(() => there.close());

const file = () => `
environment: staging
alerting:
  slack: { webhook_url: '\${SLACK_WEBHOOK_URL}' }
  pagerduty: { url: '${there.url}/v2/enqueue' }
`;
const ports = (text = file(), env: Record<string, string> = secrets()) => {
  const { scheduler, waits } = impatient();
  return { spec: specFrom(text), env, fetch, scheduler, waits };
};
const secrets = () => ({ SLACK_WEBHOOK_URL: there.url + hook, PAGERDUTY_ROUTING_KEY: key });

const events: readonly NotifyEvent[] = [
  { kind: "deployment_started", version: "1.2.3", percentage: 5, plan: "5 → 100 %", by: "ops", at: 0 },
  { kind: "rollback_triggered", version: "1.2.3", reason: "errors above 5 %", measured: "7.1 %", url: "http://x/r" },
  { kind: "performance_target_met", target: "P99", measured: "212 ms", promised: "300 ms" },
  { kind: "security_violation", violation: "replay_attack", severity: "critical", agent: "<!channel>" },
];

describe("what people are told beside alerts", () => {
  it.each(events)("$kind reaches Slack within its limits, and PagerDuty as a change where it is one", async (event) => {
    const told = await notify(ports(), event);
    const isChange = event.kind === "deployment_started" || event.kind === "rollback_triggered";
    expect(told).toMatchObject([
      { channel: "slack", state: "sent" },
      { channel: "pagerduty", state: isChange ? "sent" : "off" },
    ]);
    const message = there.seen.find(({ path }) => path === hook)?.text ?? "";
    expect(messageProblems(JSON.parse(message))).toEqual([]);
    expect(message).not.toContain("<!channel>");
    const change = there.seen.find(({ path }) => path === "/v2/change/enqueue");
    if (!isChange) return expect(change).toBeUndefined();
    expect(JSON.parse(change?.text ?? "")).toMatchObject({
      routing_key: key,
      payload: { summary: expect.stringContaining("1.2.3"), source: "lighthouse-staging" },
    });
  });

  it("a channel that is down stops neither the caller nor the other channel, and says nothing secret", async () => {
    there.instead({ status: 400, body: "Invalid routing key" }, { status: 400, body: "invalid_payload" });
    const told = await notify(ports(), events[1] as NotifyEvent);
    expect(told.map(({ state }) => state)).toEqual(["failed", "failed"]);
    expect(JSON.stringify(told)).not.toContain("canary");
  });

  it("waits as long as a 429 asks, and without a scheduler does not try twice", async () => {
    there.instead({ status: 429, headers: { "retry-after": "2" } });
    const patient = ports();
    expect(await notify(patient, events[2] as NotifyEvent)).toMatchObject([{ state: "sent" }, {}]);
    expect(patient.waits).toEqual([2000]);
    there.instead({ status: 429 });
    const { scheduler: _, ...hurried } = ports();
    expect(await notify(hurried, events[2] as NotifyEvent)).toMatchObject([{ state: "failed" }, {}]);
  });

  it("names what monitoring.yaml does not want, and what the environment does not have", async () => {
    expect(await notify(ports(""), events[0] as NotifyEvent)).toMatchObject([{ state: "off" }, { state: "off" }]);
    const bare = await notify(ports(file(), {}), events[0] as NotifyEvent);
    expect(bare.map((each) => "why" in each && each.why)).toEqual([
      "the environment has no SLACK_WEBHOOK_URL",
      "the environment has no PAGERDUTY_ROUTING_KEY",
    ]);
  });
});
