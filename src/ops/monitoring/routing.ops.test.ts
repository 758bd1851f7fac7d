import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../test/ops/promtool.ts";
import { startReceivers } from "../../../test/ops/receivers.ts";
import { pause, phone, type Stack, startStack } from "../../../test/ops/stack.ts";
import { exampleSpec, rendered, writeTree } from "../../../test/ops/tree.ts";
import { effectiveAlerts } from "./alert/effective.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lighthouse-routes-"));
  writeTree(folder, rendered("full"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const receiverOf = async (labels: Readonly<Record<string, string | undefined>>): Promise<string> => {
  const words = Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  const file = `--config.file=${folder}/alertmanager/alertmanager.yml`;
  // Before the answer amtool may warn about settings of its own.
  return (await run("amtool", ["config", "routes", "test", file, ...words])).text.trim().split("\n").at(-1) ?? "";
};

describe("the routes, as amtool sees them", () => {
  it("lead every alert to its team, what is only for information to nobody, and the Watchdog out", {
    timeout: 60_000,
  }, async () => {
    for (const { name, labels } of effectiveAlerts(exampleSpec("full"))) {
      const expected = name === "Watchdog" ? "watchdog" : labels.severity === "info" ? "nobody" : labels.team;
      expect([name, await receiverOf({ alertname: name, ...labels })]).toEqual([name, expected]);
    }
  });

  it("lead a drill to the drill's receivers, whatever else it says", async () => {
    expect(await receiverOf({ alertname: "BridgeDown", severity: "critical", team: "immediate", test: "true" })).toBe(
      "drill",
    );
  });

  it("lead an alert that says nothing about itself to whoever is on call", async () => {
    expect(await receiverOf({ alertname: "SomebodyElses" })).toBe("on-call");
  });
});

describe("muting, as a real Alertmanager does it", () => {
  let stack: Stack;
  beforeAll(async () => {
    const settings = ({
      prometheus,
      alertmanager,
      secrets,
    }: {
      prometheus: number;
      alertmanager: number;
      secrets: string;
    }) => `
prometheus: { endpoint: "http://127.0.0.1:${prometheus}" }
alerting: { alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}" }, secrets_dir: ${secrets} }`;
    stack = await startStack(settings, {}, ["Alertmanager"]);
  }, 60_000);
  afterAll(async () => stack?.stop());

  /** Which of these alerts are muted while all of them fire. */
  const muted = async (
    environment: string,
    ...alerts: readonly Readonly<Record<string, string>>[]
  ): Promise<readonly string[]> => {
    const endsAt = new Date(Date.now() + 60_000).toISOString();
    await phone.post(
      `${stack.alertmanager}/api/v2/alerts`,
      alerts.map((labels) => ({ labels: { environment, ...labels }, endsAt })),
    );
    await pause(500);
    const answer = await phone.get(
      `${stack.alertmanager}/api/v2/alerts?filter=${encodeURIComponent(`environment="${environment}"`)}`,
    );
    return (JSON.parse(answer) as { labels: { alertname: string; instance?: string }; status: { state: string } }[])
      .filter(({ status }) => status.state === "suppressed")
      .map(({ labels }) => [labels.alertname, labels.instance].filter(Boolean).join(" at "))
      .sort();
  };

  it("mutes what follows from the loss of every bridge, and never security", async () => {
    const state = await muted(
      "all-down",
      { alertname: "AllBridgesDown", component: "bridge", severity: "info" },
      { alertname: "BridgeDown", component: "bridge", severity: "critical", concern: "bridge" },
      {
        alertname: "ElicitationErrorBudgetBurnPage",
        component: "elicitation",
        severity: "critical",
        concern: "elicitation-success",
      },
      { alertname: "AvailabilityBudgetBurnPage", component: "bridge", severity: "critical", concern: "availability" },
      { alertname: "SecurityViolationCritical", component: "security", severity: "critical", concern: "security" },
    );
    expect(state).toEqual(["AvailabilityBudgetBurnPage", "ElicitationErrorBudgetBurnPage"]);
  });

  it("mutes, for one bridge of two that is down, only what is said about that one", async () => {
    const state = await muted(
      "one-down",
      { alertname: "BridgeDown", component: "bridge", severity: "critical", concern: "bridge", instance: "a" },
      { alertname: "LogSyncSlow", component: "log", severity: "warning", concern: "overhead-latency", instance: "a" },
      { alertname: "LogSyncSlow", component: "log", severity: "warning", concern: "overhead-latency", instance: "b" },
      {
        alertname: "ElicitationErrorRateHigh",
        component: "elicitation",
        severity: "warning",
        concern: "elicitation-success",
      },
    );
    expect(state).toEqual(["LogSyncSlow at a"]);
  });

  it("mutes a warning while a critical alert of the same concern fires, and of no other", async () => {
    const state = await muted(
      "severities",
      {
        alertname: "ElicitationP99LatencyCritical",
        component: "elicitation",
        severity: "critical",
        concern: "overhead-latency",
      },
      {
        alertname: "ElicitationP99LatencyHigh",
        component: "elicitation",
        severity: "warning",
        concern: "overhead-latency",
      },
      {
        alertname: "ElicitationErrorRateHigh",
        component: "elicitation",
        severity: "warning",
        concern: "elicitation-success",
      },
      {
        alertname: "SecurityViolationCritical",
        component: "security",
        severity: "critical",
        concern: "security",
        type: "replay_attack",
      },
      {
        alertname: "SecurityViolationHigh",
        component: "security",
        severity: "warning",
        concern: "security",
        type: "revoked_key",
      },
    );
    expect(state).toEqual(["ElicitationP99LatencyHigh"]);
  });
});

describe("the receivers for tests", () => {
  it("refuse what PagerDuty would refuse", async () => {
    const receivers = await startReceivers();
    await expect(phone.post(`${receivers.url}/v2/enqueue`, { event_action: "trigger" })).rejects.toThrow("400");
    await receivers.close();
  });
});
