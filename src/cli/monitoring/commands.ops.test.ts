import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Receivers, startReceivers } from "../../../test/ops/receivers.ts";
import { freePort } from "../../../test/ops/stack.ts";
import { type Folder, folder, type Running, type Serving } from "../../../test/support/processes.ts";
import type { Applied } from "../../ops/monitoring/apply/apply.ts";
import type { ChannelResult } from "../../ops/monitoring/channel.ts";
import type { Diffed } from "../../ops/monitoring/diff.ts";
import type { DrillEvidence } from "../../ops/monitoring/drill/evidence.ts";
import { drillAlerts } from "../../ops/monitoring/drill/scenarios.ts";
import { hops } from "../../ops/monitoring/drill.ts";
import type { Verification } from "../../ops/monitoring/verify/verify.ts";

/** The commands as people type them, on a bridge and the servers that `up` starts. One story, in order. */
let place: Folder;
let bridge: Serving;
let receivers: Receivers;
let up: Running;
let ports: readonly [prometheus: number, alertmanager: number];

const file = (more = ""): void =>
  writeFileSync(
    join(place.cwd, "monitoring.yaml"),
    `
prometheus:
  endpoint: http://127.0.0.1:${ports[0]}
  scrape_interval: 1s
  evaluation_interval: 500ms
  targets: ["127.0.0.1:${bridge.port}"]
grafana: { enabled: false }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${ports[1]}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${join(place.cwd, "secrets")}
  pagerduty: { url: "${receivers.url}/v2/enqueue" }
  slack: { webhook_url: "\${SLACK_WEBHOOK_URL}" }
${more}`,
  );
const monitoring = (...args: string[]) => place.run("monitoring", ...args);

beforeAll(async () => {
  place = folder();
  receivers = await startReceivers();
  process.env["PAGERDUTY_ROUTING_KEY"] = "a".repeat(32);
  process.env["SLACK_WEBHOOK_URL"] = `${receivers.url}/slack/default`;
  bridge = await place.serve();
  ports = [await freePort(), await freePort()];
  file();
  up = place.start("monitoring", "up", "--keep", "kept");
  await up.printed("Ctrl-C stops");
}, 90_000);
afterAll(async () => {
  await place?.cleanUp();
  await receivers?.close();
}, 30_000);

