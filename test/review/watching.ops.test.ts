import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readMonitoring } from "../../src/cli/monitoring-file.ts";
import { portsOf, type Watch } from "../../src/cli/review/ports.ts";
import type { Json } from "../../src/domain/json.ts";
import { drillEventName } from "../../src/ops/monitoring/drill/evidence.ts";
import { renderRunbooks } from "../../src/ops/monitoring/runbook/markdown.ts";
import type { Spec } from "../../src/ops/monitoring/spec/schema.ts";
import { pause, phone } from "../ops/stack.ts";
import { writeTree } from "../ops/tree.ts";
import { lookAt } from "./look.ts";
import { type Monitoring, openScene, rehearsalOn, type Scene } from "./scene.ts";

/** Probes of what watches a bridge, each with the one thing broken that it has to notice. */
let scene: Scene;
let monitoring: Monitoring;
let spec: Spec;
const folder = mkdtempSync(join(tmpdir(), "lighthouse-watching-"));

const KEY = "9c4e17d20b8f4a63b5d1e0f7a2864c3b";

const PROBES = [
  "scraping",
  "monitoring-prometheus",
  "monitoring-alertmanager",
  "rendered-files",
  "runbooks",
  "secrets",
  "channels",
  "credential-pagerduty-events",
  "credential-slack-webhook",
  "drill",
  "rollback",
];

beforeAll(async () => {
  scene = await openScene(folder);
  monitoring = await scene.monitor({
    PAGERDUTY_ROUTING_KEY: KEY,
    SLACK_WEBHOOK_URL: `${scene.receivers.url}/slack/default`,
  });
  spec = readMonitoring(monitoring.file, true) as Spec;
  writeTree(join(folder, "runbooks"), renderRunbooks(spec));
  // A rate needs a past: the first scrapes of a counter that stands at 0.
  await pause(8_000);
  await monitoring.drill();
}, 120_000);
afterAll(async () => {
  await scene?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Whatever a test has broken, mended. */
const mend: (() => unknown)[] = [];
afterEach(async () => {
  for (const repair of mend.splice(0).reverse()) await repair();
}, 60_000);

const red = async (more: Partial<Watch> = {}): Promise<readonly string[]> => {
  const watch: Watch = {
    ...{ signal: new AbortController().signal, env: {}, token: scene.bridge.token(), data: scene.bridge.data },
    ...{ out: folder, rendered: monitoring.stack.folder, runbooks: join(folder, "runbooks"), channels: ["on-call"] },
    ports: { rehearse: rehearsalOn(scene.bridge, scene.town) },
    ...more,
  };
  const ports = portsOf(watch, scene.bridge.url, spec);
  const looked = await lookAt({ url: scene.bridge.url, data: scene.bridge.data, probes: PROBES, ports });
  return looked.filter(({ state }) => state !== "pass").map(({ check, says }) => `${check}: ${says}`);
};

const checksIn = (found: readonly string[]): readonly string[] => found.map((line) => line.split(":", 1)[0] as string);

/** Edits a file of the stack and has its server load that; the file itself is put back at once, or only in the end. */
const edited = (path: string, edit: (text: string) => string): (() => void) => {
  const whole = join(monitoring.stack.folder, path);
  const before = readFileSync(whole, "utf8");
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(whole, after);
  return () => writeFileSync(whole, before);
};

const reload = async (server: "prometheus" | "alertmanager"): Promise<void> => {
  await phone.post(`${monitoring.stack[server]}/-/reload`, {});
  await pause(1_500);
};

describe("what watches a bridge", () => {
  it("is green when nothing is broken", async () => {
    expect(await red()).toEqual([]);
  }, 120_000);

  it("a rule that Prometheus runs in an older form is found at Prometheus alone", async () => {
    const undo = edited("prometheus/rules/bridge.yml", (text) => text.replace(/> 3\n/, "> 13\n"));
    mend.push(() => reload("prometheus"));
    await reload("prometheus").finally(undo);
    expect(checksIn(await red())).toEqual(["monitoring.prometheus"]);
  }, 120_000);

  it("a route that Alertmanager has in an older form is found at Alertmanager alone", async () => {
    const undo = edited("alertmanager/alertmanager.yml", (text) =>
      text.replace(/repeat_interval: \S+/, "repeat_interval: 5h"),
    );
    mend.push(() => reload("alertmanager"));
    await reload("alertmanager").finally(undo);
    expect(checksIn(await red())).toEqual(["monitoring.alertmanager"]);
  }, 120_000);

  it("a rendered file that somebody edited by hand is found among the files alone", async () => {
    mend.push(edited("prometheus/rules/elicitation.yml", (text) => `${text}# by hand\n`));
    expect(checksIn(await red())).toEqual(["monitoring.rendered-files"]);
  }, 120_000);

  it("a runbook that is not published is missed", async () => {
    const runbooks = join(folder, "fewer-runbooks");
    cpSync(join(folder, "runbooks"), runbooks, { recursive: true });
    rmSync(join(runbooks, "BridgeDown.md"));
    expect(checksIn(await red({ runbooks }))).toEqual(["operations.runbooks"]);
  }, 120_000);

  it("a placeholder in the place of a secret is no secret", async () => {
    expect(checksIn(await red({ env: { SLACK_WEBHOOK_URL: "changeme" } }))).toEqual(["operations.secrets"]);
  }, 120_000);

  it("a channel whose product refuses what it is sent is no channel", async () => {
    mend.push(() => monitoring.setSecret("PAGERDUTY_ROUTING_KEY", KEY));
    monitoring.setSecret("PAGERDUTY_ROUTING_KEY", "not-a-key");
    expect(checksIn(await red())).toEqual(["alerting.channels", "secrets.pagerduty-events"]);
  }, 120_000);

  it("a step back that does not hold is no rehearsal", async () => {
    const verifyLog = async () => ({ ok: false, says: "it is sabotaged" });
    const found = await red({ ports: { rehearse: rehearsalOn(scene.bridge, scene.town, { verifyLog }) } });
    expect(checksIn(found)).toEqual(["operations.rollback"]);
  }, 120_000);

  it("a drill whose page came too late is no drill that passed", async () => {
    const hops = [{ hop: "page", at: "2026-01-05T12:00:00.000Z", ms: 9_000 }];
    const late = { passed: false, scenarios: [{ alert: "BridgeDown", page_within_seconds: 5, hops }] };
    await scene.town.operator.events.append(drillEventName, late as unknown as Json);
    const found = await red({ ports: { rehearse: async () => undefined } });
    expect(checksIn(found)).toEqual(["alerting.drill"]);
  }, 120_000);

  it("a Prometheus that scrapes another port sees nothing of this bridge", async () => {
    mend.push(async () => {
      putBack();
      await reload("prometheus");
    });
    const putBack = edited("prometheus/prometheus.yml", (text) =>
      text.replaceAll(`127.0.0.1:${scene.bridge.port}`, "127.0.0.1:9"),
    );
    await reload("prometheus");
    // Prometheus takes up new targets every 5 s; until then it goes on with those that it had.
    await pause(8_000);
    const found = checksIn(await red({ ports: { rehearse: async () => undefined } }));
    // The edited file and what Prometheus says of its configuration tell it too.
    expect(found).toContain("monitoring.scraping");
    expect(found.filter((check) => !/^monitoring\.|^alerting\.drill/.test(check))).toEqual([]);
  }, 120_000);
});
