import { canonical } from "../../signing/canonical.ts";
import { msOf } from "../digest.ts";
import { SKEW_MS } from "../outcomes.ts";
import { type Finding, finding } from "./finding.ts";
import type { Statements } from "./statements.ts";

/** Every run that the certificate rests on is here, signed by who measured, about the same review and the same build. */
export const checkRuns = (
  certificate: NonNullable<Statements["certificate"]>,
  runs: Statements["runs"],
): readonly Finding[] => {
  const { predicate, subject } = certificate.statement;
  const listed = predicate.inputs.map(({ digest }) => digest.sha256);
  const here = runs.map(({ line }) => line.sha256);
  const findings: Finding[] = [];
  for (const [i, sha256] of listed.entries()) {
    const at = `/predicate/inputs/${i}`;
    if (!here.includes(sha256))
      findings.push(finding("inputs", "certificate", at, `run ${sha256} is not in this file`));
    if (listed.indexOf(sha256) !== i) findings.push(finding("inputs", "certificate", at, "names a run twice"));
  }
  const issued = msOf(predicate.issuedAt);
  for (const { line, keys, subject: about, run } of runs) {
    const where = `line ${line.number}`;
    const ended = msOf(run.endedAt);
    if (!listed.includes(line.sha256))
      findings.push(finding("inputs", where, "", "a run that the certificate does not name"));
    const prober = keys.find(
      ({ role, name, notBefore, notAfter }) =>
        role === "prober" && name === run.prober && notBefore <= ended && ended < notAfter,
    );
    if (prober === undefined)
      findings.push(finding("prober", where, "/predicate/prober", `no trusted prober ${run.prober} signed it then`));
    if (run.review !== predicate.review)
      findings.push(finding("run", where, "/predicate/review", `is of review ${run.review}`));
    if (run.profile !== predicate.profile)
      findings.push(finding("run", where, "/predicate/profile", `is of profile ${run.profile}`));
    if (canonical(about) !== canonical(subject))
      findings.push(finding("subject", where, "/subject", "is about another build, configuration or set of rules"));
    if (!(ended <= issued + SKEW_MS && msOf(run.startedAt) <= ended))
      findings.push(finding("run", where, "/predicate/endedAt", "does not lie before the certificate"));
  }
  return findings;
};
