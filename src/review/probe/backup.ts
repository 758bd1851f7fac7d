import type { LogFile } from "./log-port.ts";
import { DAY_MS, is as isIn, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "restored.json";
const is = isIn(FILE);

/** A backup that nobody has restored is a hope. */
export const backupProbe = (log: LogFile | undefined): Probe => ({
  id: "backup-restore",
  version: 1,
  does:
    "backs the log up while the bridge writes, restores that into a scratch folder, verifies it and compares its root " +
    "with that of the same events in the live log",
  sabotage: "the backup leaves out what is in the write-ahead log",
  checks: [
    {
      id: "operations.backup",
      title: "A backup made now can be restored, verifies, and holds the events of the live log",
      section: "operations",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        is("restored-verifies", "/report/ok", true),
        {
          name: "same-root",
          unit: "root",
          how: { kind: "equal", left: { file: FILE, at: "/liveRoot" }, right: { file: FILE, at: "/restoredRoot" } },
          tolerance: { is: true },
        },
        {
          name: "nothing-missing",
          unit: "events",
          how: {
            kind: "value",
            file: FILE,
            of: { minus: [{ at: "/restoredEvents" }, { at: "/eventsBefore" }] },
          },
          tolerance: { min: 0 },
        },
      ],
    },
  ],
  run: async () => {
    if (log === undefined) return notRun("unavailable", "the log's file is not on this machine (--data)");
    return measured(json(FILE, await log.restore()));
  },
});
