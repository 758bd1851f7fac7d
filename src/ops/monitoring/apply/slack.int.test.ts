import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer, impatient } from "../../../../test/ops/fake-server.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import { postToSlack } from "./slack.ts";

const hookPath = "/services/T000/B000/canary-webhook";
const botToken = "xoxb-canary-token";

let slack: FakeServer;
beforeEach(async () => {
  slack = await fakeServer(({ path, headers }) => {
    if (path === hookPath) return { status: 200, headers: { "content-type": "text/plain" }, body: "ok" };
    if (path !== "/api/chat.postMessage") return { status: 404, body: "no_team" };
    return {
      status: 200,
      body: headers.authorization === `Bearer ${botToken}` ? { ok: true } : { ok: false, error: "invalid_auth" },
    };
  });
});
afterEach(() => slack.close());

const webhooks = `alerting: { slack: { webhook_url: '\${SLACK_WEBHOOK_URL}' } }`;
const bot = () =>
  `alerting: { slack: { bot_token: '\${SLACK_BOT_TOKEN}', api_url: '${slack.url}/api/chat.postMessage' } }`;
const values = { version: "1.2.3", percentage: "25", by: "devops-engineer" };
const post = (text: string, secrets: Record<string, string>) => {
  const { scheduler, waits } = impatient();
  const ports = { fetch, scheduler, secret: (name: string) => secrets[name] };
  return { posted: postToSlack(specFrom(text), "Deployment Started", values, ports), waits };
};

describe("a message through an incoming webhook", () => {
  it("is posted without a channel, which a webhook cannot choose", async () => {
    await expect(post(webhooks, { SLACK_WEBHOOK_URL: slack.url + hookPath }).posted).resolves.toEqual({ ok: true });
    const [request] = slack.seen;
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(request?.text ?? "")).toMatchObject({
      text: expect.stringContaining("1.2.3"),
      blocks: expect.any(Array),
    });
    expect(request?.text).not.toContain('"channel"');
  });

  it("waits once for a 429, and says nothing secret when it fails", async () => {
    slack.instead({ status: 429, headers: { "retry-after": "1" } });
    const { posted, waits } = post(webhooks, { SLACK_WEBHOOK_URL: slack.url + hookPath });
    expect(await posted).toEqual({ ok: true });
    expect(waits).toEqual([1000]);

    slack.instead({ status: 403, body: "invalid_token" });
    const failed = await post(webhooks, { SLACK_WEBHOOK_URL: slack.url + hookPath }).posted;
    expect(failed).toEqual({ ok: false, reason: expect.stringMatching(/said 403: invalid_token$/) });
    expect(JSON.stringify(failed)).not.toContain("canary");
  });

  it("is not posted twice when nobody knows whether it was", async () => {
    slack.instead({ status: 0, hangUp: true, after: true });
    expect(await post(webhooks, { SLACK_WEBHOOK_URL: slack.url + hookPath }).posted).toMatchObject({ ok: false });
    expect(slack.seen).toHaveLength(1);
  });
});

describe("a message through a bot", () => {
  it("names its channel, and carries its token in a header", async () => {
    expect(await post(bot(), { SLACK_BOT_TOKEN: botToken }).posted).toEqual({ ok: true });
    expect(JSON.parse(slack.seen[0]?.text ?? "")).toMatchObject({ channel: "#lighthouse-alerts" });
  });

  it("has failed when Slack says so with status 200", async () => {
    expect(await post(bot(), { SLACK_BOT_TOKEN: "xoxb-other" }).posted).toEqual({
      ok: false,
      reason: "Slack did not take it: invalid_auth",
    });
  });
});

it("a variable that is not there is named", async () => {
  expect(await post(webhooks, {}).posted).toEqual({ ok: false, reason: "the environment has no SLACK_WEBHOOK_URL" });
});
