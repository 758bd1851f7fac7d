import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiKey, type FakePagerduty, fakePagerduty } from "../../../../test/ops/fake-pagerduty.ts";
import { type FakeServer, fakeServer, impatient } from "../../../../test/ops/fake-server.ts";
import { memoryPlace } from "../../../../test/ops/memory-place.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import { diff } from "../diff.ts";
import { renderAll } from "../render.ts";
import { type Applied, apply, type Endpoint } from "./apply.ts";

/** What the real Prometheus and Alertmanager do is in `commands.ops.test.ts`; here is everybody else, and every failure. */
let grafana: FakeServer;
let pagerduty: FakePagerduty;
const token = "canary-grafana-token";
const shown = new Map<string, unknown>();
let template: unknown;

beforeEach(async () => {
  shown.clear();
  template = undefined;
  pagerduty = await fakePagerduty();
  grafana = await fakeServer(({ path, method, headers, text }) => {
    if (path === "/_index_template/lighthouse") {
      if (method === "PUT") template = JSON.parse(text);
      if (template === undefined) return { status: 404, body: { error: { reason: "not found" } } };
      return {
        status: 200,
        body:
          method === "PUT"
            ? { acknowledged: true }
            : { index_templates: [{ name: "lighthouse", index_template: template }] },
      };
    }
    if (path.endsWith("/_mapping") || path.startsWith("/_alias/"))
      return { status: 404, body: { error: { reason: "no such index" } } };
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, body: { message: "Invalid API key" } };
    if (path === "/api/admin/provisioning/dashboards/reload") {
      for (const [path, text] of renderAll(specFrom(file())))
        if (path.startsWith("grafana/dashboards/")) shown.set(JSON.parse(text).uid, JSON.parse(text));
      return { status: 200, body: { message: "Dashboards config reloaded" } };
    }
    if (path === "/api/admin/provisioning/datasources/reload") return { status: 200, body: {} };
    const dashboard = shown.get(path.replace("/api/dashboards/uid/", ""));
    return dashboard === undefined
      ? { status: 404, body: { message: "Dashboard not found" } }
      : { status: 200, body: { dashboard, meta: {} } };
  });
});
afterEach(async () => {
  await grafana.close();
  await pagerduty.close();
});

const file = () => `
grafana: { endpoint: "${grafana.url}", api_key: "\${GRAFANA_TOKEN}" }
logging: { elasticsearch: { endpoint: "${grafana.url}" } }
prometheus: { endpoint: "http://127.0.0.1:2999" }
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:2999" }
  secrets_dir: /nowhere
  slack: { bot_token: "\${SLACK_BOT_TOKEN}" }
  pagerduty:
    api_key: \${PAGERDUTY_API_KEY}
    routing_keys: { on-call: "\${KEY_ON_CALL}" }
    escalation_policies: { on-call: [{ type: user, id: PUSER01 }], immediate: [{ type: user, id: PUSER02 }] }
`;

const ports = (only: readonly Endpoint[], env: Record<string, string> = {}) => ({
  ...impatient(),
  fetch,
  files: memoryPlace("/etc/lighthouse"),
  secrets: memoryPlace("/nowhere"),
  only,
  env: { GRAFANA_TOKEN: token, PAGERDUTY_API_KEY: apiKey, PAGERDUTY_API_URL: pagerduty.url, ...env },
});
const states = (applied: readonly Applied[]) => applied.map(({ endpoint, state }) => `${endpoint} ${state}`);

