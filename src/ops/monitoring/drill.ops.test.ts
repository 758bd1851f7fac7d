import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Act } from "../../../test/ops/exporter.ts";
import { type Receivers, startReceivers } from "../../../test/ops/receivers.ts";
import {
  clock,
  end,
  freePort,
  pause,
  phone,
  type Settings,
  type Stack,
  scheduler,
  startStack,
} from "../../../test/ops/stack.ts";
import { type Audience, audiences, testChannels } from "./channel.ts";
import { type DrillResult, drillEvent, drillTable, runDrill, type Scenario, type Stage } from "./drill.ts";

/**
 * The real Prometheus and Alertmanager, sixty times as fast as in production: windows of five minutes are five seconds.
 * What is scraped is a stand-in for the bridge: its real metrics, with values that this test dictates.
 */
const timeScale = 1 / 60;

const settings =
  (bridge: number, receivers: string): Settings =>
  ({ prometheus, alertmanager, secrets }) =>
    `
environment: drill
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 500ms
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${bridge}"]
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${secrets}
  time_scale: ${timeScale}
  pagerduty:
    url: ${receivers}/v2/enqueue
    routing_keys: { security-team: "\${KEY_SECURITY}", drill: "\${KEY_DRILL}" }
  slack: { webhook_urls: { security: "\${HOOK_SECURITY}", performance: "\${HOOK_PERFORMANCE}", drill: "\${HOOK_DRILL}" } }
`;

let receivers: Receivers;
let stack: Stack;
let exporter: ChildProcess;
let bridge = 0;

