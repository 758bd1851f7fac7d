import type { Drilled } from "./monitoring-port.ts";
import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "drill.json";

export const drillProbe = (drill: (() => Promise<readonly Drilled[] | string>) | undefined): Probe => ({
  id: "drill",
  version: 1,
  does: "breaks a threshold on the running system, and follows the alert until somebody is called and until it is over",
  sabotage: "Prometheus does not know its Alertmanager",
  checks: [
    {
      id: "alerting.drill",
      title: "A threshold that was really broken called somebody in the time that is promised, and resolved",
      section: "alerting",
      severity: "major",
      ttlMs: 7 * DAY_MS,
      measures: [
        {
          name: "late-by",
          unit: "ms",
          how: {
            kind: "max",
            rows: { file: FILE, each: "" },
            of: { minus: [{ at: "/pageMs" }, { at: "/pageMsMax" }] },
          },
          tolerance: { max: 0 },
        },
        {
          name: "without-failure",
          unit: "drills",
          how: {
            kind: "all",
            rows: { file: FILE, each: "" },
            that: [[{ length: { at: "/failures" } }, "eq", { is: 0 }]],
          },
          tolerance: { is: true },
        },
      ],
    },
  ],
  run: async () => {
    if (drill === undefined) return notRun("unavailable", "there is no drill to run (--monitoring, --drill)");
    const drilled = await drill();
    return typeof drilled === "string" ? notRun("unavailable", drilled) : measured(json(FILE, drilled));
  },
});
