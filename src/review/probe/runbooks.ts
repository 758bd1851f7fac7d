import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "runbooks.json";
/** Fewer steps than this help nobody who was woken up. */
const STEPS_MIN = 3;

/** The runbook of one alert as it is published, and what a person who is called needs of it. */
export interface RunbookFound {
  readonly alert: string;
  /** SHA-256 of its text in hex; null: there is none. */
  readonly digest: string | null;
  /** Of the headings that every runbook has, how many are not there. */
  readonly missing: number;
  readonly steps: number;
  readonly commands: number;
}

export const runbooksProbe = (read: (() => Promise<readonly RunbookFound[]>) | undefined): Probe => ({
  id: "runbooks",
  version: 1,
  does: "reads the runbook of every alert that is loaded, and one for the rollback, and counts steps and commands",
  sabotage: "one runbook is taken away",
  checks: [
    {
      id: "operations.runbooks",
      title: "Whoever is called finds a runbook with everything in it",
      section: "operations",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "complete",
          unit: "runbooks",
          how: {
            kind: "all",
            rows: { file: FILE, each: "" },
            that: [
              [{ at: "/digest" }, "ne", { is: null }],
              [{ at: "/missing" }, "eq", { is: 0 }],
              [{ at: "/steps" }, "ge", { is: STEPS_MIN }],
            ],
          },
          tolerance: { is: true },
        },
        {
          name: "runbooks",
          unit: "runbooks",
          how: { kind: "count", rows: { file: FILE, each: "" } },
          tolerance: { min: 2 },
        },
      ],
    },
  ],
  run: async () =>
    read === undefined
      ? notRun("unavailable", "there is no monitoring.yaml (--monitoring)")
      : measured(json(FILE, await read())),
});
