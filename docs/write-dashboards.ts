/**
 * Draws the dashboards from real data: `node docs/write-dashboards.ts` starts a bridge, a Prometheus and an
 * Alertmanager, puts a load on the bridge and hurts it three times, then asks Prometheus for every expression of every
 * panel and draws the answers. What it is not: a screenshot. No Grafana runs here; places, titles, units and expressions
 * are those of the JSON that Grafana reads. A panel whose expression returned nothing says so.
 *
 * Needs `sh test/ops/install-servers.sh`. Takes two minutes; writes docs/dashboards.html and docs/dashboard.svg.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Credential, connect } from "../src/client/index.ts";
import { openDrill } from "../src/ops/monitoring/drill/scenarios.ts";
import { renderAll } from "../src/ops/monitoring/render.ts";
import { type Answered, type Dashboard, draw, page } from "../test/ops/draw.ts";
import { startLiveBridge } from "../test/ops/live-bridge.ts";
import { startReceivers } from "../test/ops/receivers.ts";
import { pause, phone, startStack } from "../test/ops/stack.ts";

const BEFORE_MS = 40_000;
const BETWEEN_MS = 8_000;
const AFTER_MS = 25_000;
const STEP_S = 2;
/** Four scrapes, as Grafana computes it from the data source's interval. */
const RATE_INTERVAL = "8s";

const bridge = await startLiveBridge();
const receivers = await startReceivers();
const stack = await startStack(
  ({ prometheus, alertmanager, secrets }) => `
environment: picture
prometheus:
  endpoint: http://127.0.0.1:${prometheus}
  scrape_interval: 1s
  evaluation_interval: 1s
  targets: ["127.0.0.1:${bridge.port}"]
alerting:
  alertmanager: { endpoint: "http://127.0.0.1:${alertmanager}", group_wait: 0s, group_interval: 1s }
  secrets_dir: ${secrets}
  time_scale: ${1 / 60}
  pagerduty: { url: "${receivers.url}/v2/enqueue" }
  slack:
`,
  { PAGERDUTY_ROUTING_KEY: "a".repeat(32), SLACK_WEBHOOK_URL: `${receivers.url}/slack/default` },
);
const operator = await connect({
  credential: JSON.parse(readFileSync(join(bridge.data, "operator.json"), "utf8")) as Credential,
});
const drill = await openDrill({
  bridge,
  operator,
  connect: (credential) => connect({ credential, url: bridge.url }),
  pause,
});
const began = Date.now();
await pause(BEFORE_MS);
for (const alert of ["SecurityViolationCritical", "RateLimitViolationsHigh", "ElicitationErrorRateHigh"]) {
  const scenario = drill.scenarios.find((each) => each.alert === alert);
  await scenario?.provoke();
  await pause(BETWEEN_MS);
  await scenario?.relieve();
}
await pause(AFTER_MS);
const ended = Date.now();

interface Range {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly values: [number, string][] }[];
  };
}
const ask = async (expr: string): Promise<Answered["series"]> => {
  const query = new URLSearchParams({
    query: expr.replaceAll("$__rate_interval", RATE_INTERVAL).replaceAll("$__interval", `${STEP_S}s`),
    start: String(began / 1000),
    end: String(ended / 1000),
    step: String(STEP_S),
  });
  const answer = JSON.parse(await phone.get(`${stack.prometheus}/api/v1/query_range?${query}`)) as Range;
  return answer.data.result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([at, value]) => [at - began / 1000, Number(value)] as const),
  }));
};

const drawn: { readonly dashboard: Dashboard; readonly answers: ReadonlyMap<number, readonly Answered[]> }[] = [];
for (const [path, text] of renderAll(stack.spec)) {
  if (!path.startsWith("grafana/dashboards/")) continue;
  const dashboard = JSON.parse(text) as Dashboard;
  const answers = new Map<number, readonly Answered[]>();
  for (const [index, { targets = [] }] of dashboard.panels.entries()) {
    const all: Answered[] = [];
    for (const { expr, legendFormat } of targets)
      all.push({ ...(legendFormat === undefined ? {} : { legend: legendFormat }), series: await ask(expr) });
    answers.set(index, all);
  }
  drawn.push({ dashboard, answers });
}

const { version } = JSON.parse(
  await phone.get(`${stack.prometheus}/api/v1/status/buildinfo`).then((text) => JSON.stringify(JSON.parse(text).data)),
) as { readonly version: string };
const { answered } = drill.load.counts();
await drill.close();
operator.close();
await stack.stop();
await receivers.close();
await bridge.stop();

const about = `Drawn by docs/write-dashboards.ts from the answers of Prometheus ${version} about a bridge that took ${answered} questions in ${Math.round((ended - began) / 1000)} s and was hurt three times. Not a screenshot of Grafana.`;
const overview = drawn.find(({ dashboard }) => dashboard.uid === "lighthouse-overview");
if (overview !== undefined) {
  const { dashboard, answers } = overview;
  const file = new URL("./dashboard.svg", import.meta.url);
  writeFileSync(file, draw(dashboard, answers, (ended - began) / 1000, about));
}
writeFileSync(new URL("./dashboards.html", import.meta.url), page(drawn, (ended - began) / 1000, about));
for (const { dashboard, answers } of drawn) {
  const empty = dashboard.panels.filter(
    ({ targets = [] }, index) =>
      targets.length > 0 && !(answers.get(index) ?? []).some(({ series }) => series.length > 0),
  );
  const queried = dashboard.panels.filter(({ targets = [] }) => targets.length > 0).length;
  console.log(`${dashboard.title}: ${queried - empty.length} of ${queried} panels had data`);
  for (const { title } of empty) console.log(`  nothing: ${title}`);
}
process.exit(0);