describe("monitoring, from the command line", () => {
  it("verify passes with its evidence, a value that it changed included", async () => {
    const said = await monitoring("verify", "--json");
    const result = said.json<Verification>();
    expect(result.checks.filter(({ state }) => state === "fail")).toEqual([]);
    expect(result).toMatchObject({ passed: 6, failed: 0, notRun: 0 });
    expect(said.code).toBe(0);
    expect((await monitoring("verify")).out).toMatch(/pass +prometheus\.value: .*\n +asked .*>= \d+\n +got +\d+/);
  });

  it("diff finds nothing after up, and names what a change would do", async () => {
    const same = await monitoring("diff", "--json");
    expect(same.json<{ places: Diffed[] }>().places.map(({ place: at, state }) => `${at}: ${state}`)).toEqual([
      "files: same",
      "Prometheus, configuration: same",
      "Prometheus, rules: same",
      "Alertmanager: same",
      "Grafana: off",
      "Elasticsearch: off",
      "PagerDuty: not run",
    ]);
    expect(same.code).toBe(6);

    file("  rules: { ElicitationP99LatencyHigh: { threshold: 250 } }\n");
    const changed = await monitoring("diff");
    expect(changed.code).toBe(12);
    expect(changed.out).toMatch(/differs {2}Prometheus, rules/);
    expect(changed.out).toMatch(/ElicitationP99LatencyHigh\/expr: is .*300, would be .*250/);
  });

  it("apply makes it so, and the second time there is nothing to do", async () => {
    const only = ["--only", "files", "secrets", "Prometheus", "Alertmanager", "--json"];
    const first = await monitoring("apply", ...only);
    expect(first.json<{ applied: Applied[] }>().applied.map(({ endpoint, state }) => `${endpoint} ${state}`)).toEqual([
      "files applied",
      "secrets unchanged",
      "Prometheus applied",
      "Alertmanager unchanged",
    ]);
    expect(first.code).toBe(0);
    expect(first.out + first.err).not.toContain("a".repeat(32));
    const second = await monitoring("apply", ...only);
    expect(second.json<{ applied: Applied[] }>().applied.every(({ state }) => state === "unchanged")).toBe(true);
  });

  it("says what Prometheus has against a broken rule file, and mends it the next time", async () => {
    const broken = join(place.cwd, "monitoring/prometheus/rules/by-hand.yml");
    writeFileSync(broken, "groups: [{name: x, rules: [{alert: X, expr: 'sum('}]}]\n");
    const failed = await monitoring("apply", "--only", "Prometheus");
    expect(failed.code).toBe(11);
    expect(failed.out).toMatch(/failed +Prometheus: .* said 500/);
    rmSync(broken);
    expect((await monitoring("apply", "--only", "Prometheus")).code).toBe(0);
  });

  it("test-channel reaches the teams' channels and resolves", async () => {
    const said = await monitoring("test-channel", "--team", "on-call", "security-team", "--json");
    expect(said.json<{ results: ChannelResult[] }>().results.map(({ state }) => state)).toEqual(Array(4).fill("pass"));
    const states = receivers.notifications().filter(({ alert }) => alert === "ChannelTest-security-team");
    expect(new Set(states.map(({ channel, state }) => `${channel} ${state}`)).size).toBe(4);
  });

  it("test-channel says so when the product refuses", async () => {
    receivers.refuse(400);
    const said = await monitoring("test-channel", "--team", "immediate", "--json");
    receivers.refuse(400, () => false);
    expect(said.code).toBe(11);
    const page = said.json<{ results: ChannelResult[] }>().results.find(({ channel }) => channel === "pagerduty");
    expect(page?.state).toBe("fail");
  });

  it("drill provokes all five, leaves a file with the time of every hop, and an event in the bridge's log", async () => {
    const said = await monitoring("drill", "--evidence", "drill.json");
    console.log(said.out);
    const written = JSON.parse(readFileSync(join(place.cwd, "drill.json"), "utf8")) as DrillEvidence;
    expect(written.scenarios.map(({ alert }) => alert)).toEqual([...drillAlerts]);
    for (const { alert, hops: reached, failures } of written.scenarios) {
      expect([alert, ...reached.map(({ hop }) => hop)]).toEqual([alert, ...hops]);
      // How fast it was is the command's to judge, and not this test's.
      expect(failures.filter((failure) => !failure.startsWith("page: after"))).toEqual([]);
    }
    expect(said.code).toBe(written.passed ? 0 : 11);
    expect(written.suite.within_seconds).toBe(60);
    expect(said.out).toMatch(/all of it took \d+\.\d s, within 60 s are wanted/);
    const events = await place.run("events", "--json");
    expect(events.out).toContain("monitoring.drill.completed");
    expect(events.out).toContain(written.drill_id);
  });

  it("Ctrl-C in the middle of a drill leaves nothing running", async () => {
    const drill = place.start("monitoring", "drill", "--evidence", "never.json");
    const words = await drill.printed(/in (\S*lighthouse-drill-\S+)/);
    const where = /in (\S*lighthouse-drill-\S+)/.exec(words)?.[1] as string;
    await drill.printed("all of it is up");
    expect(processesWith(where).length).toBeGreaterThanOrEqual(3);
    drill.child.kill("SIGINT");
    expect((await drill.ended).code).toBe(130);
    expect(processesWith(where)).toEqual([]);
    expect(readdirSync(place.cwd)).not.toContain("never.json");
  });

  it("Ctrl-C stops what up started; then nobody can be asked, and that is said", async () => {
    up.child.kill("SIGINT");
    expect((await up.ended).code).toBe(130);
    expect(processesWith(place.cwd).filter((line) => /prometheus|alertmanager/.test(line.split(" ")[0] ?? ""))).toEqual(
      [],
    );
    const said = await monitoring("verify", "--json");
    expect(said.code).toBe(6);
    expect(said.json<Verification>()).toMatchObject({ passed: 0, failed: 0, notRun: 6 });
    const applied = await monitoring("apply", "--only", "Prometheus");
    expect(applied.code).toBe(6);
    expect(applied.out).toMatch(/unreachable Prometheus: 127\.0\.0\.1:\d+: nobody listens there/);
  });
});

/** Command lines of processes that name a folder. */
const processesWith = (folderName: string): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(folderName));
