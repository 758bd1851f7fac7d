import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer, type Outgoing } from "../../../../test/ops/fake-server.ts";
import { clock } from "../../../../test/ops/stack.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import type { Checked } from "./checked.ts";
import { verify } from "./verify.ts";

/** Elasticsearch and Jaeger as they document their answers: no real one was asked. The real servers are in the ops test. */
const apiKey = "canary-elastic-key";
let there: FakeServer;
/** Trace ids that arrived at the bridge, as it would pass them on. */
let traced: string[] = [];
let reads = 0;
let elastic: (trace: string) => Outgoing;
let jaeger: (trace: string) => Outgoing;

beforeEach(async () => {
  traced = [];
  reads = 0;
  elastic = (trace) => ({
    status: 200,
    body: { hits: { hits: traced.includes(trace) ? [{ _source: { message: "refused: not_found" } }] : [] } },
  });
  jaeger = (trace) =>
    traced.includes(trace)
      ? { status: 200, body: { data: [{ spans: [{ operationName: "agents.list" }] }] } }
      : { status: 404, body: { errors: [{ msg: "trace not found" }] } };
  there = await fakeServer(({ path, headers, text }) => {
    if (path === "/metrics")
      return {
        status: 200,
        headers: { "content-type": "text/plain" },
        body: `lighthouse_read_seconds_count{view="agent"} ${reads}\n`,
      };
    if (path.startsWith("/v1/")) {
      traced.push(String(headers["traceparent"]).split("-")[1] ?? "");
      reads++;
      return path === "/v1/agents" ? { status: 200, body: { agents: [] } } : { status: 404, body: {} };
    }
    if (path.endsWith("/_search")) {
      if (headers.authorization !== `ApiKey ${apiKey}`) return { status: 401, body: { error: { reason: "bad key" } } };
      return elastic((JSON.parse(text) as { query: { term: { "trace.id": string } } }).query.term["trace.id"]);
    }
    return jaeger(path.replace("/api/traces/", ""));
  });
});
afterEach(() => there.close());

const asked = async (env: Record<string, string> = { ES_KEY: apiKey }) => {
  // Time passes at once, and is measured: a check that waits is over after as many looks as it would have had.
  let passed = 0;
  const { checks } = await verify(
    specFrom(`
prometheus: { enabled: false }
grafana: { enabled: false }
logging: { elasticsearch: { endpoint: "${there.url}", api_key: "\${ES_KEY}" } }
tracing: { jaeger: { ui: "${there.url}" } }
`),
    {
      fetch,
      clock: { now: clock.now, monotonic: () => clock.monotonic() + passed },
      scheduler: {
        after: (ms, task) => {
          passed += ms;
          setImmediate(task);
          return () => undefined;
        },
      },
      rng: { bytes: (size) => randomBytes(size) },
      env,
      bridge: { url: there.url, token: "canary-token" },
    },
  );
  return new Map(checks.map((each): [string, Checked] => [each.check, each]));
};

describe("a call that was made is followed", () => {
  it("to its line in Elasticsearch and its span in Jaeger", async () => {
    const checks = await asked();
    expect(checks.get("elasticsearch.line")).toMatchObject({
      state: "pass",
      evidence: { answered: '"refused: not_found"' },
    });
    expect(checks.get("jaeger.span")).toMatchObject({ state: "pass", evidence: { answered: "agents.list" } });
    expect(checks.get("elasticsearch.line")?.evidence.asked).toContain(traced[0]);
    expect(checks.get("prometheus.rules")).toMatchObject({ state: "not run", isWanted: false });
  });

  it("fails where it never arrives", async () => {
    elastic = () => ({ status: 200, body: { hits: { hits: [] } } });
    jaeger = () => ({ status: 404, body: {} });
    const checks = await asked();
    expect(checks.get("elasticsearch.line")).toMatchObject({ state: "fail", evidence: { answered: "no such line" } });
    expect(checks.get("jaeger.span")).toMatchObject({ state: "fail", evidence: { answered: "no such trace" } });
  });

  it("fails with the words of a product that refuses, and says nothing secret", async () => {
    jaeger = () => ({ status: 500, body: "storage is full" });
    const checks = await asked({ ES_KEY: "canary-wrong" });
    expect(checks.get("elasticsearch.line")).toMatchObject({ state: "fail" });
    expect(checks.get("elasticsearch.line")?.evidence.answered).toContain("said 401");
    expect(checks.get("jaeger.span")?.evidence.answered).toContain("storage is full");
    expect(JSON.stringify([...checks])).not.toContain("canary");
  });
});
