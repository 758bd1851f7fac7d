import { afterEach, beforeEach, expect, it } from "vitest";
import { type FakeServer, fakeServer } from "../../../../test/ops/fake-server.ts";
import { specFrom } from "../../../../test/ops/tree.ts";
import { liveRunbook } from "./live.ts";
import { renderRunbooks } from "./markdown.ts";

/** That the queries run on a real Prometheus is bridge.ops.test.ts's matter. */
let there: FakeServer;
beforeEach(async () => {
  there = await fakeServer(({ query }) => {
    const isAlert = query.get("query")?.startsWith("ALERTS{") === true;
    const metric = isAlert ? { alertstate: "firing" } : { __name__: "p99_latency_milliseconds", instance: "a:1" };
    return { status: 200, body: { data: { result: [{ metric, value: [0, isAlert ? "1" : "612.34567"] }] } } };
  });
});
afterEach(() => there.close());

const spec = () => specFrom(`prometheus: { endpoint: "${there.url}" }`);
const page = (): string => renderRunbooks(spec()).get("ElicitationP99LatencyHigh.md") ?? "";

it("says whether it fires, and answers every query of the page below it, with the addresses of monitoring.yaml", async () => {
  const { state, markdown } = await liveRunbook("ElicitationP99LatencyHigh", page(), spec(), { fetch });
  expect(state).toBe("firing");
  const queries = page().match(/promtool query instant/g)?.length ?? 0;
  expect(queries).toBeGreaterThan(4);
  expect(markdown.match(/→ \S/g)?.length).toBe(queries);
  expect(markdown).toContain('→ p99_latency_milliseconds{instance="a:1"} 612.3');
  expect(markdown).toContain(`promtool query instant "${there.url}"`);
  expect(markdown).not.toContain("$PROMETHEUS_URL");
});

it("is the page without values when nobody can be asked, and says why", async () => {
  const [held, text] = [spec(), page()];
  await there.close();
  const { state, why, markdown } = await liveRunbook("ElicitationP99LatencyHigh", text, held, { fetch });
  there = await fakeServer(() => ({ status: 404 }));
  expect([state, why]).toEqual(["not run", expect.stringContaining("nobody listens there")]);
  expect(markdown).toContain("## Diagnosis");
  expect(markdown).not.toContain("→");
});
