import type { RollbackStep } from "./monitoring-port.ts";
import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "rollback.json";
const STEPS = 7;
const BUDGET_MS = 300_000;

export const rollbackProbe = (rehearse: (() => Promise<readonly RollbackStep[] | string>) | undefined): Probe => ({
  id: "rollback",
  version: 1,
  does: "goes through the emergency rollback on the running system and times every step by a clock that never goes back",
  sabotage: "the kill switch is acknowledged and not obeyed",
  checks: [
    {
      id: "operations.rollback",
      title: "The seven steps of the emergency rollback were gone through in less than five minutes, and each held",
      section: "operations",
      severity: "major",
      ttlMs: 7 * DAY_MS,
      measures: [
        {
          name: "took",
          unit: "ms",
          how: { kind: "sum", rows: { file: FILE, each: "" }, of: { at: "/ms" } },
          tolerance: { max: BUDGET_MS },
        },
        {
          name: "steps-that-held",
          unit: "steps",
          how: { kind: "count", rows: { file: FILE, each: "" }, that: [[{ at: "/held" }, "eq", { is: true }]] },
          tolerance: { between: [STEPS, STEPS] },
        },
      ],
    },
  ],
  run: async () => {
    if (rehearse === undefined) return notRun("unavailable", "there is nothing to rehearse the rollback with");
    const steps = await rehearse();
    return typeof steps === "string" ? notRun("unavailable", steps) : measured(json(FILE, steps));
  },
});