const startExporter = async (): Promise<ChildProcess> => {
  const child = spawn(
    process.execPath,
    [new URL("../../../test/ops/exporter.ts", import.meta.url).pathname, String(bridge)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await new Promise((resolve) =>
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", resolve),
  );
  return child;
};
const act = (...acts: readonly Act[]): Promise<string> => phone.post(`http://127.0.0.1:${bridge}/`, acts);

beforeAll(async () => {
  receivers = await startReceivers();
  bridge = await freePort();
  exporter = await startExporter();
  const hook = (channel: string) => `${receivers.url}/slack/${channel}`;
  stack = await startStack(settings(bridge, receivers.url), {
    PAGERDUTY_ROUTING_KEY: "a".repeat(32),
    KEY_SECURITY: "b".repeat(32),
    KEY_DRILL: "c".repeat(32),
    SLACK_WEBHOOK_URL: hook("default"),
    HOOK_SECURITY: hook("security"),
    HOOK_PERFORMANCE: hook("performance"),
    HOOK_DRILL: hook("drill"),
  });
  // A past with much good in it: what is provoked below is to break a threshold, and not a month's promise as well.
  await act(ended("accepted", 2000), ...took(0.004, 2000));
  await pause(6000);
  await act(...healthy);
}, 90_000);
afterAll(async () => {
  await stack?.stop();
  if (exporter !== undefined) await end(exporter);
  await receivers?.close();
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

const arm = "stable";
/** Each act is repeated ten times a second. */
const ended = (status: string, value: number): Act => ({ signal: "elicitationsEnded", labels: { status, arm }, value });
const took = (seconds: number, times: number): readonly Act[] =>
  ["ask", "answer"].map((leg) => ({ signal: "bridgeOverhead", labels: { leg, arm }, value: seconds, times }));
const healthy: readonly Act[] = [ended("accepted", 1), ...took(0.004, 1)];

const recover = async (): Promise<void> => {
  await act(...healthy);
};
const scenarios: readonly Scenario[] = [
  {
    name: "somebody replays an answer",
    alert: "SecurityViolationCritical",
    seen: 'security_violations_total{type="replay_attack"} > 0',
    provoke: async () => {
      const labels = { type: "replay_attack", severity: "critical" };
      await act(...healthy, { signal: "securityViolations", labels, value: 1, once: true });
    },
    relieve: recover,
    pageWithinSeconds: 3,
  },
  {
    name: "callers run into their limits forty times a second",
    alert: "RateLimitViolationsHigh",
    seen: 'rate(rate_limit_violations_total{limit_type="ask"}[5s]) > 0',
    provoke: async () => {
      await act(...healthy, { signal: "rateLimitRefusals", labels: { limit_type: "ask" }, value: 4 });
    },
    relieve: recover,
    pageWithinSeconds: 6,
  },
  {
    name: "one step in fifty takes the bridge 900 ms",
    alert: "ElicitationP99LatencyCritical",
    seen: "p99_latency_milliseconds > 500",
    provoke: async () => {
      await act(ended("accepted", 2), ...took(0.004, 49), ...took(0.9, 1));
    },
    relieve: recover,
    pageWithinSeconds: 6,
  },
  {
    name: "one elicitation in seventy-eight fails",
    alert: "ElicitationErrorRateHigh",
    seen: 'rate(elicitation_requests_total{status="error"}[5s]) > 0',
    provoke: async () => {
      await act(ended("accepted", 20), ended("error", 0.26), ...took(0.004, 1));
    },
    relieve: recover,
    pageWithinSeconds: 6,
  },
  {
    name: "the bridge is killed",
    alert: "BridgeDown",
    seen: 'up{job="lighthouse-bridge"} == 0',
    provoke: async () => {
      exporter.kill("SIGKILL");
      await end(exporter);
    },
    relieve: async () => {
      exporter = await startExporter();
      await act(...healthy);
    },
    pageWithinSeconds: 5,
  },
];

describe("a drill against the real servers", () => {
  const results: DrillResult[] = [];

  it.each(scenarios)("$name: $alert reaches people and resolves", async (scenario) => {
    const result = await runDrill(scenario, stage());
    results.push(result);
    expect(result.failures).toEqual([]);
  });

  it("leaves a table, and an event for the log", () => {
    console.log(`\n${drillTable(results)}\n`);
    const { data } = drillEvent("drill-1", results);
    expect(data.passed).toBe(true);
    expect(data.results.map(({ alert }) => alert)).toEqual(scenarios.map(({ alert }) => alert));
  });

  it("pages under the key of the right team, and tells Slack in the channel of the purpose", () => {
    const to = (alert: string) => new Set(sent(alert).map(({ body }) => body.routing_key));
    expect(to("SecurityViolationCritical")).toEqual(new Set(["b".repeat(32)]));
    expect(to("BridgeDown")).toEqual(new Set(["a".repeat(32)]));
    const paths = receivers.bodies().map((each) => (each as Sent).path);
    expect(paths).toContain("/slack/security");
    expect(paths).toContain("/slack/default");
  });

  it("says nothing that a template could not fill in", () => {
    expect(JSON.stringify(receivers.bodies())).not.toContain("error expanding");
    expect(JSON.stringify(receivers.bodies())).not.toContain("<no value>");
  });

  it("opens and closes each incident under one key", () => {
    for (const { alert } of scenarios) {
      const states = sent(alert).map(({ body }) => body.event_action);
      expect([alert, states[0], states.at(-1)]).toEqual([alert, "trigger", "resolve"]);
      expect(new Set(sent(alert).map(({ body }) => body.dedup_key)).size, alert).toBe(1);
    }
  });
});

interface Sent {
  readonly path: string;
  readonly body: {
    readonly routing_key: string;
    readonly event_action: string;
    readonly dedup_key: string;
    readonly payload?: { readonly class?: string };
  };
}
/** What PagerDuty was told about an alert, in order. */
const sent = (alert: string): readonly Sent[] =>
  receivers
    .bodies()
    .map((each) => each as Sent)
    .filter(({ path, body }) => path === "/v2/enqueue" && body.payload?.class === alert);

describe("a test of the channels", () => {
  const tested = (testId: string, wanted: readonly Audience[]) =>
    testChannels(stack.spec, { testId, audiences: wanted }, { fetch, clock, scheduler });

  it("reaches and releases every team and the drill, in PagerDuty and in Slack, and says how it knows", async () => {
    const results = await tested("test-1", audiences);
    expect(results).toHaveLength(audiences.length * 2);
    for (const { state, evidence, firedMs, resolvedMs } of results) {
      expect(evidence.join("\n")).toContain("alertmanager_notifications_total grew");
      expect(state).toBe("pass");
      expect([firedMs, resolvedMs]).toEqual([expect.any(Number), expect.any(Number)]);
    }
    for (const audience of audiences) {
      const alert = `ChannelTest-${audience}`;
      const arrived = receivers.notifications().filter((each) => each.alert === alert);
      expect(arrived.flatMap(({ problems }) => problems)).toEqual([]);
      expect(new Set(arrived.map(({ channel, state }) => `${channel} ${state}`)).size, alert).toBe(4);
    }
  });

  it("of a drill goes to the key for drills and to nobody else", () => {
    const keys = sent("ChannelTest-drill").map(({ body }) => body.routing_key);
    expect(keys).toContain("c".repeat(32));
    expect(new Set(keys).size).toBe(1);
  });

  it("still arrives when PagerDuty is busy for a moment", async () => {
    receivers.beBusy(2);
    const results = await tested("busy-1", ["on-call"]);
    expect(results.map(({ state }) => state)).toEqual(["pass", "pass"]);
  });
});

describe("what the servers were given", () => {
  it("holds no secret", async () => {
    const config = JSON.parse(await phone.get(`${stack.alertmanager}/api/v2/status`)) as {
      config: { original: string };
    };
    expect(config.config.original).toContain("routing_key_file");
    for (const secret of ["a".repeat(32), "b".repeat(32), "c".repeat(32), `${receivers.url}/slack`])
      expect(config.config.original).not.toContain(secret);
  });
});
