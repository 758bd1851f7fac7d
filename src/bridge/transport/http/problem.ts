import { Type } from "typebox";
import { type Problem, type Refusal, type RefusalCode, refusalKinds } from "../../../domain/refusal.ts";

/** Every refusal, said in HTTP. Total, so that a new code cannot become a 500 unnoticed. */
export const httpStatus: Readonly<Record<RefusalCode, number>> = {
  invalid_input: 400,
  // Not JSON inside a JWS is a form fault like not JSON outside of it.
  envelope_malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_addressee: 403,
  not_asker: 403,
  // Known by its credential, but not the one who may have signed this: authenticating again would not help.
  signature_invalid: 403,
  // It may come back, so it is not gone; who it is was never in doubt.
  agent_suspended: 403,
  not_found: 404,
  agent_unknown: 404,
  nobody_able: 404,
  no_rollout: 404,
  loop_detected: 409,
  budget_spent: 409,
  rate_limited: 429,
  // A signed answer to some other question is a replay: it clashes with what this question is.
  answer_mismatch: 409,
  // Another seq would do, and another agent, or the same one once it has a key.
  seq_used: 409,
  own_key_missing: 409,
  agent_exists: 409,
  key_exists: 409,
  master_fixed: 409,
  idempotency_conflict: 409,
  already_claimed: 409,
  already_ended: 409,
  revision_conflict: 409,
  rollout_busy: 409,
  lease_held: 409,
  lease_lost: 409,
  no_evidence: 409,
  certificate_missing: 409,
  nothing_to_roll_back: 409,
  flag_fenced: 409,
  flag_killed: 409,
  checks_failing: 409,
  not_in_that_mode: 409,
  condition_settled: 409,
  // Gone for good: a name is never given out again, a deadline never moves. Repeating is pointless, unlike with 409.
  agent_revoked: 410,
  expired: 410,
  too_large: 413,
  // The form is right and the meaning is not.
  self_ask: 422,
  schema_invalid: 422,
  content_invalid: 422,
  own_signature_missing: 422,
  too_many_open: 429,
  too_busy: 429,
  // Ends a stream, and never answers a request: 408 is the nearest that HTTP has for a peer that takes too long.
  too_slow: 408,
  log_unavailable: 503,
  degraded: 503,
  shutting_down: 503,
};

/** What only HTTP can get wrong, and the one fault. Beside the refusals as JSON-RPC's own codes stand beside them. */
const httpFaults = {
  route_unknown: { status: 404, title: "There is no such path.", remedy: "`/openapi.json` lists them." },
  method_not_allowed: {
    status: 405,
    title: "This path does not take that method.",
    remedy: "Use one that `Allow` names.",
  },
  media_type_unsupported: {
    status: 415,
    title: "The body is not plain application/json.",
    remedy: "Send JSON in UTF-8 as `Content-Type: application/json`, without a `Content-Encoding`.",
  },
  header_too_large: { status: 431, title: "The headers are too large.", remedy: "Send fewer or shorter headers." },
  internal: {
    status: 500,
    title: "The bridge failed.",
    remedy: "The operator's log says why. Repeat an ask with its idempotency key.",
  },
} as const satisfies { readonly [code: string]: { status: number; title: string; remedy: string } };

export type HttpFault = keyof typeof httpFaults;
export type ProblemCode = RefusalCode | HttpFault;

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** An RFC 9457 problem. The `type` is a name, not a page: no domain stands behind this project. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly remedy: string;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number;
}

export const problemCodes: readonly ProblemCode[] = [
  ...(Object.keys(refusalKinds) as RefusalCode[]),
  ...(Object.keys(httpFaults) as HttpFault[]),
];

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "`urn:lighthouse:problem:` and the code" }),
    title: Type.String({ description: "what happened, the same words for one code" }),
    status: Type.Integer({ description: "the HTTP status" }),
    detail: Type.String({ description: "what exactly, this time" }),
    code: Type.Enum([...problemCodes], { description: "stable: programs decide by this" }),
    remedy: Type.String({ description: "what to do about it" }),
    problems: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: "JSON Pointer (RFC 6901) into what was sent" }),
          message: Type.String(),
          keyword: Type.Optional(Type.String({ description: "the keyword of the question's schema that is not met" })),
        }),
        { description: "everything that is wrong, at once" },
      ),
    ),
    retryAfterMs: Type.Optional(Type.Integer({ description: "as in the header `Retry-After`, in milliseconds" })),
  },
  { description: "why it was refused (RFC 9457)" },
);

/** When nothing better is known about how long a passing state lasts, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
const passing: readonly number[] = [429, 503];

export const problemOf = (refused: Refusal): ProblemBody => {
  const { code, detail, problems, retryAfterMs } = refused;
  const status = httpStatus[code];
  const retry = retryAfterMs ?? (passing.includes(status) ? RETRY_AFTER_MS : undefined);
  return {
    ...head(code, status, refusalKinds[code].title),
    detail,
    code,
    remedy: refusalKinds[code].remedy,
    ...(problems === undefined ? {} : { problems }),
    ...(retry === undefined ? {} : { retryAfterMs: retry }),
  };
};

export const faultProblem = (code: HttpFault, detail: string): ProblemBody => {
  const { status, title, remedy } = httpFaults[code];
  return { ...head(code, status, title), detail, code, remedy };
};

const head = (code: ProblemCode, status: number, title: string) => ({
  type: `urn:lighthouse:problem:${code}`,
  title,
  status,
});

/** The headers that go with a problem. `Retry-After` is in whole seconds, so a short wait rounds up. */
export const problemHeaders = ({ code, retryAfterMs }: ProblemBody): Readonly<Record<string, string>> => ({
  "content-type": PROBLEM_MEDIA_TYPE,
  ...(retryAfterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
  ...(code === "unauthenticated" ? { "www-authenticate": 'Bearer realm="lighthouse"' } : {}),
});
