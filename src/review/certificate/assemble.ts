import type { ProbeRun, Subject } from "../check.ts";
import { digestOf, momentOf, msOf } from "../digest.ts";
import type { Evidence } from "../evidence/descriptor.ts";
import { judge } from "../judge.ts";
import { outcomesOf } from "../outcomes.ts";
import type { Policy } from "../policy.ts";
import type { Outcome } from "../result.ts";
import { censusOf, conditionEntry, conditionsOf } from "./conditions.ts";
import { coreDigest } from "./core.ts";
import type { ProvenEvent } from "./facts.ts";
import { type Reviewer, signOffsOf } from "./sign-offs.ts";
import type { ConditionEntry, LogFacts, Predicate, SignOffEntry, Verdict } from "./statement.ts";

/** A probe run and the digest of the envelope that it was signed in. */
export interface SignedRun {
  readonly name: string;
  /** SHA-256 of the envelope's line in the bundle, hex. */
  readonly sha256: string;
  readonly run: ProbeRun;
}

/** Everything that a certificate follows from. */
export interface Inputs {
  readonly id: string;
  readonly review: string;
  readonly title: string;
  readonly issuer: string;
  readonly profile: string;
  readonly subject: Subject;
  readonly policy: Policy;
  readonly runs: readonly SignedRun[];
  readonly evidence: Evidence;
  readonly log: LogFacts;
  /** The events that `log` proves. */
  readonly events: readonly ProvenEvent[];
  readonly reviewers: readonly Reviewer[];
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly supersedes?: string;
}

/**
 * The predicate, from its inputs alone: who issues one calls this, and who verifies one calls it again and compares.
 * Nothing in a certificate is anybody's word.
 */
export const assemble = (inputs: Inputs): Predicate => {
  const { policy, runs, evidence, events, issuedAt: now } = inputs;
  const census = censusOf(inputs.review, events, now);
  const conditions = conditionsOf(events, census?.position ?? 0);
  const outcomes = outcomesOf(
    policy,
    runs.map(({ run }) => run),
    evidence,
    conditions,
    now,
  );
  const core = coreOf(inputs);
  const signOffs = signOffsOf(events, census, core, inputs.log.origin, inputs.reviewers);
  const { verdict, reasons } = judge({ policy, outcomes, conditions, census, signOffs, now });
  const entries = conditions.map((condition) => conditionEntry(condition, now));
  return {
    id: inputs.id,
    review: inputs.review,
    title: inputs.title,
    issuer: inputs.issuer,
    profile: inputs.profile,
    policy: { name: policy.name, digest: { sha256: digestOf(policy) } },
    issuedAt: momentOf(now),
    validUntil: momentOf(keepsUntil(policy, outcomes, entries, signOffs.entries, now)),
    verdict,
    rolloutPercent: percentOf(verdict, policy),
    reasons,
    checks: outcomes,
    conditions: entries,
    signOffs: signOffs.entries,
    inputs: runs.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    log: inputs.log,
    ...(inputs.supersedes === undefined ? {} : { supersedes: { sha256: inputs.supersedes } }),
  };
};

/** The digest that reviewers are asked to sign off. */
export const coreOf = ({ review, subject, policy, runs }: Pick<Inputs, "review" | "subject" | "policy" | "runs">) =>
  coreDigest({ review, subject, policy: digestOf(policy), runs: runs.map(({ sha256 }) => sha256) });

const percentOf = (verdict: Verdict, { conditionalCapPercent }: Policy): number => {
  switch (verdict) {
    case "GO":
      return 100;
    case "CONDITIONAL":
      return conditionalCapPercent;
    case "NO-GO":
      return 0;
  }
};

/** As long as the shortest-lived thing in it: evidence, a waiver, a day by which something has to be mended, consent. */
const keepsUntil = (
  policy: Policy,
  outcomes: readonly Outcome[],
  conditions: readonly ConditionEntry[],
  signOffs: readonly SignOffEntry[],
  now: number,
): number => {
  const ttlOf = new Map(policy.checks.map(({ id, ttlMs }) => [id, ttlMs]));
  const ends = [
    now + policy.maxAgeMs,
    ...outcomes.flatMap((outcome) => {
      const files = "evidence" in outcome ? outcome.evidence : [];
      const ends = files.map((file) => msOf(file.annotations.collectedAt) + (ttlOf.get(outcome.id) ?? 0));
      return outcome.state === "waived" ? [...ends, msOf(outcome.waiver.until)] : ends;
    }),
    ...conditions.filter(({ standing }) => standing !== "closed" && standing !== "overdue").map(({ due }) => msOf(due)),
    ...signOffs.filter(({ decision }) => decision === "approve").map(({ at }) => msOf(at) + policy.signOff.ttlMs),
  ];
  return Math.max(now, Math.min(...ends));
};
