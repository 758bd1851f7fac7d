import type { RefusalCode } from "../../domain/refusal.ts";

/** JSON-RPC 2.0 error codes: its own for its own faults, -320xx (implementation-defined) for our refusals. */
export const rpcFault = { parse: -32700, invalidRequest: -32600, methodNotFound: -32601, internal: -32603 } as const;

export const rpcCode: Readonly<Record<RefusalCode, number>> = {
  invalid_input: -32602,
  unauthenticated: -32001,
  forbidden: -32002,
  not_found: -32003,
  agent_unknown: -32004,
  agent_revoked: -32005,
  agent_exists: -32006,
  self_ask: -32007,
  schema_invalid: -32008,
  too_many_open: -32009,
  idempotency_conflict: -32010,
  already_claimed: -32011,
  not_addressee: -32012,
  not_asker: -32013,
  already_ended: -32014,
  expired: -32015,
  envelope_malformed: -32016,
  signature_invalid: -32017,
  answer_mismatch: -32018,
  content_invalid: -32019,
  revision_conflict: -32020,
  too_large: -32021,
  too_busy: -32022,
  too_slow: -32023,
  log_unavailable: -32024,
  shutting_down: -32025,
  nobody_able: -32026,
  rate_limited: -32027,
  loop_detected: -32028,
  budget_spent: -32029,
  agent_suspended: -32030,
  key_exists: -32031,
  master_fixed: -32035,
  own_key_missing: -32036,
  own_signature_missing: -32037,
  seq_used: -32038,
  flag_fenced: -32041,
  flag_killed: -32042,
  degraded: -32043,
  checks_failing: -32044,
  not_in_that_mode: -32045,
  rollout_busy: -32060,
  no_rollout: -32061,
  lease_held: -32062,
  lease_lost: -32063,
  no_evidence: -32064,
  certificate_missing: -32065,
  nothing_to_roll_back: -32066,
  condition_settled: -32051,
};

/** WebSocket close codes (4000-4999 are the application's) for connections that a refusal ends. */
export const closeCode = (code: RefusalCode): number => {
  switch (code) {
    case "unauthenticated":
      return 4401;
    case "agent_revoked":
    case "agent_suspended":
    case "forbidden":
      return 4403;
    case "too_slow":
      return 4408;
    case "too_large":
      return 1009;
    case "too_busy":
      return 4429;
    case "shutting_down":
      return 1001;
    default:
      return 4400;
  }
};
