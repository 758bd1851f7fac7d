import type { LogFile, LogReport, SignedRoot } from "./log-port.ts";
import { HOUR_MS, is as isIn, json, notRun, type Probe, type Raw } from "./probe.ts";

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
      selfTest: true,
      measures: [
        is("verified", "/report/ok", true),
        is("signatures-checked", "/signaturesChecked", true),
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
    const lines: Raw = { name: LEAVES, mediaType: "text/plain", bytes: Buffer.from(leaves) };
    const copy = await log.copy();
    try {
      const untouched = await copy.verify();
      if (!untouched.ok) return notRun("error", `a copy of the log does not verify: ${untouched.what}`);
      const flipped = await copy.flipBit(stage.rng);
      const tampered = await copy.verify();
      const where = tampered.ok || tampered.position === flipped ? "" : `, and found at ${tampered.position}`;
      return {
        ran: true,
        evidence: [json(FILE, findingsOf(report, checkpoint)), lines],
        selfTest: {
          sabotage: `one bit of the record at position ${flipped} was changed in a copy${where}`,
          evidence: [json(FILE, findingsOf(tampered, checkpoint)), lines],
        },
      };
    } finally {
      copy.discard();
    }
  },
});

/** What was found, with the newest signed checkpoint and its root in base64. */
const findingsOf = (report: LogReport, checkpoint: SignedRoot) => ({
  report,
  signaturesChecked: report.ok && report.signaturesChecked,
  checkpoint,
});
