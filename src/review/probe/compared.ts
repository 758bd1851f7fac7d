import type { Severity } from "../policy.ts";
import type { Compared } from "./monitoring-port.ts";
import { HOUR_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "compared.json";

export interface ComparedProduct {
  /** Within the check's id: `prometheus-rules`. */
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
}

/** One monitoring product: it answers, and what it runs is what monitoring.yaml renders to. */
export const comparedProbe = (
  { name, title, severity }: ComparedProduct,
  compare: (() => Promise<readonly Compared[] | string>) | undefined,
): Probe => ({
  id: name,
  version: 1,
  does: `asks ${name} for what it has loaded, and holds it against what monitoring.yaml renders to`,
  sabotage: `${name} runs a file that is older than monitoring.yaml`,
  checks: [
    {
      id: `monitoring.${name}`,
      title,
      section: "monitoring",
      severity,
      ttlMs: HOUR_MS,
      measures: [
        {
          name: "as-rendered",
          unit: "questions",
          how: {
            kind: "all",
            rows: { file: FILE, each: "" },
            that: [
              [{ at: "/answered" }, "eq", { is: true }],
              [{ length: { at: "/differences" } }, "eq", { is: 0 }],
            ],
          },
          tolerance: { is: true },
        },
      ],
    },
  ],
  run: async () => {
    if (compare === undefined) return notRun("unavailable", "there is no monitoring.yaml (--monitoring)");
    const compared = await compare();
    return typeof compared === "string" ? notRun("unavailable", compared) : measured(json(FILE, compared));
  },
});
