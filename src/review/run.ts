import type { Lighthouse } from "../client/index.ts";
import type { DsseSigner } from "../signing/dsse.ts";
import type { NoteVerifier } from "../signing/note.ts";
import { coreOf } from "./certificate/assemble.ts";
import { issueCertificate, type Line, signRun } from "./certificate/issue.ts";
import type { Reviewer as ReviewerKey } from "./certificate/sign-offs.ts";
import type { LogFacts, Predicate } from "./certificate/statement.ts";
import type { ProbeRun, Subject } from "./check.ts";
import type { Evidence } from "./evidence/descriptor.ts";
import { type ConditionView, conditionsOf, tellConditions } from "./mend.ts";
import { outcomesOf } from "./outcomes.ts";
import type { Policy } from "./policy.ts";
import { type RunProbes, runProbes } from "./probe/run.ts";
import type { Outcome } from "./result.ts";
import { type Asked, askReviewers, reviewersFor } from "./sign-off.ts";
import { summaryOf } from "./summary.ts";

export interface Keyed {
  readonly name: string;
  readonly signer: DsseSigner;
}

export interface RunReview extends Omit<RunProbes, "prober"> {
  readonly title: string;
  readonly policy: Policy;
  readonly subject: Subject;
  readonly prober: Keyed;
  readonly issuer: Keyed;
  /** Everything that was put into `evidence` so far. */
  readonly kept: () => Evidence;
  readonly operator: Lighthouse;
  readonly log: LogProofs;
  /** Ed25519 keys of an agent, as the bridge knows them. */
  readonly keysOf: (agent: string, roles: readonly string[]) => Promise<readonly ReviewerKey[]>;
  /** How long reviewers have, in milliseconds. */
  readonly signOffMs: number;
  readonly supersedes?: string;
  readonly onStep?: (step: ReviewStep) => void;
}

export interface LogProofs {
  readonly keys: readonly NoteVerifier[];
  /** Proofs of these events under one checkpoint that covers all of them. */
  readonly prove: (positions: readonly number[]) => Promise<LogFacts>;
}

export type ReviewStep =
  | { readonly step: "probed"; readonly outcomes: readonly Outcome[] }
  | { readonly step: "conditions"; readonly refused: readonly string[] }
  | { readonly step: "asking"; readonly reviewers: readonly string[] }
  | { readonly step: "not asking"; readonly because: string }
  | { readonly step: "asked"; readonly asked: readonly Asked[] };

export interface Reviewed {
  readonly bundle: string;
  readonly predicate: Predicate;
  readonly sha256: string;
  /** The events that say when it began and what it came to, by their places in the log. */
  readonly events: { readonly started: number; readonly finished: number };
}

export const reviewEvents = { started: "lighthouse.review.started", finished: "lighthouse.review.finished" } as const;

/**
 * A review from beginning to end: probes, conditions, reviewers, the bridge's count of both, the judgement and the
 * certificate. Rejects with the signal's reason when it is cut off: then there is no certificate.
 */
export const runReview = async (run: RunReview): Promise<Reviewed> => {
  const { review, profile, policy, subject, operator, clock, signal, onStep = () => undefined } = run;
  const begun = clock.now();
  const started = await operator.events.append(reviewEvents.started, { review, profile, policy: policy.name });

  const probed = await runProbes({ ...run, prober: run.prober.name });
  const line = signRun(subject, probed, run.prober.signer);
  const outcomes = outcomesOf(policy, [probed], run.kept(), [], clock.now());
  onStep({ step: "probed", outcomes });

  signal.throwIfAborted();
  const told = { review, prober: run.prober.name, digest: line.sha256, ranAt: begun, due: clock.now() + DUE_MS };
  onStep({ step: "conditions", refused: await tellConditions(operator, outcomes, told) });

  const asked = await signOff(run, probed, line, outcomes);
  signal.throwIfAborted();
  const log = await provenFacts(run);
  const issued = issueCertificate(
    {
      ...{ id: `${review}-certificate`, review, title: run.title, issuer: run.issuer.name, profile, subject, policy },
      ...{ evidence: run.kept(), log, reviewers: asked, issuedAt: clock.now() },
      ...(run.supersedes === undefined ? {} : { supersedes: run.supersedes }),
    },
    [{ name: `${run.prober.name}-${review}`, line, run: probed }],
    run.log.keys,
    [run.issuer.signer],
  );
  if (!issued.ok) throw new Error(`the certificate cannot be issued: ${issued.problems.join("; ")}`);
  const { bundle, predicate, sha256 } = issued;
  const finished = await operator.events.append(reviewEvents.finished, {
    review,
    verdict: predicate.verdict,
    certificate: sha256,
  });
  return { bundle, predicate, sha256, events: { started: started.position, finished: finished.position } };
};

/** Who takes a condition on can promise to be earlier. */
const DUE_MS = 7 * 86_400_000;

/** Asks whom the policy names, unless nothing they could say would help; gives the keys by which they are known. */
const signOff = async (
  run: RunReview,
  probed: ProbeRun,
  line: Line,
  outcomes: readonly Outcome[],
): Promise<readonly ReviewerKey[]> => {
  const { policy, operator, review, subject, onStep = () => undefined } = run;
  if (policy.signOff.quorum === 0 && policy.signOff.roles.length === 0) {
    onStep({ step: "not asking", because: "the policy asks for nobody" });
    return [];
  }
  const stopped = outcomes.filter(({ severity, state }) => severity === "blocker" && state !== "pass");
  if (stopped.length > 0) {
    // People are not to be worn out with questions whose answer changes nothing.
    onStep({ step: "not asking", because: `nothing is GO without ${stopped.map(({ id }) => id).join(", ")}` });
    return [];
  }
  const unowned = (await conditionsOf(operator)).filter(
    ({ standing, owner }) =>
      standing === "overdue" || (owner === undefined && (standing === "open" || standing === "claimed")),
  );
  if (unowned.length > 0) {
    const checks = [...new Set(unowned.map(({ check }) => check))].join(", ");
    onStep({ step: "not asking", because: `nobody has taken on ${checks}, or not in time (\`lighthouse condition\`)` });
    return [];
  }
  const reviewers = reviewersFor(policy.signOff, await operator.agents.list());
  onStep({ step: "asking", reviewers: reviewers.map(({ agent }) => agent) });
  const core = coreOf({ review, subject, policy, runs: [{ name: "", sha256: line.sha256, run: probed }] });
  const question = { review, core, summary: summaryOf(policy, outcomes, core), timeoutMs: run.signOffMs };
  onStep({ step: "asked", asked: await askReviewers(operator, reviewers, question, run.signal) });
  return (await Promise.all(reviewers.map(({ agent, roles }) => run.keysOf(agent, roles)))).flat();
};

interface Census {
  readonly position: number;
  readonly conditions: readonly ConditionView[];
  readonly signOffs: readonly { readonly position: number }[];
}

/** The bridge counts, and every event that it counted is proven together with the count. */
const provenFacts = async ({ operator, review, log }: RunReview): Promise<LogFacts> => {
  const census = await operator.operate<Census>("conditions.census", { review });
  const positions = [
    ...census.conditions.flatMap((one) => one.positions),
    ...census.signOffs.map(({ position }) => position),
    census.position,
  ];
  return log.prove([...new Set(positions)].sort((a, b) => a - b));
};
