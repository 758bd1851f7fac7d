import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveBridge, startLiveBridge } from "../../../../test/ops/live-bridge.ts";
import { type Receivers, startReceivers } from "../../../../test/ops/receivers.ts";
import { pause, phone, type Settings, type Stack, startStack } from "../../../../test/ops/stack.ts";
import { type Credential, connect, type Lighthouse } from "../../../client/index.ts";
import { type DrillResult, drillTable, runDrill, type Stage } from "../drill.ts";
import { type Drill, drillAlerts, openDrill } from "./scenarios.ts";

/** A bridge as people start it, hurt on purpose; a real Prometheus and Alertmanager, sixty times as fast. */
let bridge: LiveBridge;
let receivers: Receivers;
let stack: Stack;
let operator: Lighthouse;
let drill: Drill;

const settings: Settings = ({ prometheus, alertmanager, secrets }) => `
environment: drill
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 500ms
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${bridge.port}"]
  external_labels: { test: "true", drill_id: live-1 }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${secrets}
  time_scale: ${1 / 60}
  pagerduty: { url: ${receivers.url}/v2/enqueue, routing_keys: { drill: "\${KEY_DRILL}" } }
  slack:
`;

beforeAll(async () => {
  bridge = await startLiveBridge();
  receivers = await startReceivers();
  stack = await startStack(settings, {
    PAGERDUTY_ROUTING_KEY: "a".repeat(32),
    KEY_DRILL: "c".repeat(32),
    SLACK_WEBHOOK_URL: `${receivers.url}/slack/default`,
  });
  operator = await connect({
    credential: JSON.parse(readFileSync(join(bridge.data, "operator.json"), "utf8")) as Credential,
  });
  drill = await openDrill({
    bridge,
    operator,
    connect: (credential) => connect({ credential, url: bridge.url }),
    pause,
  });
  // A past with much good in it: what is provoked breaks a threshold, and not a month's promise as well.
  await pause(12_000);
}, 90_000);

afterAll(async () => {
  await drill?.close();
  operator?.close();
  await stack?.stop();
  await receivers?.close();
  await bridge?.stop();
}, 30_000);

const stage = (): Stage => ({
  prometheus: stack.prometheus,
  alertmanager: stack.alertmanager,
  phone,
  monotonic: () => performance.now(),
  now: Date.now,
  pause,
  notifications: receivers.notifications,
});

describe("a drill on a running bridge", () => {
  const results: DrillResult[] = [];

  it("works under a load of questions and answers", () => {
    expect(drill.load.counts().answered).toBeGreaterThan(100);
  });

  it.each(drillAlerts)("%s is provoked for real, pages in time and resolves", async (alert) => {
    const scenario = drill.scenarios.find((each) => each.alert === alert);
    if (scenario === undefined) throw new Error(`no scenario for ${alert}`);
    const result = await runDrill(scenario, stage());
    results.push(result);
    expect(result.failures).toEqual([]);
  });

  it("took no longer than a minute, and went to the key for drills and to nobody else", () => {
    console.log(`\n${drillTable(results)}\n`);
    expect(results).toHaveLength(drillAlerts.length);
    const keys = receivers.bodies().flatMap((each) => {
      const { path, body } = each as { path: string; body: { routing_key?: string } };
      return path === "/v2/enqueue" ? [body.routing_key] : [];
    });
    expect([...new Set(keys)]).toEqual(["c".repeat(32)]);
  });
});
