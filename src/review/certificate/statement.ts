import { conditionSeverities } from "../../domain/event-condition.ts";
import { decisions } from "../../domain/sign-off.ts";
import { probeRunShape, probeRunType, type Subject, subjectShape } from "../check.ts";
import { outcomeShape } from "../result.ts";
import { count, exactly, type FromShape, list, moment, object, oneOf, sha256Hex, text, word } from "../shape/shape.ts";

/** in-toto Statement v1 with our predicate. Everything in the predicate follows from the inputs that it names. */

export const statementType = "https://in-toto.io/Statement/v1";
export const payloadType = "application/vnd.in-toto+json";
export const reviewType = "urn:lighthouse:readiness-review:1";
export const svrType = "https://in-toto.io/attestation/svr/v0.2";

export const verdicts = ["GO", "CONDITIONAL", "NO-GO"] as const;
export type Verdict = (typeof verdicts)[number];

export const reasonCodes = [
  "nothing-asked",
  "blocker",
  "shortfall",
  "shortfall-without-condition",
  "condition-without-owner",
  "condition-open",
  "condition-overdue",
  "waived",
  "no-census",
  "census-incomplete",
  "objection",
  "sign-off-open",
  "sign-off-not-shown",
  "sign-off-refused",
  "sign-off-missing",
] as const;

export const standings = ["open", "acknowledged", "claimed", "waived", "closed", "overdue"] as const;

const digest = exactly({ sha256: sha256Hex });
const base64 = { type: "string", pattern: "^[A-Za-z0-9+/]{43}=$" } as const;

export const reasonShape = exactly({
  code: oneOf(...reasonCodes),
  /** The check, the condition, the role or the agent. */
  about: text,
  detail: text,
});
export type VerdictReason = FromShape<typeof reasonShape>;

export const conditionShape = object(
  {
    id: word,
    check: text,
    title: text,
    severity: oneOf(...conditionSeverities),
    /** The review that found it. */
    review: text,
    what: text,
    standing: oneOf(...standings),
    openedAt: moment,
    due: moment,
    /** Every event of it, oldest first, as the log has them. */
    story: list(exactly({ position: count, at: moment, actor: text, event: text, detail: text }), { min: 1 }),
  },
  { owner: text, waivedUntil: moment, closedBy: digest },
);
export type ConditionEntry = FromShape<typeof conditionShape>;

export const signOffEntryShape = exactly({
  agent: word,
  roles: list(word, { max: 32 }),
  decision: oneOf(...decisions, "declined"),
  reason: text,
  at: moment,
  elicitation: word,
  position: count,
});
export type SignOffEntry = FromShape<typeof signOffEntryShape>;

/** Records of the log with their proofs under one signed checkpoint. */
export const logShape = exactly({
  origin: text,
  /** C2SP tlog-checkpoint, a signed note. */
  checkpoint: { type: "string", maxLength: 65_536 },
  records: list(
    exactly({
      position: { ...count, minimum: 1 },
      record: { type: "string", maxLength: 1_048_576 },
      path: list(base64, { max: 64 }),
    }),
    { max: 20_000 },
  ),
});
export type LogFacts = FromShape<typeof logShape>;

export const predicateShape = object(
  {
    id: word,
    review: word,
    /** What was reviewed, in words. */
    title: text,
    /** Name of whose key signs. */
    issuer: word,
    profile: word,
    policy: exactly({ name: word, digest }),
    issuedAt: moment,
    validUntil: moment,
    verdict: oneOf(...verdicts),
    /** Share of the agents that may get this build, in percent. */
    rolloutPercent: { ...count, maximum: 100 },
    /** Why it is not GO. */
    reasons: list(reasonShape, { max: 2_000 }),
    checks: list(outcomeShape, { max: 256 }),
    conditions: list(conditionShape),
    signOffs: list(signOffEntryShape),
    /** Signed probe runs that all of it rests on. */
    inputs: list(exactly({ name: word, digest }), { max: 64 }),
    log: logShape,
  },
  {
    /** The certificate that this one takes the place of: digest of its envelope. */
    supersedes: digest,
  },
);
export type Predicate = FromShape<typeof predicateShape>;

const statement = <const T extends string, const P extends object>(predicateType: T, predicate: P) =>
  exactly({
    _type: oneOf(statementType),
    subject: subjectShape,
    predicateType: oneOf(predicateType),
    predicate,
  });

export const certificateShape = statement(reviewType, predicateShape);
export interface Certificate {
  readonly _type: typeof statementType;
  readonly subject: Subject;
  readonly predicateType: typeof reviewType;
  readonly predicate: Predicate;
}

export const probeRunStatementShape = statement(probeRunType, probeRunShape);

/** Simple Verification Result: for tools that know only in-toto. Issued on GO and never otherwise. */
export const svrShape = statement(
  svrType,
  exactly({
    verifier: exactly({ id: text }),
    timeCreated: moment,
    properties: list(text, { min: 1, max: 300 }),
    policies: list(exactly({ name: word, digest }), { min: 1, max: 1 }),
  }),
);
