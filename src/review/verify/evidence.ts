import { sha256Of } from "../digest.ts";
import { EVIDENCE_BYTES_MAX, type Evidence } from "../evidence/descriptor.ts";
import { type Finding, finding } from "./finding.ts";
import type { Statements } from "./statements.ts";

export interface CheckedEvidence {
  /** What is there and has the digest that it goes by. */
  readonly evidence: Evidence;
  readonly files: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/** Every file that a run names is there, whole and unchanged. */
export const checkEvidence = (runs: Statements["runs"], given: Evidence): CheckedEvidence => {
  const sound = new Map<string, Uint8Array>();
  const findings: Finding[] = [];
  let total = 0;
  for (const { line, run } of runs) {
    for (const [i, result] of run.results.entries()) {
      if (result.state !== "ran") continue;
      const lists = [
        ["evidence", result.evidence],
        ["selfTest/evidence", result.selfTest?.evidence ?? []],
      ] as const;
      for (const [member, files] of lists) {
        for (const [j, { name, digest, annotations }] of files.entries()) {
          const at = `/predicate/results/${i}/${member}/${j}`;
          const bytes = sound.get(digest.sha256) ?? given.get(digest.sha256);
          if (bytes === undefined) {
            findings.push(
              finding("evidence-missing", `line ${line.number}`, at, `${name} (${digest.sha256}) is not there`),
            );
            continue;
          }
          if (!sound.has(digest.sha256)) {
            total += bytes.byteLength;
            if (total > EVIDENCE_BYTES_MAX) {
              const detail = `all evidence together is over ${EVIDENCE_BYTES_MAX} bytes`;
              return {
                evidence: new Map(),
                files: 0,
                bytes: 0,
                findings: [finding("evidence-altered", "evidence", "", detail)],
              };
            }
            if (sha256Of(bytes) !== digest.sha256) {
              findings.push(
                finding("evidence-altered", `line ${line.number}`, at, `${name} is not ${digest.sha256} any more`),
              );
              continue;
            }
            sound.set(digest.sha256, bytes);
          }
          if (bytes.byteLength !== annotations.bytes)
            findings.push(
              finding("evidence-altered", `line ${line.number}`, `${at}/annotations/bytes`, `has ${bytes.byteLength}`),
            );
        }
      }
    }
  }
  return { evidence: sound, files: sound.size, bytes: total, findings };
};
