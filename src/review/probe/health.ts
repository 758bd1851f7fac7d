import type { Measure } from "../policy.ts";
import { HOUR_MS, json, measured, type Probe } from "./probe.ts";

const FILE = "health.json";
const healthPaths = ["/health", "/ready", "/elicitation/health", "/event-store/health"] as const;
/** The control: a server that answers 200 to everything would be found well for no reason. */
const NO_SUCH_PAGE = "/there-is-no-such-page";

/** What the bridge says about itself, read like a load balancer would. */
export const healthProbe: Probe = {
  id: "health",
  version: 1,
  does: "reads every health endpoint and /metrics, and a page that does not exist",
  sabotage: "the event store's health is answered with an error",
  checks: [
    {
      id: "operations.health",
      title: "Every health endpoint answers, and says that all is well",
      section: "operations",
      severity: "blocker",
      ttlMs: HOUR_MS,
      measures: [
        {
          name: "answered-200",
          unit: "pages",
          how: {
            kind: "count",
            rows: { file: FILE, each: "" },
            that: [[{ at: "/response/status" }, "eq", { is: 200 }]],
          },
          tolerance: { between: [healthPaths.length + 1, healthPaths.length + 1] },
        },
        ...healthPaths.map(
          (path): Measure => ({
            name: `says${path.replaceAll("/", "-")}`,
            unit: "well",
            how: {
              kind: "all",
              rows: { file: FILE, each: "", where: [[{ at: "/request/path" }, "eq", { is: path }]] },
              that: [[{ at: "/response/body" }, "has", { is: path === "/ready" ? '"ready":true' : '"status":"ok"' }]],
            },
            tolerance: { is: true },
          }),
        ),
        {
          name: "unknown-page",
          unit: "404",
          how: {
            kind: "all",
            rows: { file: FILE, each: "", where: [[{ at: "/request/path" }, "eq", { is: NO_SUCH_PAGE }]] },
            that: [[{ at: "/response/status" }, "eq", { is: 404 }]],
          },
          tolerance: { is: true },
        },
      ],
    },
  ],
  run: async (stage) => {
    const exchanges = [];
    for (const path of paths) exchanges.push(await stage.http({ method: "GET", path }));
    return measured(json(FILE, exchanges));
  },
};

const paths = [...healthPaths, "/metrics", NO_SUCH_PAGE] as const;
