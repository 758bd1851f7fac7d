/** What can be wrong with a certificate. docs/certificate.md says what each means. */
export const findingCodes = [
  "unreadable",
  "schema",
  "signature",
  "issuer",
  "prober",
  "run",
  "inputs",
  "subject",
  "policy",
  "evidence-missing",
  "evidence-altered",
  "log-checkpoint",
  "log-proof",
  "log-record",
  "number",
  "outcome",
  "checks",
  "condition",
  "sign-off",
  "verdict",
  "validity",
  "altered",
  "svr",
  "not-yet",
  "expired",
  "revoked",
  "drift",
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  /** `certificate` (its statement), `line 2` of the bundle, an evidence file by digest, `trust`, `policy`, `live`. */
  readonly where: string;
  /** RFC 6901, within `where`. */
  readonly pointer: string;
  readonly detail: string;
}

export const finding = (code: FindingCode, where: string, pointer: string, detail: string): Finding => ({
  code,
  where,
  pointer,
  detail: detail.length > DETAIL_CHARS_MAX ? `${detail.slice(0, DETAIL_CHARS_MAX - 1)}…` : detail,
});

const DETAIL_CHARS_MAX = 600;
