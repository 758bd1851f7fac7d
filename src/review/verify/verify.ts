import { assemble } from "../certificate/assemble.ts";
import { provenEvents } from "../certificate/facts.ts";
import { svrOf } from "../certificate/issue.ts";
import type { Certificate, Predicate, Verdict } from "../certificate/statement.ts";
import type { Subject } from "../check.ts";
import { digestOf, msOf } from "../digest.ts";
import type { Evidence } from "../evidence/descriptor.ts";
import { SKEW_MS } from "../outcomes.ts";
import type { Policy } from "../policy.ts";
import { readBundle } from "./bundle.ts";
import { differences, shown } from "./compare.ts";
import { checkEvidence } from "./evidence.ts";
import { type Finding, type FindingCode, finding } from "./finding.ts";
import { policyFor } from "./policy.ts";
import { checkRuns } from "./runs.ts";
import { readStatements, type Statements } from "./statements.ts";
import { reviewersOf, type Trust } from "./trust.ts";

export interface VerifyOptions {
  readonly trust: Trust;
  /** The raw evidence as it was found, by the digest that it is said to have; checked here. */
  readonly evidence: Evidence;
  /** The policy to judge by; otherwise the one in the evidence, if the trust file has its digest. */
  readonly policy?: unknown;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What runs now, to be held against what was judged. */
  readonly live?: Subject;
}

export type Status = "valid" | "expired" | "stale" | "revoked" | "invalid";

export interface Verification {
  readonly status: Status;
  readonly findings: readonly Finding[];
  /** Of the certificate, once its signature holds and it fits its schema; to be believed only when `valid`. */
  readonly predicate?: Predicate;
  readonly subject?: Subject;
  /** Digest of the certificate's line. */
  readonly sha256?: string;
  /** What was looked at. */
  readonly looked: Looked;
}

export interface Looked {
  readonly signatures: number;
  readonly evidenceFiles: number;
  readonly evidenceBytes: number;
  readonly proofs: number;
  readonly numbers: number;
  readonly checks: number;
}

/**
 * Whether a certificate is what its evidence says. Pure: no network, no secret, no clock. It believes the trust file and
 * nothing else: every number is made again from raw bytes, every outcome from the numbers, the verdict from all of it,
 * and what was said is held against that, place by place. Never throws, whatever it is given.
 */
export const verifyCertificate = (bundle: Uint8Array, options: VerifyOptions): Verification => {
  const read = readBundle(bundle);
  if (!read.ok) return unreadable(finding("unreadable", `line ${read.line}`, "", read.detail));
  const statements = readStatements(read.lines, options.trust);
  if (statements.certificate === undefined) return { ...unreadable(), findings: statements.findings };
  const { statement, line } = statements.certificate;
  const looked = { ...nothing, signatures: 1 + statements.runs.length };
  const findings = [
    ...statements.findings,
    ...ofIssuer(statements.certificate, options.trust),
    ...checkRuns(statements.certificate, statements.runs),
    ...ofSubject(statement, options),
  ];
  const base = { predicate: statement.predicate, subject: statement.subject, sha256: line.sha256 };

  const evidence = checkEvidence(statements.runs, options.evidence);
  findings.push(...evidence.findings);
  const seen = { ...looked, evidenceFiles: evidence.files, evidenceBytes: evidence.bytes };
  const policy = policyFor(statement.predicate.policy.digest.sha256, options);
  if (!policy.ok) findings.push(policy.finding);
  const { log } = statement.predicate;
  const proven = provenEvents(log, options.trust.logs);
  if (!proven.ok)
    for (const { code, pointer, detail } of proven.problems)
      findings.push(finding(code, "certificate", `/predicate/log${pointer}`, detail));
  if (policy.ok && proven.ok) {
    const recomputed = recompute(statement, statements, policy.policy, evidence.evidence, proven.events, options);
    findings.push(...recomputed);
  }
  findings.push(...ofSvr(statements, statement));
  findings.push(...ofTime(statement, line.sha256, options));
  return {
    status: statusOf(findings),
    findings,
    ...base,
    looked: {
      ...seen,
      proofs: log.records.length,
      numbers: statement.predicate.checks.reduce((n, c) => n + ("measurements" in c ? c.measurements.length : 0), 0),
      checks: statement.predicate.checks.length,
    },
  };
};

/** The verdict of a certificate that was found valid; undefined of any other. */
export const verdictOf = ({ status, predicate }: Verification): Verdict | undefined =>
  status === "valid" ? predicate?.verdict : undefined;

const nothing: Looked = { signatures: 0, evidenceFiles: 0, evidenceBytes: 0, proofs: 0, numbers: 0, checks: 0 };
const unreadable = (...findings: readonly Finding[]): Verification => ({
  status: "invalid",
  findings,
  looked: nothing,
});

const ofIssuer = (
  { statement, keys }: NonNullable<Statements["certificate"]>,
  { issuersMin }: Trust,
): readonly Finding[] => {
  const at = msOf(statement.predicate.issuedAt);
  const issuers = keys.filter(({ role, notBefore, notAfter }) => role === "issuer" && notBefore <= at && at < notAfter);
  const names = new Set(issuers.map(({ name }) => name));
  if (names.size < issuersMin)
    return [finding("issuer", "certificate", "", `${names.size} of ${issuersMin} trusted issuers signed it then`)];
  return names.has(statement.predicate.issuer)
    ? []
    : [
        finding(
          "issuer",
          "certificate",
          "/predicate/issuer",
          `the key that signed is not ${statement.predicate.issuer}'s`,
        ),
      ];
};

