import type { Severity } from "../policy.ts";
import { ANSWERS, answerMeasures } from "./answers.ts";
import type { Asked } from "./monitoring-port.ts";
import { HOUR_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "verified.json";

export interface Product {
  /** As the questions to it begin: `prometheus` of `prometheus.rules`. */
  readonly name: keyof typeof answerMeasures;
  readonly title: string;
  readonly severity: Severity;
}

/** One monitoring product: it answers, does its work, and runs what monitoring.yaml renders to. */
export const verifiedProbe = (
  { name, title, severity }: Product,
  verify: (() => Promise<Asked>) | undefined,
): Probe => ({
  id: `monitoring-${name}`,
  version: 2,
  does: `asks ${name} what \`lighthouse monitoring verify\` asks it, and keeps every answer as it came, from which all is made again`,
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
          name: "as-it-should-be",
          unit: "share of the questions",
          how: {
            kind: "ratio",
            rows: { file: FILE, each: "", where: [[{ at: "/isWanted" }, "eq", { is: true }]] },
            that: [[{ at: "/state" }, "eq", { is: "pass" }]],
          },
          tolerance: { min: 1 },
        },
        ...answerMeasures[name],
      ],
    },
  ],
  run: async () => {
    if (verify === undefined) return notRun("unavailable", "there is no monitoring.yaml (--monitoring)");
    const { checks, answers } = await verify();
    const own = checks.filter(({ check }) => check.startsWith(`${name}.`));
    const wanted = own.filter(({ isWanted }) => isWanted);
    const [first] = wanted;
    if (first === undefined) return notRun("skipped", `monitoring.yaml does not want ${name}`);
    // Nobody there is nobody asked; with somebody there, a question without an answer is a finding.
    if (wanted.every(({ state }) => state === "not run")) return notRun("unavailable", first.evidence.answered);
    return measured(json(FILE, own), json(ANSWERS, answers[name]));
  },
});
