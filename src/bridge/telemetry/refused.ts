import type { Served } from "../../domain/observer.ts";
import type { RefusalCode } from "../../domain/refusal.ts";
import type { limits, refusalClasses, ViolationKind, views } from "../../domain/signal.ts";

/** What a refused or finished call means for the metrics: the maps from codes and operations to label values. */

/** Of an answer: the check that it failed. Undefined when it was not the answer's fault. */
export const refusalClassOf = (code: RefusalCode): (typeof refusalClasses)[number] | undefined => {
  switch (code) {
    case "too_large":
      return "size";
    case "invalid_input":
    case "envelope_malformed":
      return "form";
    case "signature_invalid":
    case "own_signature_missing":
      return "signature";
    case "agent_revoked":
    case "agent_suspended":
      return "key";
    case "not_addressee":
    case "not_found":
      return "addressee";
    case "already_ended":
    case "already_claimed":
      return "state";
    case "expired":
      return "deadline";
    case "answer_mismatch":
    case "seq_used":
      return "replay";
    case "content_invalid":
      return "schema";
    case "too_busy":
    case "too_many_open":
    case "rate_limited":
      return "rate";
    case "unauthenticated":
    case "forbidden":
      return "permission";
    case "log_unavailable":
    case "shutting_down":
    case "degraded":
    case "flag_fenced":
    case "rollout_busy":
    case "no_rollout":
    case "lease_held":
    case "lease_lost":
    case "no_evidence":
    case "certificate_missing":
    case "nothing_to_roll_back":
    case "flag_killed":
    case "checks_failing":
    case "not_in_that_mode":
    case "condition_settled":
    case "revision_conflict":
    case "too_slow":
    case "agent_unknown":
    case "nobody_able":
    case "loop_detected":
    case "budget_spent":
    case "agent_exists":
    case "own_key_missing":
    case "key_exists":
    case "master_fixed":
    case "self_ask":
    case "schema_invalid":
    case "idempotency_conflict":
    case "not_asker":
      return undefined;
  }
};

/** The limit that a call ran into, by what it wanted. */
export const limitOf = (code: RefusalCode, operation: string): (typeof limits)[number] | undefined => {
  if (code === "budget_spent") return "budget";
  if (code !== "too_busy" && code !== "too_many_open" && code !== "rate_limited") return undefined;
  switch (operation) {
    case "elicitations.ask":
    case "inquiries.ask":
      return "ask";
    case "elicitations.answer":
      return "answer";
    case "events.append":
      return "event";
    case "agents.add":
    case "agents.invite":
    case "agents.enrol":
      return "register";
    case "agents.challenge":
    case "sessions.open":
    case "session.open":
      return "connect";
    default:
      return "read";
  }
};

/** What only those may do who run the bridge: trying it without being one of them is reaching for more than one has. */
const administrative =
  /^(agents\.(add|invite|revoke|suspend|resume)|keys\.revoke|master\.|flags\.|mode\.(emergency|recover|resume)|arms\.|messages\.(dead|requeue|discard)|budgets\.|rollouts\.(start|advance|abort|lease)|rollbacks\.|conditions\.)/;

/** Violations that leave no event in the log, because they are no attack: counted when the refusal is given. */
export const violationOfCall = (code: RefusalCode, operation: string): ViolationKind | undefined => {
  const isAnswer = operation === "elicitations.answer";
  switch (code) {
    case "content_invalid":
      return "validation_failure";
    case "forbidden":
      return administrative.test(operation) ? "permission_escalation" : "forbidden";
    case "expired":
    case "already_ended":
      return isAnswer ? "late_answer" : undefined;
    case "not_found":
      return operation.startsWith("elicitations.") ? "elicitation_not_found" : undefined;
    case "too_busy":
    case "too_many_open":
      return isAnswer ? "response_rate_limit_exceeded" : "rate_limit_exceeded";
    default:
      return undefined;
  }
};

/** The kind under which a recorded violation is counted. */
export const violationOfEvent = (kind: string): ViolationKind => {
  switch (kind) {
    case "invalid_credential":
      return "authentication";
    case "malformed_envelope":
      return "validation_failure";
    default:
      return kind as ViolationKind;
  }
};

/** Reads that never wait, by what they look at. */
export const viewOfCall: Readonly<Record<string, (typeof views)[number]>> = {
  "elicitations.get": "elicitation",
  "elicitations.receipt": "elicitation",
  "agents.list": "agent",
  "events.query": "event",
  "events.proof": "proof",
};

/** True when it failed because of the bridge and not because of what was asked of it. */
export const isFault = ({ fault, refusal }: Served): boolean =>
  fault !== undefined || refusal?.code === "log_unavailable";
