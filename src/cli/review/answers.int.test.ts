import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeServer, fakeServer, type Outgoing } from "../../../test/ops/fake-server.ts";
import { clock } from "../../../test/ops/stack.ts";
import { specFrom } from "../../../test/ops/tree.ts";
import { checkedBy } from "../../../test/review/checked.ts";
import { renderAll } from "../../ops/monitoring/render.ts";
import { products } from "../../review/probe/list.ts";
import type { Asked } from "../../review/probe/monitoring-port.ts";
import { verifiedProbe } from "../../review/probe/verified.ts";
import { askProducts } from "./answers.ts";

/**
 * Grafana, Elasticsearch and Jaeger as they document their answers: no real one was asked. Prometheus and Alertmanager are
 * the real ones in test/review/watching.ops.test.ts.
 */
const canary = "canary-key-of-elasticsearch";
let there: FakeServer;
let reads = 0;
let hits: readonly object[];
let traces: readonly object[];
/** Of the index that lines are written to; 404 until the first. */
let mapping: Outgoing;
/** What Grafana runs of each dashboard. */
let running: (dashboard: object) => object;

const specOf = () =>
  specFrom(`
prometheus: { enabled: false }
grafana: { endpoint: "${there.url}" }
logging: { elasticsearch: { endpoint: "${there.url}", api_key: "\${ES_KEY}" } }
tracing: { jaeger: { ui: "${there.url}" } }
`);

const template = () => ({
  index_template: JSON.parse(renderAll(specOf()).get("elasticsearch/index-template.json") ?? "{}") as object,
});

const dashboardAt = (path: string): Outgoing => {
  const wanted = [...renderAll(specOf())]
    .filter(([name]) => name.startsWith("grafana/dashboards/"))
    .map(([, text]) => JSON.parse(text) as { readonly uid: string })
    .find(({ uid }) => path.endsWith(`/${uid}`));
  return wanted === undefined ? { status: 404 } : { status: 200, body: { dashboard: { ...running(wanted), id: 7 } } };
};

beforeEach(async () => {
  reads = 0;
  mapping = { status: 404, body: {} };
  hits = [{ _source: { message: `refused; somebody sent ${canary}` } }];
  traces = [{ spans: [{ operationName: "agents.list" }] }];
  running = (dashboard) => dashboard;
  there = await fakeServer(({ path }) => {
    if (path === "/metrics") return { status: 200, body: `lighthouse_read_seconds_count{view="agent"} ${reads}\n` };
    if (path.startsWith("/v1/")) {
      reads++;
      return { status: path === "/v1/agents" ? 200 : 404, body: { agents: [] } };
    }
    if (path.startsWith("/_index_template/")) return { status: 200, body: { index_templates: [template()] } };
    if (path.endsWith("/_mapping")) return mapping;
    if (path.endsWith("/_search")) return { status: 200, body: { hits: { hits } } };
    if (path.startsWith("/api/dashboards/")) return dashboardAt(path);
    return { status: 200, body: { data: traces } };
  });
});
afterEach(() => there.close());

/** As a review asks: through a recorder, with time that passes at once. */
const asked = (): Promise<Asked> => {
  let passed = 0;
  const ports = {
    fetch,
    clock: { now: clock.now, monotonic: () => clock.monotonic() + passed },
    scheduler: {
      after: (ms: number, task: () => void) => {
        passed += ms;
        setImmediate(task);
        return () => undefined;
      },
    },
    rng: { bytes: (size: number) => randomBytes(size) },
    env: { ES_KEY: canary },
    bridge: { url: there.url, token: "canary-token" },
  };
  return askProducts(specOf(), ports, [canary, "canary-token"]);
};

const looked = async (name: string, change: (asked: Asked) => Asked = (all) => all) => {
  const product = products.find((one) => one.name === name);
  if (product === undefined) throw new Error(name);
  const all = change(await asked());
  return checkedBy(verifiedProbe(product, async () => all));
};

const three = ["grafana", "elasticsearch", "jaeger"] as const;

test.each(three)(
  "what %s answered is kept as it came, without a credential, and says that all is well",
  async (name) => {
    const { state, says, text } = await looked(name);
    expect([state, says]).toEqual(["pass", expect.stringContaining("as-it-should-be 1")]);
    expect(text).toContain('"status": 200');
    for (const secret of [canary, "canary-token"]) expect(text).not.toContain(secret);
  },
);

describe("it is red", () => {
  test("when a dashboard has another panel, and says in how many places", async () => {
    running = (dashboard) => ({ ...dashboard, title: "edited by hand" });
    expect(await looked("grafana")).toMatchObject({
      state: "fail",
      says: expect.stringMatching(/dashboards-there 1, configured-otherwise [1-9]\d* \(out\)/),
    });
  });

  test("when no line is found, and when no trace is", async () => {
    hits = [];
    traces = [];
    expect(await looked("elasticsearch")).toMatchObject({
      state: "fail",
      says: expect.stringContaining("lines-found 0"),
    });
    expect(await looked("jaeger")).toMatchObject({ state: "fail", says: expect.stringContaining("traces-found 0") });
  });

  test("when lines are written to an index that is older than the template, or to an ordinary one", async () => {
    const older = { mappings: { properties: { message: { type: "text" } } } };
    for (const name of [".ds-logs-lighthouse-production-000001", "logs-lighthouse-production"]) {
      mapping = { status: 200, body: { [name]: older } };
      expect(await looked("elasticsearch")).toMatchObject({
        state: "fail",
        says: expect.stringMatching(/lines-found 1, configured-otherwise [1-9]\d* \(out\)/),
      });
    }
  });

  test.each(three)("when %s is said to be well, and its answers say something else", async (name) => {
    const wellSaid = (all: Asked): Asked => ({
      ...all,
      checks: all.checks.map((check) => (check.isWanted ? { ...check, state: "pass" } : check)),
    });
    [hits, traces] = [[], []];
    running = () => ({ uid: "another" });
    expect(await looked(name, wellSaid)).toMatchObject({
      state: "fail",
      says: expect.stringMatching(/^as-it-should-be 1, .*\(out\)/),
    });
  });
});
