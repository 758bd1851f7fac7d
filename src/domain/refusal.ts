import type { EventData } from "./event.ts";

/** One thing wrong with what was sent. `pointer` is an RFC 6901 JSON Pointer into it ("" is the whole). */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

interface RefusalKind {
  /** What happened, in a sentence that is true every time. */
  readonly title: string;
  /** What the refused can do about it. */
  readonly remedy: string;
  /** Set when the attempt itself is a security event. */
  readonly violation?: {
    readonly kind: EventData<"security.violation">["kind"];
    readonly severity: EventData<"security.violation">["severity"];
  };
}

/** Every refusal code there is. Each transport has one total map from these to its own statuses. */
export const refusalKinds = {
  invalid_input: {
    title: "The request is not of the form this operation takes.",
    remedy: "Mend every listed problem and send it again.",
  },
  unauthenticated: {
    title: "No valid credential came with the request.",
    remedy:
      "Use a credential that this bridge issued and that is still good (over HTTP: `Authorization: Bearer …`). " +
      "`lighthouse agent add` or `agent invite` issues another.",
    violation: { kind: "invalid_credential", severity: "high" },
  },
  forbidden: { title: "This credential may not do that.", remedy: "Ask the operator for a role that may." },
  not_found: { title: "There is no such thing, or it is not yours to see.", remedy: "Check the id." },
  agent_unknown: {
    title: "No agent of that name is registered.",
    remedy: "`lighthouse agent list` shows who is. Nothing was queued.",
  },
  agent_revoked: { title: "That agent has been revoked.", remedy: "Ask another agent. Nothing was queued." },
  agent_suspended: {
    title: "That agent has been suspended.",
    remedy: "Ask another agent, or let an operator resume it: `lighthouse agent resume`. Nothing was queued.",
  },
  agent_exists: { title: "An agent of that name exists.", remedy: "Choose another name, or revoke the old one first." },
  key_exists: {
    title: "That key, or another new one, is in the registry already.",
    remedy: "Make a fresh key pair; a key belongs to one agent and is never used again once it was replaced.",
  },
  master_fixed: {
    title: "This bridge cannot write its master secret.",
    remedy: "Add the new epoch to where the secret comes from, and start the bridge again.",
  },
  nobody_able: {
    title: "No agent that may be asked has that expertise.",
    remedy: "`lighthouse agent list --expertise …` shows who has. Nothing was queued.",
  },
  rate_limited: {
    title: "Too many requests in too short a time.",
    remedy:
      "Wait as long as `Retry-After` says; the limit is yours alone and a role or the configuration can raise it.",
    violation: { kind: "rate_limit_exceeded", severity: "medium" },
  },
  loop_detected: {
    title: "This question would go round in a circle, or too deep, in its chain of causes.",
    remedy: "Decide without asking, or let a person reset the story: `lighthouse budget reset`.",
  },
  budget_spent: {
    title: "This story has used up its budget of questions.",
    remedy: "Decide without asking, or let a person reset the story: `lighthouse budget reset`.",
  },
  self_ask: { title: "An agent cannot ask itself.", remedy: "Name another agent." },
  schema_invalid: {
    title: "The schema for the answer is not one that can be asked with.",
    remedy: "Mend every listed problem in the schema.",
  },
  too_many_open: { title: "Too many elicitations are open.", remedy: "Wait for some to end, or cancel them." },
  idempotency_conflict: {
    title: "That idempotency key was used for a different request.",
    remedy: "Use a new key for a new request.",
  },
  already_claimed: {
    title: "Another holder has claimed this elicitation.",
    remedy: "Wait for its lease to lapse, or answer: an answer needs no claim.",
  },
  not_addressee: {
    title: "This elicitation is addressed to another agent.",
    remedy: "Only the addressee may claim or answer it.",
    violation: { kind: "unauthorized_response", severity: "critical" },
  },
  not_asker: {
    title: "Only the asker may cancel an elicitation.",
    remedy: "Decline it instead.",
    violation: { kind: "unauthorized_cancel", severity: "high" },
  },
  already_ended: {
    title: "This elicitation has ended.",
    remedy: "Read its outcome; an ended elicitation never changes.",
  },
  condition_settled: {
    title: "The condition is past that.",
    remedy: "Look at it: `lighthouse condition list`.",
  },
  expired: { title: "The deadline has passed.", remedy: "Tell the asker to ask again." },
  envelope_malformed: {
    title: "The signed answer is not a JWS over canonical JSON.",
    remedy: "Sign the RFC 8785 form of the answer core; the client library does.",
    violation: { kind: "malformed_envelope", severity: "medium" },
  },
  signature_invalid: {
    title: "The answer's signature does not verify with the agent's key.",
    remedy: "Sign with the key that was issued to this agent.",
    violation: { kind: "invalid_signature", severity: "critical" },
  },
  answer_mismatch: {
    title: "The signed answer is not an answer to this elicitation.",
    remedy: "Sign the id, request hash, schema hash, challenge and names that the offer carried.",
    violation: { kind: "replay_attack", severity: "critical" },
  },
  own_key_missing: {
    title: "An answer signed with an own key was asked for, and that agent has no own key.",
    remedy: "Let it enrol one (`lighthouse agent invite`), ask another agent, or do without `requireEd25519`.",
  },
  own_signature_missing: {
    title: "This question wants an answer that the addressee's own key has signed too.",
    remedy:
      "Put an Ed25519 signature by your active own key beside the HS256 one; the client does when it has the key.",
  },
  seq_used: {
    title: "That `seq` was used before with this key, or is too far behind those that were.",
    remedy: "Sign the answer again with a `seq` above the one that the problem names; the client does.",
    violation: { kind: "replay_attack", severity: "medium" },
  },
  content_invalid: {
    title: "The content does not fit the schema of the question.",
    remedy: "Mend every listed problem and answer again; the question is still open.",
  },
  flag_fenced: {
    title: "The flag has been changed since that was decided.",
    remedy: "Read the flag, decide anew, and send the fence that it has now.",
  },
  flag_killed: {
    title: "The flag was killed, and stays off for everybody.",
    remedy: "Find out why; then `lighthouse flag restore`.",
  },
  degraded: {
    title: "The bridge is in an emergency and takes no new work.",
    remedy: "Wait as long as `Retry-After` says; `lighthouse mode show` says why. Answers and reads go on.",
  },
  checks_failing: {
    title: "The bridge cannot go back to normal while checks fail.",
    remedy: "Mend every listed check and try again: `lighthouse mode normal`.",
  },
  not_in_that_mode: {
    title: "The bridge is not in the mode that this step begins in.",
    remedy: "`lighthouse mode show` says which it is in.",
  },
  rollout_busy: {
    title: "A rollout or a rollback is under way.",
    remedy: "`lighthouse rollout status` shows it. Wait for its end, or abort it: `lighthouse rollout abort`.",
  },
  no_rollout: {
    title: "There is no such rollout or rollback under way.",
    remedy: "`lighthouse rollout status` shows what is, `lighthouse rollout history` what was.",
  },
  lease_held: {
    title: "Another controller is at work.",
    remedy: "Let it work; when it has died, its lease runs out by itself and you can go on: `lighthouse rollout run`.",
  },
  lease_lost: {
    title: "Another controller has taken over.",
    remedy: "Stop: what you decide no longer counts. `lighthouse rollout status` shows who works now.",
  },
  no_evidence: {
    title: "What has been seen so far does not allow that.",
    remedy: "Wait until it has been seen, or abort. Nothing is promoted on trust.",
  },
  certificate_missing: {
    title: "This plan needs a valid certificate for every step.",
    remedy: "Have a review made and name its certificate, or plan without.",
  },
  nothing_to_roll_back: {
    title: "Nothing is rolled out, so there is nothing to roll back.",
    remedy: "`lighthouse rollout status` shows it. `lighthouse rollback --rehearse` tries the way back all the same.",
  },
  revision_conflict: { title: "The stream has moved on.", remedy: "Read it again and decide anew." },
  too_large: {
    title: "That is larger than the bridge takes.",
    remedy: "Send less; the limits are in the documentation.",
  },
  too_busy: {
    title: "Too much is under way on this connection or for this agent.",
    remedy: "Wait for replies before sending more.",
  },
  too_slow: {
    title: "This connection does not read what it is sent.",
    remedy: "Reconnect and resume from the last position.",
  },
  log_unavailable: {
    title: "The log cannot be written now, so nothing new is accepted.",
    remedy: "Try again later; use an idempotency key.",
  },
  shutting_down: { title: "The bridge is shutting down.", remedy: "Reconnect in a moment." },
} as const satisfies { readonly [code: string]: RefusalKind };

export type RefusalCode = keyof typeof refusalKinds;

/** A refusal is a value that the caller must look at. */
export interface Refusal {
  readonly code: RefusalCode;
  /** What exactly, this time. Never holds a secret or another agent's words. */
  readonly detail: string;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number;
}

/** How a refusal's detail counts its problems: `1 problem in the schema`. */
export const problemsIn = (what: string, { length }: readonly unknown[]): string =>
  `${length} ${length === 1 ? "problem" : "problems"} in ${what}`;

export const refusal = (code: RefusalCode, detail: string, more: Omit<Refusal, "code" | "detail"> = {}): Refusal => ({
  code,
  detail,
  ...more,
});

export const violationOf = (code: RefusalCode): RefusalKind["violation"] =>
  (refusalKinds[code] as RefusalKind).violation;
