import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "drift.json";

/** What monitoring.yaml renders to now, and what is on disk; digests are SHA-256 in hex. */
export interface Drift {
  readonly expected: Readonly<Record<string, string>>;
  readonly found: Readonly<Record<string, string>>;
}

export const renderedFilesProbe = (compare: (() => Promise<Drift>) | undefined): Probe => ({
  id: "rendered-files",
  version: 1,
  does: "renders monitoring.yaml again and compares every file with the folder that the monitoring products read",
  sabotage: "somebody edits a rendered rule by hand",
  checks: [
    {
      id: "monitoring.rendered-files",
      title: "The monitoring products read what monitoring.yaml says, and nothing else",
      section: "monitoring",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "same-files",
          unit: "digests",
          how: { kind: "equal", left: { file: FILE, at: "/expected" }, right: { file: FILE, at: "/found" } },
          tolerance: { is: true },
        },
        {
          name: "files",
          unit: "files",
          how: { kind: "count", rows: { file: FILE, each: "/expected" } },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  run: async () =>
    compare === undefined
      ? notRun("unavailable", "there is no monitoring.yaml, or no folder of rendered files (--monitoring, --rendered)")
      : measured(json(FILE, await compare())),
});
