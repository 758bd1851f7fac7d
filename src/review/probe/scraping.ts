import type { Json } from "../../domain/json.ts";
import type { Monitored } from "./monitoring-port.ts";
import { HOUR_MS, json, measured, notRun, type Probe, type Stage } from "./probe.ts";

const FILE = "scraping.json";
const METRIC = "lighthouse_log_events_appended_total";
const EVENT = "lighthouse.review.scraped";

/** A Prometheus that can be reached and does not scrape is the commonest monitoring there is. */
export const scrapingProbe = (monitored: Monitored | undefined): Probe => ({
  id: "scraping",
  version: 2,
  does:
    "asks Prometheus for its targets, appends an event, and waits until Prometheus has the value of the counter that " +
    "this changed",
  sabotage: "Prometheus scrapes another port",
  checks: [
    {
      id: "monitoring.scraping",
      title: "Prometheus scrapes this bridge, freshly and without an error, and has a value that was just changed",
      section: "monitoring",
      severity: "blocker",
      ttlMs: HOUR_MS,
      measures: [
        {
          name: "targets-up",
          unit: "targets",
          how: {
            kind: "all",
            rows: { file: FILE, each: "/targets" },
            that: [
              [{ at: "/health" }, "eq", { is: "up" }],
              [{ at: "/lastError" }, "eq", { is: "" }],
            ],
          },
          tolerance: { is: true },
        },
        {
          name: "age-over-two-intervals",
          unit: "ms",
          how: {
            kind: "max",
            rows: { file: FILE, each: "/targets" },
            of: {
              minus: [{ minus: [{ ms: { at: "/readAt" } }, { ms: { at: "/lastScrape" } }] }, { at: "/allowedMs" }],
            },
          },
          tolerance: { max: 0 },
        },
        {
          name: "has-the-changed-value",
          unit: METRIC,
          how: {
            kind: "matched",
            rows: { file: FILE, each: "/wanted" },
            among: { file: FILE, each: "/answer/data/result" },
            that: [[{ number: { at: "/1/value/1" } }, "ge", { at: "/0/atLeast" }]],
          },
          tolerance: { min: 1 },
        },
        {
          name: "it-changed",
          unit: METRIC,
          how: { kind: "value", file: FILE, of: { minus: [{ at: "/bridge" }, { at: "/before" }] } },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  run: async (stage) => {
    if (monitored === undefined) return notRun("unavailable", "there is no monitoring.yaml (--monitoring)");
    const before = await exposed(stage);
    await stage.operator.events.append(EVENT, { review: stage.review });
    const bridge = await exposed(stage);
    const seen = await untilSeen(stage, monitored, bridge);
    const targets = await targetsOf(stage, monitored);
    const wanted = [{ metric: METRIC, atLeast: bridge }];
    return measured(json(FILE, { before, bridge, wanted, ...seen, targets }));
  },
});

/** The bridge's own number, where everybody can read it. */
const exposed = async ({ http }: Stage): Promise<number> => {
  const { response } = await http({ method: "GET", path: "/metrics" });
  const line = response.body.split("\n").find((each) => each.startsWith(`${METRIC} `) || each.startsWith(`${METRIC}{`));
  return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
};

const LOOK_EVERY_MS = 200;
const INTERVALS = 3;

const untilSeen = async (stage: Stage, { prometheus, job, get, scrapeMs }: Monitored, wanted: number) => {
  const began = stage.clock.monotonic();
  const query = encodeURIComponent(`max(${METRIC}{job="${job}"})`);
  for (;;) {
    const answer = await get(`${prometheus}/api/v1/query?query=${query}`);
    const value = Number((answer as unknown as QueryAnswer).data.result[0]?.value[1] ?? -1);
    const waitedMs = Math.round(stage.clock.monotonic() - began);
    if (value >= wanted || waitedMs > INTERVALS * scrapeMs + LOOK_EVERY_MS * 10) return { answer, waitedMs };
    await stage.pause(LOOK_EVERY_MS);
  }
};

interface QueryAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly scrapeUrl: string;
}

const targetsOf = async (stage: Stage, { prometheus, job, get, scrapeMs }: Monitored): Promise<readonly Json[]> => {
  const answer = (await get(`${prometheus}/api/v1/targets?state=active`)) as unknown as {
    readonly data: { readonly activeTargets: readonly Target[] };
  };
  const readAt = new Date(stage.clock.now()).toISOString();
  return answer.data.activeTargets
    .filter(({ labels }) => labels["job"] === job)
    .map((target) => ({
      ...(target as unknown as { readonly [name: string]: Json }),
      readAt,
      allowedMs: 2 * scrapeMs,
    }));
};
