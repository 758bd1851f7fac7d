import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveBridge, startLiveBridge } from "../../../../test/ops/live-bridge.ts";
import {
  clock,
  freePort,
  pause,
  phone,
  type Settings,
  type Stack,
  scheduler,
  startStack,
} from "../../../../test/ops/stack.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import type { Spec } from "../spec/schema.ts";
import type { Checked } from "./checked.ts";
import { type Verification, verify } from "./verify.ts";

/** A real bridge, Prometheus and Alertmanager, asked whether they do what one monitoring.yaml says. */
let bridge: LiveBridge;
let stack: Stack;
let text = "";
let nobody = 0;

const settings: Settings = ({ prometheus, alertmanager, secrets }) => {
  text = `
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 1s
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${bridge.port}"]
grafana: { endpoint: "http://127.0.0.1:${nobody}" }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}" }
  secrets_dir: ${secrets}
  pagerduty:
  slack:
`;
  return text;
};

beforeAll(async () => {
  bridge = await startLiveBridge();
  nobody = await freePort();
  stack = await startStack(settings, {
    PAGERDUTY_ROUTING_KEY: "a".repeat(32),
    SLACK_WEBHOOK_URL: "http://127.0.0.1:1/x",
  });
}, 90_000);
afterAll(async () => {
  await stack?.stop();
  await bridge?.stop();
}, 30_000);

const ports = () => ({
  fetch,
  scheduler,
  clock,
  rng: { bytes: (size: number) => randomBytes(size) },
  env: {},
});
const asked = (spec: Spec): Promise<Verification> =>
  verify(spec, { ...ports(), bridge: { url: bridge.url, token: bridge.token() } });
const stateOf = ({ checks }: Verification) => Object.fromEntries(checks.map(({ check, state }) => [check, state]));
const found = ({ checks }: Verification, name: string): Checked => {
  const checked = checks.find(({ check }) => check === name);
  if (checked === undefined) throw new Error(`no check ${name}`);
  return checked;
};

describe("verify, against real servers", () => {
  it("passes what runs as rendered, with what was asked and what came back; nobody's Grafana did not run", async () => {
    const result = await asked(specFrom(text));
    expect(result.checks.filter(({ state }) => state === "fail")).toEqual([]);
    expect(stateOf(result)).toMatchObject({
      "prometheus.target": "pass",
      "prometheus.value": "pass",
      "prometheus.config": "pass",
      "prometheus.rules": "pass",
      "prometheus.alertmanager": "pass",
      "alertmanager.config": "pass",
      "grafana.dashboards": "not run",
      "elasticsearch.line": "not run",
      "jaeger.span": "not run",
    });
    expect(result).toMatchObject({ passed: 6, failed: 0, notRun: 1 });
    expect(found(result, "prometheus.value").evidence.asked).toMatch(/lighthouse_read_seconds_count.* >= \d+/);
    expect(found(result, "grafana.dashboards").evidence.answered).toContain("nobody listens there");
  });

  it("names the rule, the route and the target that are not as rendered", async () => {
    const other = `${text}  rules: { ElicitationP99LatencyHigh: { threshold: 250, for: 7m } }\n`
      .replace("targets:", "targets: # two\n    - 127.0.0.1:1\n  #")
      .replace("  slack:\n", "  slack:\n  watchdog_url: http://127.0.0.1:1/dead\n");
    const result = await asked(specFrom(other));
    expect(found(result, "prometheus.rules").evidence.details.join("\n")).toMatch(
      /ElicitationP99LatencyHigh\/expr: wanted .*250.*, runs .*300/,
    );
    expect(found(result, "prometheus.rules").evidence.details.join("\n")).toMatch(/ElicitationP99LatencyHigh\/for/);
    expect(found(result, "alertmanager.config").evidence.details.join("\n")).toContain("watchdog");
    expect(found(result, "prometheus.target").evidence.details).toEqual(["127.0.0.1:1: not a target"]);
  });

  it("a rule file that is gone is found, and is well again when it is back", async () => {
    const spec = specFrom(text);
    const file = join(stack.folder, "prometheus/rules/log.yml");
    renameSync(file, `${file}.away`);
    await phone.post(`${stack.prometheus}/-/reload`, {});
    const result = await asked(spec);
    expect(found(result, "prometheus.rules").state).toBe("fail");
    expect(found(result, "prometheus.rules").evidence.details[0]).toMatch(
      /^groups\/lighthouse-log\/\S+: .*runs absent/,
    );
    renameSync(`${file}.away`, file);
    await phone.post(`${stack.prometheus}/-/reload`, {});
    // A rule is well once it was evaluated.
    await pause(1500);
    expect(found(await asked(spec), "prometheus.rules").state).toBe("pass");
  });

  it("without a credential nothing is provoked, and the check that needs it did not run", async () => {
    const result = await verify(specFrom(text), ports());
    expect(found(result, "prometheus.value")).toMatchObject({ state: "not run", isWanted: true });
    expect(found(result, "prometheus.value").evidence.answered).toContain("no credential");
  });
});