const ofSubject = ({ subject }: Certificate, { trust, live }: VerifyOptions): readonly Finding[] => {
  const names = new Set(subject.map(({ name }) => name));
  const findings: Finding[] = [];
  if (names.size !== subject.length)
    findings.push(finding("subject", "certificate", "/subject", "names a thing twice"));
  for (const [expected, code, who] of [
    [trust.subject ?? [], "subject", "the trust file expects"],
    [live ?? [], "drift", "now there is"],
  ] as const) {
    for (const { name, digest } of expected) {
      const i = subject.findIndex((one) => one.name === name);
      if (subject[i]?.digest.sha256 !== digest.sha256)
        findings.push(
          finding(
            code,
            code === "drift" ? "live" : "certificate",
            `/subject/${Math.max(i, 0)}/digest/sha256`,
            `${name}: the certificate is about ${subject[i]?.digest.sha256 ?? "none"}, ${who} ${digest.sha256}`,
          ),
        );
    }
  }
  return findings;
};

const recompute = (
  { predicate, subject }: Certificate,
  { runs }: Statements,
  policy: Policy,
  evidence: Evidence,
  events: Parameters<typeof assemble>[0]["events"],
  { trust }: VerifyOptions,
): readonly Finding[] => {
  const { id, review, title, issuer, profile, log, supersedes } = predicate;
  const byDigest = new Map(runs.map(({ line, run }) => [line.sha256, run]));
  const signed = predicate.inputs.flatMap(({ name, digest: { sha256 } }) => {
    const run = byDigest.get(sha256);
    return run === undefined ? [] : [{ name, sha256, run }];
  });
  const follows = assemble({
    ...{ id, review, title, issuer, profile, subject, policy, evidence, log, events },
    runs: signed,
    reviewers: reviewersOf(trust),
    issuedAt: msOf(predicate.issuedAt),
    ...(supersedes === undefined ? {} : { supersedes: supersedes.sha256 }),
  });
  return differences(predicate, follows).map(({ pointer, said, recomputed }) =>
    finding(
      codeOf(pointer),
      "certificate",
      `/predicate${pointer}`,
      `it says ${shown(said)}; from the evidence follows ${shown(recomputed)}`,
    ),
  );
};

/** What a lie at this place is called. */
const codeOf = (pointer: string): FindingCode => {
  const [, member = "", , part = ""] = pointer.split("/");
  switch (member) {
    case "checks":
      if (pointer === "/checks") return "checks";
      return part === "measurements" ? "number" : "outcome";
    case "conditions":
      return "condition";
    case "signOffs":
      return "sign-off";
    case "verdict":
    case "rolloutPercent":
    case "reasons":
      return "verdict";
    case "validUntil":
      return "validity";
    case "policy":
      return "policy";
    case "inputs":
      return "inputs";
    default:
      return "altered";
  }
};

const ofSvr = ({ svr, certificate }: Statements, { predicate, subject }: Certificate): readonly Finding[] => {
  if (svr === undefined)
    return predicate.verdict === "GO"
      ? [finding("svr", "certificate", "", "the result that goes with GO is not there")]
      : [];
  const where = `line ${svr.line.number}`;
  if (predicate.verdict !== "GO")
    return [finding("svr", where, "", "a passing result beside a certificate that is not GO")];
  if (!svr.keys.some((key) => key.role === "issuer" && certificate?.keys.includes(key)))
    return [finding("svr", where, "/signatures", "is not signed by who signed the certificate")];
  const { subject: about, predicate: said } = svr.statement as {
    readonly subject: unknown;
    readonly predicate: unknown;
  };
  return digestOf({ about, said }) === digestOf({ about: subject, said: svrOf(predicate) })
    ? []
    : [finding("svr", where, "/predicate", "says something else than the certificate")];
};

const ofTime = ({ predicate }: Certificate, sha256: string, { trust, now }: VerifyOptions): readonly Finding[] => {
  const findings: Finding[] = [];
  const [issued, until] = [msOf(predicate.issuedAt), msOf(predicate.validUntil)];
  if (!(issued <= now + SKEW_MS))
    findings.push(finding("not-yet", "certificate", "/predicate/issuedAt", "lies in the future"));
  if (!(now < until)) findings.push(finding("expired", "certificate", "/predicate/validUntil", "has passed"));
  if (trust.revoked.includes(sha256)) findings.push(finding("revoked", "trust", "/revoked", "names this certificate"));
  return findings;
};

const statusOf = (findings: readonly Finding[]): Status => {
  const codes = new Set(findings.map(({ code }) => code));
  if (findings.some(({ code }) => code !== "expired" && code !== "revoked" && code !== "drift")) return "invalid";
  if (codes.has("revoked")) return "revoked";
  if (codes.has("drift")) return "stale";
  return codes.has("expired") ? "expired" : "valid";
};