describe("apply", () => {
  it("writes files whole, and takes away only what it wrote before", async () => {
    const here = ports(["files"]);
    const spec = specFrom(file());
    here.files.files.set("prometheus/rules/mine.yml", "groups: []\n");
    expect(states(await apply(spec, here))).toEqual(["files applied"]);
    expect(states(await apply(spec, here))).toEqual(["files unchanged"]);
    const [applied] = await apply(specFrom(file().replace("logging:", "# logging:")), here);
    expect(applied?.steps).toContain("removed elasticsearch/index-template.json");
    expect(here.files.files.has("prometheus/rules/mine.yml")).toBe(true);
  });

  it("puts secrets into files, and names those that nobody has", async () => {
    const here = ports(["secrets"], { KEY_ON_CALL: "canary-1", SLACK_BOT_TOKEN: "canary-2" });
    const [first] = await apply(specFrom(file()), here);
    expect(first).toMatchObject({ state: "failed", says: expect.stringContaining("PAGERDUTY_ROUTING_KEY") });
    here.secrets.files.set("PAGERDUTY_ROUTING_KEY", "canary-3");
    const [second] = await apply(specFrom(file()), here);
    expect(second).toMatchObject({ state: "unchanged" });
    expect(here.secrets.files.get("KEY_ON_CALL")).toBe("canary-1");
    expect(JSON.stringify([first, second])).not.toContain("canary");
  });

  it("reloads Grafana, looks whether the dashboards are there, puts the index template; a second time nothing changes", async () => {
    expect(states(await apply(specFrom(file()), ports(["Grafana", "Elasticsearch"])))).toEqual([
      "Grafana applied",
      "Elasticsearch applied",
    ]);
    expect(states(await apply(specFrom(file()), ports(["Grafana", "Elasticsearch"])))).toEqual([
      "Grafana unchanged",
      "Elasticsearch unchanged",
    ]);
  });

  it("says what a wrong key, a busy server and a broken one said, and what to do", async () => {
    const [wrong] = await apply(specFrom(file()), ports(["Grafana"], { GRAFANA_TOKEN: "canary-wrong" }));
    expect(wrong).toMatchObject({
      state: "failed",
      says: expect.stringMatching(/said 401 .*Invalid API key\. The key is wrong, missing or was revoked/),
    });
    expect(JSON.stringify(wrong)).not.toContain("canary");

    const busy = ports(["Elasticsearch"]);
    grafana.instead({ status: 429, headers: { "retry-after": "3" } });
    expect(states(await apply(specFrom(file()), busy))).toEqual(["Elasticsearch applied"]);
    expect(busy.waits).toEqual([3000]);

    const broken = ports(["Elasticsearch"]);
    grafana.instead(...Array.from({ length: 4 }, () => ({ status: 503, body: { message: "out of shards" } })));
    const [failed] = await apply(specFrom(file()), broken);
    expect(failed).toMatchObject({ state: "failed", says: expect.stringContaining("said 503") });
    expect(broken.waits).toEqual([500, 1000, 2000]);
  });

  it("an endpoint where nobody is keeps no other from its turn", async () => {
    const { url } = grafana;
    const text = file();
    await grafana.close();
    const applied = await apply(specFrom(text), ports(["files", "Grafana", "PagerDuty"]));
    grafana = await fakeServer(() => ({ status: 404 }));
    expect(states(applied)).toEqual(["files applied", "Grafana unreachable", "PagerDuty applied"]);
    expect(applied[1]?.says).toBe(`${new URL(url).host}: nobody listens there`);
  });

  it("makes PagerDuty's services, keeps each new key in a file; half applied, it goes on the next time", async () => {
    const here = ports(["PagerDuty"]);
    const [whole] = await apply(specFrom(file()), here);
    expect(whole).toMatchObject({ state: "applied" });
    expect([...here.secrets.files.keys()].sort()).toEqual(["KEY_ON_CALL", "PAGERDUTY_ROUTING_KEY_IMMEDIATE"]);
    expect(JSON.stringify(whole)).not.toContain("canary");
    expect(states(await apply(specFrom(file()), here))).toEqual(["PagerDuty unchanged"]);

    pagerduty.services.length = 0;
    const spec = specFrom(file());
    let posts = 0;
    const flaky: typeof fetch = (input, init) =>
      init?.method === "POST" && ++posts > 1
        ? Promise.resolve(new Response('{"error":{"message":"Forbidden"}}', { status: 403 }))
        : fetch(input, init);
    const [half] = await apply(spec, { ...here, fetch: flaky });
    expect(half).toMatchObject({ state: "failed", says: expect.stringContaining("Run it again to go on from there") });
    expect(half?.steps).toHaveLength(1);
    const [rest] = await apply(spec, here);
    expect(rest?.state).toBe("applied");
    expect(pagerduty.services).toHaveLength(2);
  });
});

describe("diff", () => {
  it("names what is not on disk, what PagerDuty lacks, and what was not run", async () => {
    const spec = specFrom(file());
    const onDisk = new Map([...renderAll(spec)].filter(([path]) => path !== "compose.yml"));
    onDisk.set("prometheus/rules/stale.yml", "groups: []\n");
    const { only: _, ...here } = ports([]);
    const all = await diff(spec, onDisk, here);
    expect(all.map(({ place, state }) => `${place}: ${state}`)).toEqual([
      "files: differs",
      "Prometheus, configuration: not run",
      "Prometheus, rules: not run",
      "Alertmanager: not run",
      "Grafana: differs",
      "Elasticsearch: differs",
      "PagerDuty: differs",
    ]);
    expect(all[0]?.differences.map(({ path }) => path)).toEqual(["compose.yml", "prometheus/rules/stale.yml"]);
    expect(all[1]?.says).toContain("nobody listens there");
    expect(all.at(-1)?.differences).toContainEqual({
      path: "service lighthouse-prod: on-call",
      wanted: "there",
      running: "absent",
    });
    expect(grafana.seen.every(({ method }) => method === "GET")).toBe(true);
    expect(pagerduty.seen.every(({ method }) => method === "GET")).toBe(true);
  });
});
