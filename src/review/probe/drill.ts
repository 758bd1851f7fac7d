import type { LogEvent } from "../../client/wire.ts";
import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "drill.json";
const EVENT = "monitoring.drill.completed";
/** Whatever a drill promises itself: a page after a quarter of an hour is none. */
const PAGE_MS_MAX = 900_000;

/** A drill hurts a bridge, so it has one of its own; what it came to stands in the log of the bridge that is reviewed. */
export const drillProbe: Probe = {
  id: "drill",
  version: 2,
  does:
    "reads the newest drill in the log (`lighthouse monitoring drill`): which thresholds were really broken, how long it " +
    "took until somebody was called, and how old that is",
  sabotage: "the last drill's page came too late",
  checks: [
    {
      id: "alerting.drill",
      title: "Thresholds that were really broken called somebody in the time that is promised, this week",
      section: "alerting",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "passed",
          unit: "drill",
          how: { kind: "value", file: FILE, of: { at: "/event/data/payload/passed" } },
          tolerance: { is: true },
        },
        {
          name: "slowest-page",
          unit: "ms",
          how: { kind: "max", rows: { file: FILE, each: "/pages" }, of: { at: "/ms" } },
          tolerance: { max: PAGE_MS_MAX },
        },
        {
          name: "page-late-by",
          unit: "ms",
          how: {
            kind: "max",
            rows: { file: FILE, each: "/pages" },
            of: { minus: [{ at: "/ms" }, { at: "/withinMs" }] },
          },
          tolerance: { max: 0 },
        },
        {
          name: "age",
          unit: "ms",
          how: {
            kind: "value",
            file: FILE,
            of: { minus: [{ ms: { at: "/readAt" } }, { ms: { at: "/event/time" } }] },
          },
          tolerance: { max: 7 * DAY_MS },
        },
      ],
    },
  ],
  run: async ({ operator, clock }) => {
    const { events } = await operator.events.query({ name: EVENT, direction: "backward", limit: 1 });
    const [event] = events;
    if (event === undefined) return notRun("unavailable", "no drill is in the log: run `lighthouse monitoring drill`");
    return measured(json(FILE, { event, pages: pagesOf(event), readAt: new Date(clock.now()).toISOString() }));
  },
};

interface Drilled {
  readonly scenarios: readonly {
    readonly alert: string;
    readonly page_within_seconds: number;
    readonly hops: readonly { readonly hop: string; readonly ms: number }[];
  }[];
}

/** When each alert's page arrived; one that never did is as late as can be written down. */
const pagesOf = ({ data }: LogEvent) => {
  const { payload } = data as unknown as { readonly payload: Drilled };
  return payload.scenarios.map(({ alert, page_within_seconds, hops }) => ({
    alert,
    ms: hops.find(({ hop }) => hop === "page")?.ms ?? Number.MAX_SAFE_INTEGER,
    withinMs: page_within_seconds * 1000,
  }));
};
