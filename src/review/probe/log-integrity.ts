import type { LogFile, LogReport, SignedRoot } from "./log-port.ts";
import { HOUR_MS, is as isIn, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "log.json";
const LEAVES = "leaves.txt";
const is = isIn(FILE);

/** The whole log made again from its records, and a copy with one bit changed, in which that must be found. */
export const logIntegrityProbe = (log: LogFile | undefined): Probe => ({
  id: "log-integrity",
  version: 1,
  does:
    "verifies every event, hash, tile and checkpoint of the live log, keeps all leaf hashes with the newest signed " +
    "checkpoint, then changes one bit in a copy and verifies that",
  sabotage: "verification passes over records that do not match their hash",
  checks: [
    {
      id: "integrity.log",
      title: "Every event of the log is whole and in its place, and a single changed bit would be found",
      section: "integrity",
      severity: "blocker",
      ttlMs: HOUR_MS,
      measures: [
        is("verified", "/report/ok", true),
        is("signatures-checked", "/signaturesChecked", true),
        is("copy-verified", "/untouched/ok", true),
        is("tampered-copy-verified", "/tampered/ok", false),
        {
          name: "found-where-it-is",
          unit: "position",
          how: { kind: "equal", left: { file: FILE, at: "/flipped" }, right: { file: FILE, at: "/foundAt" } },
          tolerance: { is: true },
        },
        {
          name: "root-of-the-leaves",
          unit: "RFC 6962 root",
          how: { kind: "merkle", leaves: LEAVES, root: { file: FILE, at: "/checkpoint/root" } },
          tolerance: { is: true },
        },
      ],
    },
  ],
  run: async (stage) => {
    if (log === undefined) return notRun("unavailable", "the log's file is not on this machine (--data)");
    const report = await log.verify(stage.progress);
    const { leaves, checkpoint } = await log.tree();
    const copy = await log.copy();
    try {
      const untouched = await copy.verify();
      const flipped = await copy.flipBit(stage.rng);
      const tampered = await copy.verify();
      const findings: LogFindings = {
        report,
        signaturesChecked: report.ok && report.signaturesChecked,
        untouched,
        flipped,
        tampered,
        foundAt: tampered.ok ? null : tampered.position,
        checkpoint,
      };
      return measured(json(FILE, findings), { name: LEAVES, mediaType: "text/plain", bytes: Buffer.from(leaves) });
    } finally {
      copy.discard();
    }
  },
});

interface LogFindings {
  readonly report: LogReport;
  readonly signaturesChecked: boolean;
  readonly untouched: LogReport;
  /** Position of the event in whose record a bit was changed, and where verification found it. */
  readonly flipped: number;
  readonly foundAt: number | null;
  readonly tampered: LogReport;
  /** The newest signed checkpoint, with its root in base64. */
  readonly checkpoint: SignedRoot;
}
